//! The ids of evidence: `gpu.power@1763730000@gpu:0000:01:00.0` is one value of one source at one moment.
//!
//! `why --json` gives them, and `history` shows what is around one. Deliberately not here: what the value was.

/// Seconds before and after a moment that make it understood.
pub const AROUND: i64 = 300;

/// The key of the metric, the source and the moment of an id; `None` for text that is none.
pub fn parts(id: &str) -> Option<(&str, &str, i64)> {
    let mut parts = id.splitn(3, '@');
    let (metric, ts, source) = (parts.next()?, parts.next()?, parts.next()?);
    Some((metric, source, ts.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use hoofbeat_core::api::evidence_id;
    use hoofbeat_core::metrics::Metric;

    use super::*;

    #[test]
    fn an_id_is_taken_apart_again() {
        for source in ["gpu:0000:01:00.0", "gpu:GPU-1@2", ""] {
            let id = evidence_id(Metric::GpuPower, source, 1_763_730_000);
            assert_eq!(parts(&id), Some(("gpu.power", source, 1_763_730_000)), "{id}");
        }
        for text in ["gpu.power", "gpu.power@x@y", "@", "a@1"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
