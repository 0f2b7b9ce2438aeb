//! The engines' halves of a card, which Intel calls GTs: their clock, their idle time, and what slows them down.
//!
//! i915 and xe tell the same of a GT by other names; older i915 has one GT and no folder for it. Deliberately not here:
//! what is told of the whole board.

use std::path::Path;
use std::time::Duration;

use super::look::Look;
use crate::clock::Clock;
use crate::model::throttle::{CURRENT, HEAT, OTHER, POWER, SIGNAL};
use crate::sensors::Roots;
use crate::sensors::input::{Input, attribute, names};
use crate::sensors::parse::seconds;

/// No GPU runs at 10 GHz.
const MEGAHERTZ: std::ops::RangeInclusive<i64> = 0..=10_000;

/// A GT, with those of its files that there are.
#[derive(Debug)]
pub(super) struct Gt {
    /// It has the video engines and nothing else.
    media: bool,
    actual: Option<Input>,
    requested: Option<Input>,
    /// Milliseconds without work since the driver was loaded.
    idle: Option<Input>,
    throttled: Option<Input>,
    reasons: Vec<(u64, Input)>,
    last: Option<(Duration, i64)>,
    moved: bool,
}

/// What one GT tells in one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Reading {
    pub media: bool,
    /// Hertz.
    pub clock: Option<f64>,
    /// Percent, since the last sample.
    pub busy: Option<f64>,
    /// Whether its idle counter was seen to move. One that stands still belongs to a GT that never idles, or to one
    /// whose idling is switched off.
    pub moved: bool,
    pub throttle: Option<u64>,
}

/// The GTs of the card in `folder` (of the class) and `device`.
pub(super) fn find(roots: &Roots, folder: &Path, device: &Path) -> Vec<Gt> {
    let below = |folder: &Path, prefix: &str| {
        let is_one = |name: &std::ffi::OsString| {
            let digits = name.to_str().and_then(|name| name.strip_prefix(prefix)).unwrap_or_default();
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        names(folder).into_iter().filter(is_one).map(|name| folder.join(name)).collect::<Vec<_>>()
    };
    let mut gts: Vec<Gt> = Vec::new();
    for tile in below(device, "tile") {
        gts.extend(below(&tile, "gt").iter().map(|gt| Gt::of_xe(roots, gt)));
    }
    if gts.is_empty() {
        gts.extend(below(&folder.join("gt"), "gt").iter().map(|gt| Gt::of_i915(roots, gt)));
    }
    if gts.is_empty() {
        gts.push(Gt::of_old_i915(roots, folder));
    }
    gts.retain(|gt| gt.actual.is_some() || gt.requested.is_some() || gt.idle.is_some());
    gts
}

impl Gt {
    fn of_xe(roots: &Roots, gt: &Path) -> Gt {
        let name = attribute(&gt.join("gtidle/name")).unwrap_or_default();
        Gt {
            media: name.ends_with(b"-mc"),
            actual: input(roots, gt, "freq0/act_freq"),
            requested: input(roots, gt, "freq0/cur_freq"),
            idle: input(roots, gt, "gtidle/idle_residency_ms"),
            throttled: input(roots, gt, "freq0/throttle/status"),
            reasons: reasons(roots, &gt.join("freq0/throttle"), "reason_"),
            last: None,
            moved: false,
        }
    }

    fn of_i915(roots: &Roots, gt: &Path) -> Gt {
        Gt {
            media: false,
            actual: input(roots, gt, "rps_act_freq_mhz"),
            requested: input(roots, gt, "rps_cur_freq_mhz"),
            idle: enabled(gt).then(|| input(roots, gt, "rc6_residency_ms")).flatten(),
            throttled: input(roots, gt, "throttle_reason_status"),
            reasons: reasons(roots, gt, "throttle_reason_"),
            last: None,
            moved: false,
        }
    }

    fn of_old_i915(roots: &Roots, card: &Path) -> Gt {
        let power = card.join("power");
        Gt {
            media: false,
            actual: input(roots, card, "gt_act_freq_mhz"),
            requested: input(roots, card, "gt_cur_freq_mhz"),
            idle: enabled(&power).then(|| input(roots, &power, "rc6_residency_ms")).flatten(),
            throttled: None,
            reasons: Vec::new(),
            last: None,
            moved: false,
        }
    }

    pub(super) fn read(&mut self, clock: &dyn Clock, look: &mut Look<'_>) -> Reading {
        let mut frequency = |input: &mut Option<Input>| look.integer(input.as_mut()?, MEGAHERTZ).filter(|mhz| *mhz > 0);
        // A GT without work has its clock off and reads 0: what it would run at is the idle clock that other GPUs tell.
        let megahertz = frequency(&mut self.actual).or_else(|| frequency(&mut self.requested));
        let busy = self.busy(clock, look);
        let throttle = self.throttle(look);
        let hertz = megahertz.map(|megahertz| megahertz as f64 * 1e6);
        Reading { media: self.media, clock: hertz, busy, moved: self.moved, throttle }
    }

    fn busy(&mut self, clock: &dyn Clock, look: &mut Look<'_>) -> Option<f64> {
        let idle = look.integer(self.idle.as_mut()?, 0..=1 << 50)?;
        let boot = clock.now().boot;
        let (since, before) = self.last.replace((boot, idle))?;
        let passed = seconds(since, boot)?;
        // One that went back began anew with its driver.
        let idled = idle.checked_sub(before).filter(|idled| *idled >= 0)?;
        self.moved |= idled > 0;
        Some((100.0 - idled as f64 / 10.0 / passed).clamp(0.0, 100.0))
    }

    fn throttle(&mut self, look: &mut Look<'_>) -> Option<u64> {
        if let Some(throttled) = &mut self.throttled
            && look.integer(throttled, 0..=i64::from(u32::MAX))? == 0
        {
            return Some(0);
        }
        let mut told = self.throttled.is_some();
        let mut bits = 0;
        for (bit, input) in &mut self.reasons {
            if let Some(value) = look.integer(input, 0..=1) {
                told = true;
                bits |= if value == 1 { *bit } else { 0 };
            }
        }
        // It is slowed down, and no reason is told.
        if self.throttled.is_some() && bits == 0 {
            bits = OTHER;
        }
        told.then_some(bits)
    }

    /// It was not asked for a while: what happened meanwhile is not what happens now.
    pub(super) fn pause(&mut self) {
        self.last = None;
    }
}

fn input(roots: &Roots, folder: &Path, file: &str) -> Option<Input> {
    let path = folder.join(file);
    path.is_file().then(|| Input::new(roots, path))
}

/// Whether a GT of i915 may stop its clock; where it may not, its idle counter stands still whatever it does.
fn enabled(folder: &Path) -> bool {
    attribute(&folder.join("rc6_enable")).is_none_or(|word| word != b"0")
}

/// The reasons that a driver gives for a slow clock, each with its bit.
fn reasons(roots: &Roots, folder: &Path, prefix: &str) -> Vec<(u64, Input)> {
    let reason = |name: std::ffi::OsString| {
        let name = name.into_string().ok()?;
        let reason = name.strip_prefix(prefix).filter(|reason| *reason != "status")?;
        Some((kind_of(reason), input(roots, folder, &name)?))
    };
    names(folder).into_iter().filter_map(reason).collect()
}

/// The bit of a reason. New chips bring new ones, so the words in it decide: `vr_thermalert`, `soc_avg_thermal`, `psys_pl2`.
fn kind_of(reason: &str) -> u64 {
    let is = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if is(&["therm", "ratl"]) {
        HEAT
    } else if is(&["prochot"]) {
        SIGNAL
    } else if is(&["tdc", "iccmax", "edp"]) {
        CURRENT
    } else if is(&["pl1", "pl2", "pl3", "pl4", "psys", "power"]) {
        POWER
    } else {
        OTHER
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Now;
    use crate::sensors::input::Buffer;

    struct Card {
        folder: tempfile::TempDir,
        gts: Vec<Gt>,
    }

    impl Card {
        fn new(files: &[(&str, &str)]) -> Card {
            let mut card = Card { folder: tempfile::tempdir().unwrap(), gts: Vec::new() };
            card.write(files);
            let path = card.folder.path();
            card.gts = find(&Roots::at(path), path, &path.join("device"));
            card
        }

        fn write(&self, files: &[(&str, &str)]) {
            for (file, text) in files {
                let path = self.folder.path().join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
        }

        fn read(&mut self, second: u64) -> Vec<Reading> {
            let now = Now { wall: Duration::ZERO, boot: Duration::from_secs(second) };
            let mut buffer = Buffer::default();
            let mut look = Look::new(&mut buffer);
            self.gts.iter_mut().map(|gt| gt.read(&now, &mut look)).collect()
        }
    }

    #[test]
    fn reasons_are_sorted_by_their_words() {
        #[track_caller]
        fn check(reasons: &[&str], bit: u64) {
            reasons.iter().for_each(|reason| assert_eq!(kind_of(reason), bit, "{reason}"));
        }
        check(&["pl1", "pl2", "pl4", "psys_pl1", "psys_crit", "pkg_power"], POWER);
        check(&["thermal", "ratl", "vr_thermalert", "soc_thermal", "mem_thermal"], HEAT);
        check(&["vr_tdc", "iccmax"], CURRENT);
        check(&["prochot"], SIGNAL);
        check(&["fastvmode", "p0_freq"], OTHER);
    }

    #[test]
    fn a_tile_of_xe_has_two_halves() {
        let mut card = Card::new(&[
            ("device/tile0/gt0/freq0/act_freq", "0\n"),
            ("device/tile0/gt0/freq0/cur_freq", "400\n"),
            ("device/tile0/gt0/gtidle/idle_residency_ms", "1000\n"),
            ("device/tile0/gt0/gtidle/name", "gt0-rc\n"),
            ("device/tile0/gt0/freq0/throttle/status", "0\n"),
            ("device/tile0/gt0/freq0/throttle/reasons", "none\n"),
            ("device/tile0/gt0/freq0/throttle/reason_pl1", "0\n"),
            ("device/tile0/gt0/freq0/throttle/reason_thermal", "0\n"),
            ("device/tile0/gt1/freq0/act_freq", "1200\n"),
            ("device/tile0/gt1/gtidle/name", "gt1-mc\n"),
            ("device/tile0/gt0/freq0/throttle/reason_folder/x", ""),
        ]);
        let idle = Reading { clock: Some(4e8), throttle: Some(0), ..Reading::default() };
        let media = Reading { media: true, clock: Some(1.2e9), ..Reading::default() };
        assert_eq!(card.read(1), [idle, media]);
        card.write(&[
            ("device/tile0/gt0/gtidle/idle_residency_ms", "1250\n"),
            ("device/tile0/gt0/freq0/act_freq", "2850\n"),
            ("device/tile0/gt0/freq0/throttle/status", "1\n"),
            ("device/tile0/gt0/freq0/throttle/reason_pl1", "1\n"),
            ("device/tile0/gt0/freq0/throttle/reason_thermal", "1\n"),
        ]);
        let expected = Reading {
            clock: Some(2.85e9),
            busy: Some(75.0),
            moved: true,
            throttle: Some(POWER | HEAT),
            ..Reading::default()
        };
        assert_eq!(card.read(2)[0], expected);
        // Slowed down for no reason that is told, and a counter that began anew.
        card.write(&[
            ("device/tile0/gt0/gtidle/idle_residency_ms", "10\n"),
            ("device/tile0/gt0/freq0/throttle/reason_pl1", "0\n"),
            ("device/tile0/gt0/freq0/throttle/reason_thermal", "0\n"),
        ]);
        assert_eq!((card.read(3)[0].busy, card.read(3)[0].throttle), (None, Some(OTHER)));
        card.gts[0].pause();
        assert_eq!(card.read(90)[0].busy, None);
    }

    #[test]
    fn i915_of_today_and_of_old() {
        let mut card = Card::new(&[
            ("gt/gt0/rps_act_freq_mhz", "600\n"),
            ("gt/gt0/rps_cur_freq_mhz", "650\n"),
            ("gt/gt0/rc6_residency_ms", "6534\n"),
            ("gt/gt0/rc6_enable", "1\n"),
            ("gt/gt0/throttle_reason_status", "0\n"),
            ("gt_act_freq_mhz", "700\n"),
        ]);
        let first = Reading { clock: Some(6e8), throttle: Some(0), ..Reading::default() };
        assert_eq!(card.read(1), [first]);
        card.write(&[("gt/gt0/rc6_residency_ms", "7534\n")]);
        assert_eq!(card.read(2)[0].busy, Some(0.0));

        let mut card = Card::new(&[("gt_act_freq_mhz", "700\n"), ("power/rc6_residency_ms", "5\n")]);
        card.read(1);
        card.write(&[("power/rc6_residency_ms", "505\n")]);
        let expected = Reading { clock: Some(7e8), busy: Some(50.0), moved: true, ..Reading::default() };
        assert_eq!(card.read(2), [expected]);

        let mut card = Card::new(&[("gt/gt0/rc6_residency_ms", "6\n"), ("gt/gt0/rc6_enable", "0\n")]);
        assert_eq!(card.read(1), [], "its idling is switched off");
    }
}
