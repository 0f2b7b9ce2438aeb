//! Pressure stall information: how long tasks waited for a resource.
//!
//! The kernel's own averages lag by their window, so the share is the difference of the `total` microseconds over the
//! boot-time clock. Part of the CPU and memory sensors. A kernel without PSI has no such file, and one booted with
//! `psi=0` refuses to read it: the metric is absent then.

use std::time::Duration;

use super::Roots;
use super::input::{Buffer, Input};
use super::parse::{lines, number, rate, seconds, words};
use crate::clock::Clock;

/// One file of `/proc/pressure`.
#[derive(Debug)]
pub(crate) struct Pressure {
    input: Input,
    last: Option<(Duration, u64)>,
}

impl Pressure {
    pub(crate) fn new(roots: &Roots, resource: &str) -> Pressure {
        Pressure { input: Input::new(roots, roots.proc.join("pressure").join(resource)), last: None }
    }

    /// Percent of the time since the last sample in which at least one task waited.
    pub(crate) fn sample(&mut self, clock: &dyn Clock, buffer: &mut Buffer) -> Option<f64> {
        let total = self.input.read(buffer).ok().and_then(parse);
        let boot = clock.now().boot;
        let last = std::mem::replace(&mut self.last, total.map(|total| (boot, total)));
        let (since, before) = last?;
        let waited = rate(before, total?, seconds(since, boot)?)?;
        // Microseconds a second. The kernel adds up at its own moments, so a share can come out just above the whole.
        Some((waited / 1e4).min(100.0))
    }
}

/// The microseconds since boot in which some task waited.
pub(crate) fn parse(text: &[u8]) -> Option<u64> {
    let some = lines(text).find(|line| line.starts_with(b"some "))?;
    number(words(some).find_map(|word| word.strip_prefix(b"total="))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Now;

    #[test]
    fn the_total_of_some_is_found() {
        #[track_caller]
        fn check(text: &str, expected: Option<u64>) {
            assert_eq!(parse(text.as_bytes()), expected);
        }
        check("some avg10=0.30 avg60=0.64 avg300=1.79 total=27623061\nfull avg10=0.00 total=7\n", Some(27_623_061));
        check("full avg10=0.00 total=7\nsome avg10=0.00 total=9", Some(9));
        check("full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n", None);
        check("some avg10=0.30 total=-1", None);
        check("some avg10=0.30", None);
        check("", None);
    }

    #[test]
    fn the_share_is_of_the_time_between_two_samples() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots::at(folder.path());
        std::fs::create_dir_all(roots.proc.join("pressure")).unwrap();
        let (mut pressure, mut buffer) = (Pressure::new(&roots, "cpu"), Buffer::default());
        let at = |second| Now { wall: Duration::ZERO, boot: Duration::from_secs(second) };
        let mut check = |second: u64, total: Option<u64>, expected: Option<f64>| {
            let path = roots.proc.join("pressure/cpu");
            match total {
                Some(total) => std::fs::write(&path, format!("some avg10=0.00 total={total}\n")).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            assert_eq!(pressure.sample(&at(second), &mut buffer), expected);
        };
        check(100, Some(1_000_000), None);
        check(110, Some(3_000_000), Some(20.0));
        check(111, Some(4_010_000), Some(100.0));
        check(112, Some(5), None);
        check(113, Some(5), Some(0.0));
        check(113, Some(9), None);
        check(114, None, None);
        check(115, Some(9), None);
    }
}
