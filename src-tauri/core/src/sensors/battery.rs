//! The battery sensor: charge and power of the batteries, and whether the mains are connected, every 5 s.
//!
//! Batteries of mice, keyboards and headsets (`scope` is `Device`) are not recorded: they do not power this machine, and
//! they come and go with each switch. Power is positive while a battery drives the machine and negative while it is
//! charged; the direction is taken from `status`, because drivers disagree about the sign. Deliberately not here: the
//! slower tick on battery, which is the engine's.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::input::{Buffer, Input, attribute, names};
use super::names::escaped;
use super::parse::integer;
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Health, Source, SourceKind};
use crate::say;
use crate::untrusted::Untrusted;

/// See the module.
pub struct PowerSupplies {
    roots: Roots,
    /// By name; a supply that is not recorded has a `None`, so that it is looked at once.
    supplies: HashMap<OsString, Option<Supply>>,
    buffer: Buffer,
}

struct Supply {
    source: Arc<Source>,
    inputs: Vec<(&'static str, Input)>,
}

/// The files of a battery that are read, where they exist.
const BATTERY: &[&str] = &[
    "status",
    "present",
    "capacity",
    "energy_now",
    "energy_full",
    "charge_now",
    "charge_full",
    "power_now",
    "current_now",
    "voltage_now",
];

impl PowerSupplies {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        Box::new(PowerSupplies { roots: roots.clone(), supplies: HashMap::new(), buffer: Buffer::default() })
    }
}

impl Sensor for PowerSupplies {
    fn interval(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn sample(&mut self, _clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let class = self.roots.sys.join("class/power_supply");
        let names = names(&class);
        if names.is_empty() {
            let reason = say!("nothing in {folder}", folder = class.display());
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        self.supplies.retain(|name, _| names.contains(name));
        for name in names {
            let supply =
                self.supplies.entry(name).or_insert_with_key(|name| Supply::look(&class.join(name), &self.roots));
            if let Some(supply) = supply {
                supply.sample(&mut self.buffer, batch);
            }
        }
        Ok(())
    }
}

impl Supply {
    fn look(folder: &Path, roots: &Roots) -> Option<Supply> {
        let text = |file: &str| attribute(&folder.join(file));
        if text("scope").is_some_and(|scope| scope == b"Device") {
            return None;
        }
        let name: &[u8] = std::os::unix::ffi::OsStrExt::as_bytes(folder.file_name()?);
        let (kind, files) = match text("type")?.as_slice() {
            b"Battery" | b"UPS" => (SourceKind::Battery, BATTERY),
            // USB supplies have names such as `USB_PD` on older kernels.
            kind if kind == b"Mains" || kind == b"Wireless" || kind.starts_with(b"USB") => {
                (SourceKind::Mains, &["online"][..])
            }
            _ => return None,
        };
        let label = [text("manufacturer"), text("model_name")].into_iter().flatten().collect::<Vec<_>>().join(&b' ');
        let label = if label.is_empty() { name.to_vec() } else { label };
        let inputs = files.iter().map(|file| (*file, folder.join(file))).filter(|(_, path)| path.exists());
        Some(Supply {
            source: Source::whole(kind, format!("{}:{}", kind.word(), escaped(name)), Untrusted::new(label)),
            inputs: inputs.map(|(file, path)| (file, Input::new(roots, path))).collect(),
        })
    }

    fn sample(&mut self, buffer: &mut Buffer, batch: &mut Batch) {
        let mut values: HashMap<&str, Vec<u8>> = HashMap::new();
        for (file, input) in &mut self.inputs {
            // A battery that cannot tell a value answers ENODATA, one that was pulled out ENODEV.
            if let Ok(text) = input.read_at_once(buffer) {
                values.insert(file, text.trim_ascii().to_vec());
            }
        }
        let text = |file: &str| values.get(file).map(Vec::as_slice);
        let value = |file: &str| integer(text(file)?);
        if self.source.kind == SourceKind::Mains {
            // 2 is "online, programmable": the supply can be told what to deliver.
            let online = value("online").filter(|online| (0..=2).contains(online));
            match online {
                Some(online) => batch.put(&self.source, Metric::PowerOnline, f64::from(online > 0)),
                None => {
                    batch.condition(&self.source, Health::Unsupported, say!("it does not tell whether it is connected"))
                }
            }
        } else if value("present") == Some(0) {
            batch.condition(&self.source, Health::Lost, say!("the bay holds no battery"));
        } else {
            let (charge, power) = (charge(value), power(text("status").unwrap_or_default(), value));
            if charge.is_none() && power.is_none() {
                batch.condition(&self.source, Health::Unsupported, say!("it tells neither charge nor power"));
            }
            batch.put(&self.source, Metric::BatteryCharge, charge);
            batch.put(&self.source, Metric::BatteryPower, power);
        }
    }
}

/// Percent. The battery's own word, else what is in it of what fits in; a new battery may hold more than it says.
fn charge(value: impl Fn(&str) -> Option<i64>) -> Option<f64> {
    let share = |now: &str, full: &str| {
        let (now, full) = (value(now)?, value(full)?);
        (now >= 0 && full > 0).then(|| (100.0 * now as f64 / full as f64).min(100.0))
    };
    let told = value("capacity").filter(|percent| (0..=100).contains(percent)).map(|percent| percent as f64);
    told.or_else(|| share("energy_now", "energy_full")).or_else(|| share("charge_now", "charge_full"))
}

/// Watts, negative while charging; `None` where the direction is not known.
fn power(status: &[u8], value: impl Fn(&str) -> Option<i64>) -> Option<f64> {
    // Micro-watts, or micro-amperes times micro-volts.
    let told = value("power_now").map(|micro| micro as f64 / 1e6);
    let product = || Some(value("current_now")? as f64 / 1e6 * (value("voltage_now")? as f64 / 1e6));
    let watts = told.or_else(product)?.abs();
    match status {
        b"Charging" => Some(-watts),
        b"Discharging" | b"Full" | b"Not charging" => Some(watts),
        _ => (watts == 0.0).then_some(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(values: &'a [(&'a str, i64)]) -> impl Fn(&str) -> Option<i64> + 'a {
        |file| values.iter().find(|(name, _)| *name == file).map(|(_, value)| *value)
    }

    #[test]
    fn charge_is_told_or_computed() {
        #[track_caller]
        fn check(values: &[(&str, i64)], expected: Option<f64>) {
            assert_eq!(charge(of(values)), expected);
        }
        check(&[("capacity", 73), ("energy_now", 1), ("energy_full", 2)], Some(73.0));
        check(&[("energy_now", 30_000_000), ("energy_full", 60_000_000)], Some(50.0));
        check(&[("charge_now", 3_100), ("charge_full", 3_000)], Some(100.0));
        check(&[("capacity", 255), ("charge_now", 750), ("charge_full", 3_000)], Some(25.0));
        check(&[("capacity", -1)], None);
        check(&[("energy_now", 5), ("energy_full", 0)], None);
        check(&[("energy_now", i64::MIN), ("energy_full", i64::MAX)], None);
        check(&[], None);
    }

    #[test]
    fn the_direction_of_power_is_that_of_the_status() {
        #[track_caller]
        fn check(status: &str, values: &[(&str, i64)], expected: Option<f64>) {
            assert_eq!(power(status.as_bytes(), of(values)), expected);
        }
        check("Discharging", &[("power_now", 12_340_000)], Some(12.34));
        check("Charging", &[("power_now", 12_340_000)], Some(-12.34));
        check("Discharging", &[("current_now", -1_500_000), ("voltage_now", 12_000_000)], Some(18.0));
        check("Charging", &[("current_now", 1_500_000), ("voltage_now", 12_000_000)], Some(-18.0));
        check("Full", &[("power_now", 0)], Some(0.0));
        check("Unknown", &[("power_now", 0)], Some(0.0));
        check("Unknown", &[("power_now", 5_000_000)], None);
        check("\u{1b}", &[("power_now", 5_000_000)], None);
        check("Charging", &[("current_now", 1)], None);
        check("Discharging", &[("power_now", i64::MIN)], Some(9_223_372_036_854.775));
        check("Charging", &[], None);
    }

    proptest::proptest! {
        #[test]
        fn no_reading_of_a_battery_is_beyond_its_bounds(values in proptest::collection::vec(proptest::num::i64::ANY, 6)) {
            let names = ["capacity", "energy_now", "energy_full", "power_now", "current_now", "voltage_now"];
            let values: Vec<_> = names.into_iter().zip(values).collect();
            proptest::prop_assert!(charge(of(&values)).is_none_or(|charge| (0.0..=100.0).contains(&charge)));
            proptest::prop_assert!(power(b"Charging", of(&values)).is_none_or(|watts| watts <= 0.0));
            proptest::prop_assert!(power(b"Discharging", of(&values[3..])).is_none_or(|watts| watts >= 0.0));
        }
    }
}
