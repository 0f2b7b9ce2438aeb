//! What goes wrong at a time: codes, delays, and reloads of the driver. Pure: the driver carries it out.

use std::time::Duration;

use crate::code::Code;
use crate::scenario::{Action, Fault, Scenario, matches};

/// What the scenario has in store for one call.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    pub code: Option<Code>,
    pub delay: Duration,
}

/// How far the driver's reloads have come.
#[derive(Debug, PartialEq)]
pub struct Reloads {
    /// How often the driver has been reloaded: handles and libraries of an earlier time are of no use.
    pub count: usize,
    /// What a start answers now.
    pub start: Code,
}

/// The faults that a call meets. The last one in the file that names a code has its way; delays add up.
pub fn meet(scenario: &Scenario, call: &str, device: Option<usize>, at: f64) -> Outcome {
    let mut outcome = Outcome::default();
    for fault in &scenario.faults {
        let now = fault.at <= at && fault.until.is_none_or(|until| at < until);
        let here = fault.device.is_none() || fault.device == device;
        if now && here && fault.action.is_none() && matches(&fault.call, call) {
            outcome.code = fault.code.or(outcome.code);
            outcome.delay += Duration::from_millis(fault.delay_ms);
        }
    }
    outcome
}

/// The reloads until now.
pub fn reloads(scenario: &Scenario, at: f64) -> Reloads {
    let begun: Vec<&Fault> = begun(scenario, at).collect();
    let start = begun.last().map_or(Code::Success, |last| {
        if at < last.at + last.down_s {
            Code::DriverNotLoaded
        } else if at < last.at + last.down_s + last.mismatch_s {
            Code::LibRmVersionMismatch
        } else {
            Code::Success
        }
    });
    Reloads { count: begun.len(), start }
}

/// The driver's version, which a reload may change.
pub fn version(scenario: &Scenario, at: f64) -> &str {
    begun(scenario, at).filter_map(|fault| fault.new_version.as_deref()).last().unwrap_or(&scenario.driver.version)
}

/// Since when the driver has been loaded, which is when its counters began.
pub fn loaded_at(scenario: &Scenario, at: f64) -> f64 {
    begun(scenario, at).map(|fault| fault.at + fault.down_s).fold(0.0, f64::max)
}

fn begun(scenario: &Scenario, at: f64) -> impl Iterator<Item = &Fault> {
    scenario.faults.iter().filter(move |fault| fault.action == Some(Action::DriverReload) && fault.at <= at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario() -> Scenario {
        Scenario::parse(
            r#"
            [driver]
            version = "1.0"
            nvml = "1"
            cuda = 1
            [[device]]
            name = "a"
            uuid = "a"
            pci = "0000:01:00.0"
            [[fault]]
            at = 10
            until = 20
            device = 0
            call = "nvmlDeviceGet*"
            code = "GPU_IS_LOST"
            [[fault]]
            at = 15
            call = "nvmlDeviceGetName"
            delay_ms = 5
            [[fault]]
            at = 30
            action = "driver_reload"
            down_s = 3
            mismatch_s = 2
            new_version = "2.0"
            "#,
        )
        .unwrap()
    }

    #[test]
    fn a_fault_has_its_time_device_and_call() {
        let scenario = scenario();
        let lost = |call, device, at| meet(&scenario, call, device, at);
        assert_eq!(lost("nvmlDeviceGetName", Some(0), 9.9), Outcome::default());
        assert_eq!(lost("nvmlDeviceGetName", Some(0), 10.0).code, Some(Code::GpuIsLost));
        assert_eq!(lost("nvmlDeviceGetName", None, 10.0), Outcome::default());
        assert_eq!(lost("nvmlSystemGetDriverVersion", Some(0), 10.0), Outcome::default());
        let both = Outcome { code: Some(Code::GpuIsLost), delay: Duration::from_millis(5) };
        assert_eq!(lost("nvmlDeviceGetName", Some(0), 15.0), both);
        assert_eq!(lost("nvmlDeviceGetName", Some(0), 20.0).code, None);
    }

    #[test]
    fn a_reload_is_down_then_mismatched_then_new() {
        let scenario = scenario();
        for (at, count, start, version_then) in [
            (29.0, 0, Code::Success, "1.0"),
            (30.0, 1, Code::DriverNotLoaded, "2.0"),
            (33.0, 1, Code::LibRmVersionMismatch, "2.0"),
            (35.0, 1, Code::Success, "2.0"),
        ] {
            assert_eq!(reloads(&scenario, at), Reloads { count, start }, "at {at}");
            assert_eq!(version(&scenario, at), version_then);
        }
    }
}
