//! Traces to an OTLP collector, over HTTP, from a thread of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, Tracer};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Filter, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::{Error, Options};

/// How long the last traces may take.
pub(crate) const FLUSH_WITHIN: Duration = Duration::from_secs(2);
/// How long one export may take.
const EXPORT_WITHIN: Duration = Duration::from_secs(5);

/// A provider that batches spans and posts them to `endpoint`.
pub(crate) fn provider(endpoint: &str, options: &Options) -> Result<SdkTracerProvider, Error> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_timeout(EXPORT_WITHIN)
        .build()
        .map_err(|error| Error::Exporter {
            endpoint: endpoint.to_owned(),
            reason: error.to_string(),
        })?;
    let resource = Resource::builder()
        .with_service_name(options.service_name.clone())
        .with_attribute(KeyValue::new("service.version", options.service_version.clone()))
        .build();
    let exporter = Reporting {
        exporter,
        endpoint: endpoint.to_owned(),
        reported: AtomicBool::new(false),
    };
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build())
}

/// The layer that turns spans of our own code into traces.
pub(crate) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let layer: OpenTelemetryLayer<S, Tracer> =
        tracing_opentelemetry::layer().with_tracer(provider.tracer("suite"));
    layer.with_filter(ours())
}

/// The exporter's own HTTP client must not be traced, or every export would cause the next.
fn ours<S: Subscriber>() -> impl Filter<S> {
    Targets::new().with_default(LevelFilter::INFO).with_targets(
        [
            "hyper",
            "hyper_util",
            "reqwest",
            "rustls",
            "opentelemetry",
            "opentelemetry_sdk",
        ]
        .map(|name| (name, LevelFilter::OFF)),
    )
}

/// Says once that traces do not arrive. Without it nobody would learn; with each failure said, nobody would read.
#[derive(Debug)]
struct Reporting {
    exporter: SpanExporter,
    endpoint: String,
    reported: AtomicBool,
}

impl opentelemetry_sdk::trace::SpanExporter for Reporting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        if let Err(error) = &result
            && !self.reported.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(endpoint = self.endpoint, %error, "traces do not arrive and are lost; this is said once");
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
