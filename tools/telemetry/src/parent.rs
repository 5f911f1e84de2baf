//! The trace that a client's request belongs to (W3C Trace Context, as MCP carries it in `_meta`).

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Makes `span` a child of the span that `traceparent` names. A malformed header is ignored, as the standard asks.
pub fn parent(span: &tracing::Span, traceparent: &str, tracestate: Option<&str>) {
    if let Some(context) = remote(traceparent, tracestate) {
        // The error says that nothing exports this span, so there is nothing to join.
        let _not_exported = span.set_parent(opentelemetry::Context::new().with_remote_span_context(context));
    }
}

/// The trace that `traceparent` names, in hex, if the header is well formed.
#[must_use]
pub fn trace_id(traceparent: &str) -> Option<String> {
    Some(remote(traceparent, None)?.trace_id().to_string())
}

/// The remote span, if `traceparent` is well formed: `00-<32 hex>-<16 hex>-<2 hex>`, ids not all zero.
fn remote(traceparent: &str, tracestate: Option<&str>) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lower_hex = |text: &str, length: usize| {
        text.len() == length
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let well_formed = lower_hex(version, 2)
        && version != "ff"
        && (version != "00" || parts.next().is_none())
        && lower_hex(trace, 32)
        && lower_hex(span, 16)
        && lower_hex(flags, 2);
    if !well_formed {
        return None;
    }
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    let state: TraceState = tracestate.and_then(|text| text.parse().ok()).unwrap_or_default();
    let context = SpanContext::new(trace, span, flags, true, state);
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_headers_are_followed() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = remote(good, Some("vendor=1")).unwrap();
        assert_eq!(context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert!(context.is_sampled() && context.is_remote());
        assert_eq!(
            trace_id(good).as_deref(),
            Some("0af7651916cd43dd8448eb211c80319c")
        );
        // A later version may have more to say.
        assert!(trace_id(&good.replacen("00", "01", 1)).is_some());
        assert!(trace_id(&format!("{}-more", good.replacen("00", "01", 1))).is_some());
        // A bad state is dropped, and the parent is kept.
        assert!(remote(good, Some("no pairs here")).is_some());
        for bad in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c80319ä-b7ad6b7169203331-01",
            " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
        ] {
            assert!(remote(bad, None).is_none(), "{bad}");
            assert_eq!(trace_id(bad), None);
        }
    }
}
