//! Labelled states of a GPU (`tests/verdicts`), each with the state, the culprits and the words that are right.

use std::path::Path;

use hoofbeat_core::config::Tariff;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::Health;
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::{File, Part, Sample, Scene, User, Verdict, judge, sentence};
use proptest::prelude::*;
use serde::Deserialize;

const AT: i64 = 1_763_730_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default = "yes")]
    alone: bool,
    #[serde(default)]
    label: String,
    #[serde(default = "ok")]
    health: Health,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    metrics: std::collections::BTreeMap<String, f64>,
    #[serde(default)]
    users: Vec<Use>,
    #[serde(default)]
    unrecorded: bool,
    quiet: Option<i64>,
    /// Of a kilowatt-hour, in EUR.
    #[serde(default)]
    price: f64,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Use {
    key: String,
    name: String,
    /// The path of its file, where it is known.
    exe: Option<String>,
    uid: Option<u32>,
    pid: Option<u32>,
    #[serde(default)]
    hidden: bool,
    share: Option<f64>,
    vram_mib: Option<u64>,
    /// Seconds.
    since: Option<i64>,
    joules: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    state: String,
    culprits: Option<Vec<String>>,
    pids: Option<Vec<u32>>,
    shares: Option<Vec<f64>>,
    busy: Option<f64>,
    remainder: Option<f64>,
    /// The highest that is right.
    confidence: Option<f64>,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
}

fn yes() -> bool {
    true
}

fn ok() -> Health {
    Health::Ok
}

fn scene(case: &Case) -> Scene {
    let sample = |(key, value): (&String, &f64)| {
        let metric = Metric::from_key(key).unwrap_or_else(|| panic!("{}: there is no metric {key}", case.name));
        Sample { metric, ts: AT, value: *value }
    };
    let file = |one: &Use| File::of(one.exe.as_deref().map(str::as_bytes));
    let user = |one: &Use| User {
        key: Untrusted::from(one.key.as_str()),
        identity: Untrusted::from(one.name.as_str()),
        part: Part::of(&one.name.as_str().into(), file(one)),
        file: file(one),
        uid: one.uid,
        pids: one.pid.into_iter().collect(),
        is_hidden: one.hidden,
        share: one.share,
        vram: one.vram_mib.map(|mib| mib << 20),
        since: one.since.map(|ago| AT - ago),
        energy: one.joules,
    };
    Scene {
        source: "gpu:1".to_owned(),
        label: Untrusted::from(case.label.as_str()),
        is_alone: case.alone,
        at: AT,
        health: case.health,
        reason: case.reason.clone(),
        samples: case.metrics.iter().map(sample).collect(),
        users: case.users.iter().map(user).collect(),
        is_unrecorded: case.unrecorded,
        quiet: case.quiet,
    }
}

fn words(verdict: &Verdict, price: f64) -> String {
    let tariff = Tariff { price, currency: "EUR".to_owned() };
    sentence(verdict, &|joules| tariff.words(joules), &Untrusted::terminal).replace(['\u{a0}', '\u{202f}'], " ")
}

fn text(name: &Untrusted) -> String {
    name.terminal()
}

#[test]
fn every_labelled_state_is_judged_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/verdicts");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files {
        let cases: Cases = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for case in cases.case {
            count += 1;
            let verdict = judge(&scene(&case));
            let said = words(&verdict, case.price);
            let expect = &case.expect;
            let mut errors = Vec::new();
            if verdict.state.word() != expect.state {
                errors.push(format!("state {}, not {}", verdict.state.word(), expect.state));
            }
            let keys: Vec<String> = verdict.culprits.iter().map(|one| text(&one.key)).collect();
            if expect.culprits.as_ref().is_some_and(|expected| *expected != keys) {
                errors.push(format!("culprits {keys:?}"));
            }
            let pids: Vec<u32> = verdict.culprits.iter().flat_map(|one| one.pids.clone()).collect();
            if expect.pids.as_ref().is_some_and(|expected| *expected != pids) {
                errors.push(format!("pids {pids:?}"));
            }
            let shares: Vec<f64> = verdict.culprits.iter().filter_map(|one| one.share).collect();
            if expect.shares.as_ref().is_some_and(|expected| *expected != shares) {
                errors.push(format!("shares {shares:?}"));
            }
            if expect.confidence.is_some_and(|most| verdict.confidence > most) {
                errors.push(format!("confidence {}", verdict.confidence));
            }
            for (what, found, expected) in
                [("busy", verdict.busy, expect.busy), ("remainder", verdict.remainder, expect.remainder)]
            {
                if expected.is_some() && found != expected {
                    errors.push(format!("{what} {found:?}"));
                }
            }
            errors
                .extend(expect.says.iter().filter(|word| !said.contains(*word)).map(|word| format!("lacks {word:?}")));
            errors.extend(expect.never.iter().filter(|word| said.contains(*word)).map(|word| format!("says {word:?}")));
            if !errors.is_empty() {
                wrong.push(format!("{}: {} — {said}", case.name, errors.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 60, "only {count} states");
}

/// Values as drivers tell them, good and bad.
fn percent() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        Just(None),
        (0.0..=100.0).prop_map(Some),
        prop_oneof![Just(-1.0), Just(655.35), Just(f64::NAN), Just(1e18)].prop_map(Some)
    ]
}

fn user() -> impl Strategy<Value = User> {
    let name =
        prop_oneof![Just("Blender"), Just("Ollama"), Just("Xorg"), Just("Hoofbeat's window"), Just("x\u{202e}\n<b>")];
    (name, percent(), prop::option::of(any::<u64>()), any::<bool>()).prop_map(|(name, share, vram, is_hidden)| User {
        key: Untrusted::from(name),
        identity: Untrusted::from(name),
        part: Part::of(&name.into(), File::Unknown),
        share,
        vram,
        is_hidden,
        ..User::default()
    })
}

prop_compose! {
    fn any_scene()(
        health in prop_oneof![Just(Health::Ok), Just(Health::Asleep), Just(Health::Lost), Just(Health::Denied),
                              Just(Health::Unsupported), Just(Health::Stale)],
        values in prop::collection::vec((0..11_usize, percent()), 0..8),
        users in prop::collection::vec(user(), 0..6),
        quiet in prop::option::of(0..1000_i64),
    ) -> Scene {
        const METRICS: [Metric; 11] = [
            Metric::GpuUtilization, Metric::GpuRemainder, Metric::GpuTemperature, Metric::GpuMargin, Metric::GpuPower,
            Metric::GpuPowerLimit, Metric::GpuPstate, Metric::GpuThrottle, Metric::GpuMemoryUsed,
            Metric::GpuMemoryClock, Metric::GpuFanPercent,
        ];
        let sample = |(at, value): (usize, Option<f64>)| {
            Some(Sample { metric: METRICS[at], ts: AT, value: value? })
        };
        Scene {
            source: "gpu:1".to_owned(),
            label: Untrusted::from("x"),
            is_alone: true,
            at: AT,
            health,
            reason: String::new(),
            samples: values.into_iter().filter_map(sample).collect(),
            users,
            is_unrecorded: false,
            quiet,
        }
    }
}

proptest! {
    #[test]
    fn nobody_is_named_without_a_sample_and_nothing_exceeds_the_whole(scene in any_scene()) {
        let verdict = judge(&scene);
        prop_assert!((0.0..=1.0).contains(&verdict.confidence));
        for one in &verdict.culprits {
            let own: Vec<&User> = scene.users.iter().filter(|user| user.key == one.key && user.uid == one.uid).collect();
            let supports = own.iter().any(|user| user.share.is_some_and(|share| share > 0.0) || user.vram.is_some());
            prop_assert!(supports, "{one:?}");
        }
        let sum: f64 = verdict.culprits.iter().filter_map(|one| one.share).sum();
        prop_assert!(sum <= 100.000_001, "{sum}");
        for value in verdict.busy.into_iter().chain(verdict.remainder) {
            prop_assert!((0.0..=100.0).contains(&value), "{value}");
        }
        prop_assert!(verdict.remainder.unwrap_or(0.0) <= verdict.busy.unwrap_or(100.0));
        for sample in &verdict.evidence {
            prop_assert!(scene.samples.contains(sample));
        }
        let said = words(&verdict, 0.3);
        prop_assert!(!said.is_empty() && !said.contains(['\n', '\u{202e}']), "{said:?}");
        prop_assert_eq!(judge(&scene), verdict);
    }
}
