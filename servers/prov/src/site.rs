//! Where `prov` works: the state it is told, the providers that are set up, this machine's clock and chance.

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use provisioning::provider::{self, Account, Created, Observed, Order, Provider, Support};
use provisioning::resource::Kind;
use provisioning::run::{Chance, Clock, Settings};
use provisioning::site::Site;
use provisioning::state::{self, Claim, State};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Opens the state.
pub(crate) type Open = Box<dyn Fn() -> state::Call<'static, Arc<dyn State>> + Send + Sync>;

/// Makes a provider: its settings may make no sense.
pub(crate) type Make = Box<dyn Fn() -> Result<Arc<dyn Provider>, provider::Error> + Send + Sync>;

/// This machine.
pub(crate) struct Here {
    open: Open,
    state: OnceCell<Arc<dyn State>>,
    providers: BTreeMap<&'static str, Make>,
    folder: PathBuf,
    settings: Settings,
}

impl Here {
    /// A site whose state `open` opens, with `providers` by name; `folder` keeps what belongs to it on this machine.
    pub(crate) fn new(
        open: Open,
        providers: BTreeMap<&'static str, Make>,
        folder: PathBuf,
        settings: Settings,
    ) -> Self {
        Self {
            open,
            state: OnceCell::new(),
            providers,
            folder,
            settings,
        }
    }
}

impl Site for Here {
    fn state(&self) -> state::Call<'_, Arc<dyn State>> {
        Box::pin(async move { Ok(Arc::clone(self.state.get_or_try_init(|| (self.open)()).await?)) })
    }

    fn provider(&self, name: &str) -> Result<Option<Arc<dyn Provider>>, provider::Error> {
        self.providers.get(name).map(|make| make()).transpose()
    }

    fn providers(&self) -> Vec<&'static str> {
        self.providers.keys().copied().collect()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(System)
    }

    fn chance(&self) -> Arc<dyn Chance> {
        Arc::new(System)
    }

    fn settings(&self) -> Settings {
        self.settings.clone()
    }

    fn process(&self) -> (String, u32) {
        (machine(), std::process::id())
    }

    fn gone(&self, claim: &Claim) -> bool {
        // A number that is in use again belongs to another process: then the lease has to run out.
        cfg!(target_os = "linux")
            && claim.host == machine()
            && !Path::new("/proc").join(claim.pid.to_string()).exists()
    }

    fn key(&self) -> Result<[u8; 32], state::Error> {
        let path = self.folder.join("plan.key");
        let broken = |error: &io::Error| state::Error::Broken {
            place: path.display().to_string(),
            problem: error.to_string(),
        };
        match fs::read(&path) {
            Ok(bytes) => bytes.try_into().map_err(|_| state::Error::Damaged {
                place: path.display().to_string(),
                problem: "it is no key of 32 bytes; delete it, and plan anew".to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                folder(&self.folder).map_err(|error| broken(&error))?;
                fresh(&path).map_err(|error| broken(&error))
            }
            Err(error) => Err(broken(&error)),
        }
    }
}

/// The name of this machine, with what tells it from others of the same name: when it was started, and which processes it
/// sees. Where the system does not say, processes of one name are not told apart, and none is taken for gone.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let name = read("/proc/sys/kernel/hostname");
    let boot = read("/proc/sys/kernel/random/boot_id");
    let processes = fs::read_link("/proc/self/ns/pid")
        .map(|link| link.display().to_string())
        .unwrap_or_default();
    let digest = Sha256::digest(format!("{boot} {processes}").as_bytes());
    let mark: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    match (boot.is_empty(), name.as_str()) {
        (true, _) => "this machine".to_owned(),
        (false, name) => format!("{name}#{mark}"),
    }
}

/// Makes the folder of what a site keeps: for its owner alone, and not for version control.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let ignore = path.join(".gitignore");
    if !ignore.exists() {
        fs::write(&ignore, "*\n")?;
    }
    Ok(())
}

/// A new key. Two processes that make one at the same time end up with the same: the file is made once.
fn fresh(path: &Path) -> io::Result<[u8; 32]> {
    // Three UUIDs of version 4 have 366 random bits of the system's generator.
    let mut hash = Sha256::new();
    for _ in 0..3 {
        hash.update(Uuid::new_v4().as_bytes());
    }
    let key: [u8; 32] = hash.finalize().into();
    match fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(mut file) => {
            file.write_all(&key)?;
            file.sync_all()?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::read(path)?
            .try_into()
            .map_err(|_| io::Error::other("it is being made; try again")),
        Err(error) => Err(error),
    }
}

/// This machine's clock and chance.
#[derive(Debug, Clone, Copy)]
struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

impl Chance for System {
    fn up_to(&self, most: u64) -> u64 {
        // The last 62 bits of a UUID of version 4 are random.
        let (_, low) = Uuid::new_v4().as_u64_pair();
        low % most.saturating_add(1).max(1)
    }

    fn name(&self) -> String {
        Uuid::now_v7().to_string()
    }
}

/// A provider that cannot be used as it is set up: what it can do is known, so that plans can be made; every call says why.
pub(crate) struct Closed {
    inner: Arc<dyn Provider>,
    error: provider::Error,
}

impl Closed {
    /// What `inner` would be if it were not for `error`. Nothing is ever asked of `inner`.
    pub(crate) fn new(inner: Arc<dyn Provider>, error: provider::Error) -> Self {
        Self { inner, error }
    }

    fn refused<T: Send>(&self) -> provider::Call<'_, T> {
        let error = self.error.clone();
        Box::pin(async move { Err(error) })
    }
}

impl Provider for Closed {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn support(&self, kind: Kind) -> Option<Support> {
        self.inner.support(kind)
    }

    fn account(&self) -> provider::Call<'_, Account> {
        self.refused()
    }

    fn create<'a>(&'a self, _order: &'a Order) -> provider::Call<'a, Created> {
        self.refused()
    }

    fn find<'a>(&'a self, _: Kind, _: Option<&'a str>, _: &'a str) -> provider::Call<'a, Vec<Observed>> {
        self.refused()
    }

    fn read<'a>(&'a self, _: Kind, _: Option<&'a str>, _: &'a str) -> provider::Call<'a, Option<Observed>> {
        self.refused()
    }

    fn update<'a>(&'a self, _: &'a str, _: &'a Order, _: &'a [String]) -> provider::Call<'a, ()> {
        self.refused()
    }

    fn delete<'a>(&'a self, _: Kind, _: Option<&'a str>, _: &'a str) -> provider::Call<'a, ()> {
        self.refused()
    }

    fn list<'a>(
        &'a self,
        _: Kind,
        _: Option<&'a str>,
        _: Option<&'a str>,
    ) -> provider::Call<'a, Vec<Observed>> {
        self.refused()
    }
}
