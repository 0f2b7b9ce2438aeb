//! Sentences in another language than the code's. What they say in English is held in `tests/verdicts`.

use super::*;
use crate::language::{Language, within};
use crate::model::throttle;
use crate::why::Sample;

fn verdict(state: State, cause: Cause, who: &[&str], read: &[(Metric, f64)]) -> Verdict {
    let culprit = |name: &&str| Culprit {
        key: (*name).into(),
        identity: (*name).into(),
        uid: None,
        pids: Vec::new(),
        share: Some(47.0),
        vram: Some(18 << 30),
        since: Some(280),
        energy: Some(1800.0),
    };
    Verdict {
        state,
        cause,
        busy: Some(94.0),
        culprits: who.iter().map(culprit).collect(),
        evidence: read.iter().map(|(metric, value)| Sample { metric: *metric, ts: 1000, value: *value }).collect(),
        ..Verdict::none(1000)
    }
}

#[track_caller]
fn check(verdict: &Verdict, expected: &str) {
    let said = within(Language::German, || sentence(verdict, &format::about_energy, &Untrusted::notification));
    assert_eq!(said.replace('\u{a0}', " "), expected);
}

#[test]
fn work_is_told_in_german() {
    let warm = [(Metric::GpuTemperature, 71.0)];
    let of = |state, cause, who: &[&str]| verdict(state, cause, who, &warm);
    check(&of(State::One, Cause::Plain, &["Blender"]), "GPU 94 % ausgelastet, 71 °C: Blender seit 12 min, etwa 0,5 Wh");
    let unseen = Verdict { remainder: Some(12.5), ..of(State::Several, Cause::Plain, &["a", "b"]) };
    check(&unseen, "GPU 94 % ausgelastet, 71 °C: a 47 % und b 47 % seit 12 min, etwa 1 Wh; 12 % nicht sichtbar");
    check(
        &of(State::Several, Cause::Plain, &["a", "b", "c"]),
        "GPU 94 % ausgelastet, 71 °C: a 47 %, b 47 % und 1 weiteres seit 12 min, etwa 1,5 Wh",
    );
    check(
        &of(State::Several, Cause::Plain, &["a", "b", "c", "d"]),
        "GPU 94 % ausgelastet, 71 °C: a 47 %, b 47 % und 2 weitere seit 12 min, etwa 2 Wh",
    );
    // A name is no template, and no more than a name.
    check(
        &of(State::One, Cause::Plain, &["{gpu}\n{"]),
        "GPU 94 % ausgelastet, 71 °C: {gpu}\u{fffd}{ seit 12 min, etwa 0,5 Wh",
    );
    check(
        &of(State::Display, Cause::Plain, &["Shell"]),
        "GPU 94 % ausgelastet, 71 °C: nur der Desktop, Shell seit 12 min, etwa 0,5 Wh",
    );
    check(
        &of(State::Unattributed, Cause::Unseen, &["a"]),
        "GPU 94 % ausgelastet, 71 °C, und der Treiber verrät nicht, durch wen: andere Benutzer, inzwischen beendete Arbeit \
         oder der Kernel; 47 % durch a",
    );
    check(
        &of(State::Unattributed, Cause::Unrecorded, &[]),
        "GPU 94 % ausgelastet, 71 °C; wer sie da nutzte, ist nicht aufgezeichnet",
    );
    let mut slowed = of(State::Throttled, Cause::NoShares, &["Ollama"]);
    slowed.evidence.push(Sample { metric: Metric::GpuThrottle, ts: 1000, value: throttle::HEAT as f64 });
    check(
        &slowed,
        "GPU 94 % ausgelastet, 71 °C, gedrosselt durch Hitze, und der Treiber verrät nicht, wer sie nutzt: er meldet keine \
         Anteile; Ollama belegt 18 GiB",
    );
    slowed.cause = Cause::Plain;
    check(&slowed, "GPU 94 % ausgelastet, 71 °C, gedrosselt durch Hitze: Ollama seit 12 min, etwa 0,5 Wh");
}

#[test]
fn so_is_rest() {
    let rest = [(Metric::GpuPower, 50.4), (Metric::GpuPstate, 2.0)];
    let of = |state, cause, who: &[&str]| verdict(state, cause, who, &rest);
    check(&of(State::Asleep, Cause::Plain, &[]), "GPU schläft");
    check(&of(State::Idle, Cause::LetGo, &[]), "GPU untätig, bleibt in Ruhe, damit sie schlafen kann");
    check(&of(State::Idle, Cause::Plain, &[]), "GPU untätig, 50 W");
    check(&of(State::Lost, Cause::Said("off the bus".to_owned()), &[]), "GPU verschwunden: off the bus");
    check(&of(State::Driver, Cause::Plain, &[]), "GPU nicht lesbar");
    check(&Verdict::none(1000), "Auf diesem Rechner wurde keine GPU gefunden");
    let costly = |cause, who: &[&str]| of(State::IdleExpensive, cause, who);
    let month = "etwa 37 kWh im Monat";
    check(
        &costly(Cause::Held, &["Ollama", "b"]),
        &format!("GPU untätig und nimmt 50 W auf: Ollama und 1 weiteres belegen 18 GiB in P2; {month}"),
    );
    check(
        &costly(Cause::Clocks, &[]),
        &format!(
            "GPU untätig und nimmt 50 W auf: ihr Takt bleibt hoch in P2, und niemand ist zu sehen, der sie nutzt; {month}"
        ),
    );
    check(
        &costly(Cause::Screens, &[]),
        &format!("GPU untätig und nimmt 50 W auf: ihre Bildschirme halten den Takt hoch in P2; {month}"),
    );
    check(&of(State::HotIdle, Cause::Plain, &[]), "GPU ohne Arbeit und heiß, 50 W: Lüfter und Luftzufuhr prüfen");
}
