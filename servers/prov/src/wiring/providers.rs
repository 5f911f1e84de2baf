//! Providers: their settings in the words of their adapters.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use provisioning::Assets;
use provisioning::cost::PriceBook;
use provisioning::provider::{Class, Error, Provider};
use provisioning_aws::{Aws, Plan, Settings as AwsSettings, Surroundings};
use provisioning_lxd::{Endpoint, Https, LxdProvider, LxdSettings, Trust};
use provisioning_upcloud::{Credentials, Settings as UpCloudSettings, UpCloud};
use redacted::Redacted;
use settings::Environment;

use crate::config::{self, ProvConfig};
use crate::site::{Closed, Make};

/// Largest file of credentials, in bytes.
const FILE_BYTES: u64 = 1 << 20;

/// Every provider by its name in configurations. Nothing is read before one is asked for.
pub(super) fn all(
    config: &ProvConfig,
    environment: &Environment,
    assets: &Arc<dyn Assets>,
) -> BTreeMap<&'static str, Make> {
    let (local, cloud, upcloud) = (config.local.clone(), config.aws.clone(), config.upcloud.clone());
    let around = variables(environment, &["AWS_"]);
    let keys = variables(environment, &["UPCLOUD_"]);
    let assets = Arc::clone(assets);
    let makes: [(&'static str, Make); 3] = [
        (
            "local",
            Box::new(move || Ok(Arc::new(LxdProvider::new(lxd(&local)?)?))),
        ),
        ("aws", Box::new(move || aws(&cloud, &around, assets.as_ref()))),
        ("upcloud", Box::new(move || up(&upcloud, &keys))),
    ];
    makes.into_iter().collect()
}

/// The variables of outside services that begin with one of `prefixes`, and `HOME`.
fn variables(environment: &Environment, prefixes: &[&str]) -> BTreeMap<String, Redacted<String>> {
    let all = prefixes
        .iter()
        .chain(&["HOME"])
        .flat_map(|prefix| environment.starting_with(prefix));
    let text = |(name, value): (&str, &std::ffi::OsStr)| {
        Some((name.to_owned(), Redacted::new(value.to_str()?.to_owned())))
    };
    all.filter_map(text).collect()
}

/// `aws`, with the credentials that are found the way its own tools find them.
fn aws(
    config: &config::Aws,
    variables: &BTreeMap<String, Redacted<String>>,
    assets: &dyn Assets,
) -> Result<Arc<dyn Provider>, Error> {
    let mut settings = AwsSettings::new("aws", &config.region);
    settings.endpoint = (!config.endpoint.is_empty()).then(|| config.endpoint.clone());
    settings.images = pairs("aws.images", &config.images, "debian-12=ami-0123456789abcdef0")?;
    settings.plans = plans(assets);
    settings.visible_within = Some(Duration::from_secs(config.visible_s));
    let around = |variables: BTreeMap<String, Redacted<String>>| Surroundings {
        variables,
        files: Arc::new(file),
    };
    match Aws::new(settings.clone(), &around(variables.clone())) {
        Ok(provider) => Ok(Arc::new(provider)),
        Err(error) if error.class == Class::Denied => {
            // What it can do does not depend on who asks.
            let nobody = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
            let nobody = nobody.map(|name| (name.to_owned(), Redacted::new("none".to_owned())));
            let inner = Aws::new(settings, &around(BTreeMap::from(nobody)))?;
            Ok(Arc::new(Closed::new(Arc::new(inner), error)))
        }
        Err(error) => Err(error),
    }
}

/// Instance types of the usual families, small before large.
fn plans(assets: &dyn Assets) -> Vec<Plan> {
    let Ok(book) = PriceBook::load(assets) else {
        return Vec::new();
    };
    let Some(provider) = book.provider("aws") else {
        return Vec::new();
    };
    let usual = |family: &str| provider.default_families.iter().any(|known| known == family);
    let plan = |plan: &provisioning::cost::Plan| {
        let memory = u32::try_from(plan.memory_mib).ok()?;
        Some(Plan {
            name: plan.sku.clone(),
            cpu: i64::try_from(plan.vcpu).ok()?,
            memory_gb: f64::from(memory) / 1024.0,
        })
    };
    let mut plans: Vec<Plan> = book
        .plans(provider)
        .filter(|plan| usual(&plan.family))
        .filter_map(plan)
        .collect();
    plans.sort_by(|left, right| {
        let memory = left.memory_gb.total_cmp(&right.memory_gb);
        left.cpu
            .cmp(&right.cpu)
            .then(memory)
            .then_with(|| left.name.cmp(&right.name))
    });
    plans
}

/// `upcloud`, with the credentials of its own tools' variables.
fn up(
    config: &config::UpCloud,
    variables: &BTreeMap<String, Redacted<String>>,
) -> Result<Arc<dyn Provider>, Error> {
    let set = |name: &str| variables.get(name).filter(|value| !value.expose().is_empty());
    let credentials = match (
        set("UPCLOUD_TOKEN"),
        set("UPCLOUD_USERNAME"),
        set("UPCLOUD_PASSWORD"),
    ) {
        (Some(token), _, _) => Some(Credentials::Token(token.clone())),
        (None, Some(user), Some(password)) => Some(Credentials::Password {
            user: user.expose().clone(),
            password: password.clone(),
        }),
        _ => None,
    };
    let absent = credentials.is_none();
    let nobody = || Credentials::Token(Redacted::new("none".to_owned()));
    let mut settings = UpCloudSettings::new("upcloud", &config.zone, credentials.unwrap_or_else(nobody));
    if !config.endpoint.is_empty() {
        settings.endpoint.clone_from(&config.endpoint);
    }
    settings.images = pairs(
        "upcloud.images",
        &config.images,
        "debian-12=01000000-0000-4000-8000-000020070100",
    )?;
    settings.ssh_keys.clone_from(&config.ssh_keys);
    let provider: Arc<dyn Provider> = Arc::new(UpCloud::new(settings)?);
    if !absent {
        return Ok(provider);
    }
    let error = Error::new(
        Class::Denied,
        "use provider `upcloud`",
        "there are no credentials for it",
    )
    .hint("set `UPCLOUD_TOKEN`, or `UPCLOUD_USERNAME` and `UPCLOUD_PASSWORD`");
    Ok(Arc::new(Closed::new(provider, error)))
}

/// A file of credentials, if it is there and no larger than such a file is.
fn file(path: &str) -> Option<Redacted<String>> {
    let size = fs::metadata(path).ok()?.len();
    let text = (size <= FILE_BYTES).then(|| fs::read_to_string(path).ok())??;
    Some(Redacted::new(text))
}

/// Pairs of `system=image`.
fn pairs(setting: &str, texts: &[String], example: &str) -> Result<BTreeMap<String, String>, Error> {
    let wrong = |text: &String| {
        Error::new(
            Class::Permanent,
            format!("read `{setting}`"),
            format!("it has `{text}`; write `{example}`"),
        )
        .hint("`prov config show` shows the settings")
    };
    let pair = |text: &String| {
        let (system, image) = text.split_once('=').ok_or_else(|| wrong(text))?;
        Ok((system.trim().to_owned(), image.trim().to_owned()))
    };
    texts.iter().map(pair).collect()
}

/// The usual sockets of LXD and Incus.
const SOCKETS: &[&str] = &[
    "/var/snap/lxd/common/lxd/unix.socket",
    "/var/lib/lxd/unix.socket",
    "/var/lib/incus/unix.socket",
    "/run/incus/unix.socket",
];

/// The settings of `local` in the adapter's words.
fn lxd(local: &config::Local) -> Result<LxdSettings, Error> {
    let wrong = |message: String| {
        Error::new(Class::Permanent, "set up provider `local`", message)
            .hint("`prov config show local` shows its settings")
    };
    let endpoint = match local.endpoint.as_str() {
        "" => {
            let there = SOCKETS.iter().find(|path| Path::new(path).exists());
            Endpoint::Socket(PathBuf::from(there.unwrap_or(&"/var/lib/lxd/unix.socket")))
        }
        url if url.starts_with("https://") => Endpoint::Https(Https {
            url: url.to_owned(),
            certificate: PathBuf::from(&local.certificate),
            key: PathBuf::from(&local.key),
            server: trust(&local.server),
        }),
        url if url.contains("://") => {
            return Err(wrong(format!(
                "`local.endpoint` is `{url}`; it may be a path or begin with `https://`"
            )));
        }
        path => Endpoint::Socket(PathBuf::from(path)),
    };
    Ok(LxdSettings {
        endpoint,
        project: local.project.clone(),
        pool: local.pool.clone(),
        profiles: local.profiles.clone(),
        images: pairs("local.images", &local.images, "debian/12=images:debian/12")?,
        image: local.image.clone(),
        virtual_machines: false,
    })
}

fn trust(server: &str) -> Trust {
    let fingerprint = server.len() == 64 && server.chars().all(|letter| letter.is_ascii_hexdigit());
    match (server, fingerprint) {
        ("", _) => Trust::System,
        (fingerprint, true) => Trust::Fingerprint(fingerprint.to_owned()),
        (path, false) => Trust::File(PathBuf::from(path)),
    }
}
