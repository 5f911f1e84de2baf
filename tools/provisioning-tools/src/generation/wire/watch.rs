//! Monitoring and alerts on the wire.

use provisioning::intent;
use serde::Serialize;

/// What is measured and logged.
#[derive(Debug, Serialize)]
pub(super) struct Monitoring {
    /// Whether measurements are collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<bool>,
    /// Days that measurements are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics_days: Option<u64>,
    /// Seconds between two measurements.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_s: Option<u64>,
    /// Disk for measurements, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_gb: Option<u64>,
    /// Whether there are dashboards.
    #[serde(skip_serializing_if = "Option::is_none")]
    dashboards: Option<bool>,
    /// Whether anybody may look at them.
    #[serde(skip_serializing_if = "Option::is_none")]
    dashboards_public: Option<bool>,
    /// Where the password of the dashboards is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    dashboards_password: Option<String>,
    /// Whether logs are collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    logs: Option<bool>,
    /// Days that logs are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    logs_days: Option<u64>,
    /// The server that it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    /// Who is told, by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
}

/// When somebody is told.
#[derive(Debug, Serialize)]
pub(super) struct Alert {
    /// Name.
    name: String,
    /// How bad it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
    /// What is measured.
    metric: String,
    /// When it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    /// The value that the measurement is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<u64>,
    /// Seconds that it must last.
    #[serde(skip_serializing_if = "Option::is_none")]
    for_s: Option<u64>,
}

impl From<&intent::Monitoring> for Monitoring {
    fn from(monitoring: &intent::Monitoring) -> Self {
        Self {
            metrics: monitoring.metrics,
            metrics_days: monitoring.metrics_days,
            interval_s: monitoring.interval_s,
            storage_gb: monitoring.storage_gb,
            dashboards: monitoring.dashboards,
            dashboards_public: monitoring.dashboards_public,
            dashboards_password: monitoring.dashboards_password.clone(),
            logs: monitoring.logs,
            logs_days: monitoring.logs_days,
            host: monitoring.host.clone(),
            contact: monitoring.contact.clone(),
        }
    }
}

impl From<&intent::Alert> for Alert {
    fn from(alert: &intent::Alert) -> Self {
        Self {
            name: alert.name.clone(),
            severity: alert.severity.clone(),
            metric: alert.metric.clone(),
            operator: alert.operator.clone(),
            threshold: alert.threshold,
            for_s: alert.for_s,
        }
    }
}
