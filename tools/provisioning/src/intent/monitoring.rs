//! What is measured and logged, when somebody is told, and the rules that both keep.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::check::{Checker, label};
use super::{Intent, SecretReference};

/// What is measured and logged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Monitoring {
    /// Whether measurements are collected.
    pub metrics: Option<bool>,
    /// Days that measurements are kept.
    pub metrics_days: Option<u64>,
    /// Seconds between two measurements.
    pub interval_s: Option<u64>,
    /// Disk for measurements, in GB.
    pub storage_gb: Option<u64>,
    /// Whether there are dashboards.
    pub dashboards: Option<bool>,
    /// Whether anybody may look at them.
    pub dashboards_public: Option<bool>,
    /// Where the password of the dashboards is kept; never the password.
    pub dashboards_password: Option<String>,
    /// Whether logs are collected.
    pub logs: Option<bool>,
    /// Days that logs are kept.
    pub logs_days: Option<u64>,
    /// The server of this configuration that it runs on.
    pub host: Option<String>,
    /// Who is told, by e-mail.
    pub contact: Option<String>,
}

/// When somebody is told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alert {
    /// Name, an RFC 1123 label.
    pub name: String,
    /// How bad it is.
    pub severity: Option<String>,
    /// What is measured.
    pub metric: String,
    /// When it counts.
    pub operator: Option<String>,
    /// The value that the measurement is compared with.
    pub threshold: Option<u64>,
    /// Seconds that it must last.
    pub for_s: Option<u64>,
}

impl Checker<'_> {
    /// The rules of monitoring and alerts.
    pub(super) fn watch(&mut self, intent: &Intent) {
        if let Some(monitoring) = &intent.monitoring {
            self.monitoring(monitoring, intent);
        }
        self.alerts(intent);
    }

    /// Where a secret is kept. What is no reference may be the secret, and is not repeated.
    pub(super) fn secret(&mut self, path: String, value: Option<&String>) {
        if let Some(Err(rule)) = value.map(|value| SecretReference::read(value)) {
            self.say(path, "…", rule, &[]);
        }
    }

    fn monitoring(&mut self, monitoring: &Monitoring, intent: &Intent) {
        let at = |field: &str| format!("monitoring.{field}");
        self.between(at("metrics_days"), monitoring.metrics_days, 1, 730);
        self.between(at("interval_s"), monitoring.interval_s, 10, 3_600);
        self.between(at("storage_gb"), monitoring.storage_gb, 1, 65_536);
        self.between(at("logs_days"), monitoring.logs_days, 1, 3_650);
        let password = monitoring.dashboards_password.as_ref();
        self.secret(at("dashboards_password"), password);
        if let Some(contact) = &monitoring.contact
            && !email(contact)
        {
            let rule = "must be an e-mail address, such as `me@example.com`";
            self.say(at("contact"), shown(contact), rule, &[]);
        }
        let servers: Vec<String> = intent.servers.iter().map(|server| server.name.clone()).collect();
        if let Some(host) = &monitoring.host
            && !servers.contains(host)
        {
            self.say(
                at("host"),
                shown(host),
                "must be a server of this configuration",
                &servers,
            );
        }
    }

    fn alerts(&mut self, intent: &Intent) {
        let told = intent
            .monitoring
            .as_ref()
            .is_some_and(|watch| watch.contact.is_some());
        if let Some(alert) = intent.alerts.first().filter(|_| !told) {
            let rule = "must have somebody to tell: `monitoring.contact` is left out";
            self.say("alerts.0.name".to_owned(), shown(&alert.name), rule, &[]);
        }
        let mut names = BTreeSet::new();
        let severities = self.catalogue.words("severity").to_vec();
        let operators = self.catalogue.words("operator").to_vec();
        for (at, alert) in intent.alerts.iter().enumerate() {
            let path = |field: &str| format!("alerts.{at}.{field}");
            if !label(&alert.name) {
                let rule =
                    "must be 1 to 63 lower-case letters, digits or `-`, with a letter or digit at both ends";
                self.say(path("name"), shown(&alert.name), rule, &[]);
            }
            if !names.insert(&alert.name) {
                self.say(path("name"), &alert.name, "must be there only once", &[]);
            }
            if !metric(&alert.metric) {
                let rule = "must be letters, digits, `_` or `:`, with no digit first";
                self.say(path("metric"), shown(&alert.metric), rule, &[]);
            }
            self.word(path("severity"), alert.severity.as_ref(), &severities);
            self.word(path("operator"), alert.operator.as_ref(), &operators);
            self.between(path("threshold"), alert.threshold, 0, 1 << 53);
            self.between(path("for_s"), alert.for_s, 0, 86_400);
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// Whether `text` is an address as the schema wants it.
fn email(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| !c.is_whitespace() && !c.is_control() && c != '@')
    };
    let parts = text
        .split_once('@')
        .and_then(|(who, host)| Some((who, host.rsplit_once('.')?)));
    text.len() <= 254 && parts.is_some_and(|(who, (host, end))| plain(who) && plain(host) && plain(end))
}

/// Whether `text` is the name of a measurement.
fn metric(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
    let digit = text.bytes().next().is_none_or(|byte| byte.is_ascii_digit());
    !digit && text.len() <= 200 && text.bytes().all(inner)
}
