//! Which template a server's disk is cloned from: one of the settings, or the public one of its system.

use provisioning::provider::{Class, Order};
use provisioning::resource::Value;

use crate::error::Failure;
use crate::json;
use crate::site::Site;

/// What a server gets that says no system.
const SYSTEM: (&str, &str) = ("ubuntu", "24.04");

/// How the titles of public templates begin.
const TITLES: [(&str, &str); 4] = [
    ("ubuntu", "Ubuntu Server "),
    ("debian", "Debian GNU/Linux "),
    ("rocky", "Rocky Linux "),
    ("alpine", "Alpine Linux "),
];

/// The id of the template for the server that `order` asks for.
pub(crate) async fn of(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    let text = |name: &str| order.attributes.get(name).and_then(Value::text);
    let family = text("os_family").unwrap_or(SYSTEM.0);
    let version = match text("os_version") {
        Some(version) => version,
        None if family == SYSTEM.0 => SYSTEM.1,
        None => {
            return Err(Failure::new(
                Class::Permanent,
                format!("system `{family}` needs an `os_version`"),
            ));
        }
    };
    let system = format!("{family}-{version}");
    if let Some(id) = site.settings.images.get(&system) {
        return Ok(id.clone());
    }
    let hint = format!("name a template for `{system}` in the provider's `images`");
    let unknown = || Failure::new(Class::Permanent, format!("there is no template of `{system}`")).hint(hint);
    let Some((_, title)) = TITLES.iter().find(|(known, _)| *known == family) else {
        return Err(unknown());
    };
    let answer = site.client.get("/storage/template").await?;
    let mut templates = json::items(&answer, "storages").iter();
    let fits = |title_of: &str| {
        let rest = title_of
            .strip_prefix(title)
            .and_then(|rest| rest.strip_prefix(version));
        // `12` is not the beginning of `12.5`, and `24.04` comes with ` LTS`.
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let found = templates.find(|template| json::text(template, "title").is_some_and(fits));
    found
        .and_then(|template| json::text(template, "uuid"))
        .map(str::to_owned)
        .ok_or_else(unknown)
}
