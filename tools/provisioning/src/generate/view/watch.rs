//! Monitoring, alerts and secrets as templates see them.

use serde::Serialize;

use crate::intent::{self, Intent, SecretReference};

/// The name of the secret that opens the dashboards.
const DASHBOARDS: &str = "monitoring-dashboards";

#[derive(Serialize)]
pub(super) struct Monitoring<'a> {
    with_metrics: bool,
    metrics: Option<bool>,
    metrics_days: Option<u64>,
    interval_s: Option<u64>,
    storage_gb: Option<u64>,
    with_dashboards: bool,
    dashboards: Option<bool>,
    dashboards_public: Option<bool>,
    dashboards_password: Option<&'static str>,
    with_logs: bool,
    logs: Option<bool>,
    logs_days: Option<u64>,
    host: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Alert<'a> {
    path: String,
    name: &'a str,
    severity: Option<&'a str>,
    metric: &'a str,
    operator: Option<&'a str>,
    threshold: Option<u64>,
    for_s: Option<u64>,
}

/// Where a secret is kept, under the name that others refer to it by.
#[derive(Serialize)]
pub(super) struct Secret {
    name: String,
    path: String,
    key: String,
    /// The path of the value in the intent.
    mark: String,
}

/// The view of `monitoring`.
pub(super) fn monitoring(monitoring: &intent::Monitoring) -> Monitoring<'_> {
    let metrics = monitoring
        .metrics_days
        .or(monitoring.interval_s)
        .or(monitoring.storage_gb);
    let password = monitoring.dashboards_password.is_some().then_some(DASHBOARDS);
    Monitoring {
        with_metrics: monitoring.metrics.is_some() || metrics.is_some(),
        metrics: monitoring.metrics,
        metrics_days: monitoring.metrics_days,
        interval_s: monitoring.interval_s,
        storage_gb: monitoring.storage_gb,
        with_dashboards: monitoring.dashboards.or(monitoring.dashboards_public).is_some()
            || password.is_some(),
        dashboards: monitoring.dashboards,
        dashboards_public: monitoring.dashboards_public,
        dashboards_password: password,
        with_logs: monitoring.logs.is_some() || monitoring.logs_days.is_some(),
        logs: monitoring.logs,
        logs_days: monitoring.logs_days,
        host: monitoring.host.as_deref(),
    }
}

/// The view of the alert at a place of the list.
pub(super) fn alert((at, alert): (usize, &intent::Alert)) -> Alert<'_> {
    Alert {
        path: format!("alerts.{at}"),
        name: &alert.name,
        severity: alert.severity.as_deref(),
        metric: &alert.metric,
        operator: alert.operator.as_deref(),
        threshold: alert.threshold,
        for_s: alert.for_s,
    }
}

/// The name of the secret that opens the database `name`. It stays a label: a name has 63 characters at most.
pub(super) fn password_of(name: &str) -> String {
    let short: String = name.chars().take(54).collect();
    format!("{}-password", short.trim_end_matches('-'))
}

/// Every secret of `intent`. It was checked: each is a reference.
pub(super) fn secrets(intent: &Intent) -> Vec<Secret> {
    let databases = intent.databases.iter().enumerate().map(|(at, database)| {
        let name = password_of(&database.name);
        (
            name,
            database.password.as_ref(),
            format!("databases.{at}.password"),
        )
    });
    let dashboards = intent.monitoring.iter().map(|monitoring| {
        let mark = "monitoring.dashboards_password".to_owned();
        (
            DASHBOARDS.to_owned(),
            monitoring.dashboards_password.as_ref(),
            mark,
        )
    });
    let each = databases.chain(dashboards).filter_map(|(name, text, mark)| {
        let reference = SecretReference::read(text?).ok()?;
        Some(Secret {
            name,
            path: reference.path,
            key: reference.key,
            mark,
        })
    });
    each.collect()
}
