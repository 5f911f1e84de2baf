//! How the database is reached: over TLS unless it is on this machine, durable at every commit, and nobody waits for ever.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use provisioning::state::Error;
use redacted::Redacted;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::fail::Fault;
use crate::session::Session;

/// What is said to the server of every session.
///
/// The timeouts fit together: a session that stops in the middle of a commit is ended before those that wait for it give up.
const SESSION: &str = "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '10s'; \
     SET lock_timeout = '15s'; SET statement_timeout = '60s'; SET client_min_messages = 'warning'";

/// Which database, and what of it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Such as `postgres://prov@db.example.com/infra`. Without `sslmode` a server elsewhere must speak TLS.
    pub url: Redacted<String>,
    /// The schema that holds the store: one for each workspace.
    pub schema: String,
    /// Who signed the server's certificate, as PEM; otherwise whom this machine trusts.
    pub authority: Option<String>,
}

/// What [`Options`] come to.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
    pub(crate) schema: String,
    pub(crate) place: String,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// Whether a session may change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It may.
    Write,
    /// The server refuses it.
    Read,
}

impl Target {
    /// Reads `options`.
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        let schema = options.schema.clone();
        let refused = |problem: &str| Error::Broken {
            place: format!("the schema `{schema}` of the database"),
            problem: problem.to_owned(),
        };
        let url = options.url.expose();
        // What is wrong with a URL is not said: it could be the password.
        let mut config: Config = url.parse().map_err(|_| {
            refused("its URL cannot be read; write it as `postgres://user@host/database?sslmode=require`")
        })?;
        let letter = |c: char| c == '_' || c.is_ascii_lowercase();
        let fits = schema.len() < 64
            && schema.starts_with(letter)
            && schema.chars().all(|c| letter(c) || c.is_ascii_digit())
            && !schema.starts_with("pg_");
        if !fits {
            return Err(refused(
                "a schema is called by lower-case letters, digits and underscores",
            ));
        }
        if !url.contains("sslmode") && !config.get_hosts().iter().all(is_here) {
            config.ssl_mode(SslMode::Require);
        }
        config
            .application_name("prov")
            .connect_timeout(Duration::from_secs(10))
            .tcp_user_timeout(Duration::from_secs(20))
            .keepalives_idle(Duration::from_secs(15));
        let tls = tls(options.authority.as_deref()).map_err(|problem| refused(&problem))?;
        Ok(Self {
            place: place(&config, &schema),
            tls: MakeRustlsConnect::new(tls),
            config,
            schema,
        })
    }

    /// A new session. Its schema may not be there.
    pub(crate) async fn connect(&self, access: Access) -> Result<Session, Fault> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        // It ends by itself when the client is dropped or the server is gone; the client tells whoever asks next.
        tokio::spawn(async move {
            let _ended = connection.await;
        });
        let session = Session::new(client);
        // The name consists of letters, digits and underscores.
        let path = format!("{SESSION}; SET search_path TO \"{}\"", self.schema);
        session.batch(&path).await?;
        if access == Access::Read {
            session.batch("SET default_transaction_read_only = on").await?;
        }
        Ok(session)
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
    }
}

/// Whom to believe that a server is who it says.
fn tls(authority: Option<&str>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match authority {
        // Some certificates of a system may be unreadable; the server's may be signed by another.
        None => {
            let known = rustls_native_certs::load_native_certs().certs;
            roots.add_parsable_certificates(known);
        }
        Some(pem) => {
            let unreadable = |problem: String| format!("its authority cannot be read: {problem}");
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
                roots
                    .add(certificate)
                    .map_err(|error| unreadable(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(unreadable("there is no certificate in it".to_owned()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// How the store is called in errors: everything of the URL but the password.
fn place(config: &Config, schema: &str) -> String {
    let user = config
        .get_user()
        .map(|user| format!("{user}@"))
        .unwrap_or_default();
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
    let port = if ports.is_empty() {
        String::new()
    } else {
        format!(":{}", ports.join(","))
    };
    let database = config.get_dbname().unwrap_or_default();
    format!(
        "postgres://{user}{}{port}/{database}, schema `{schema}`",
        hosts.join(",")
    )
}
