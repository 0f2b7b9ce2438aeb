//! `expect`: what the search for unexpected uses finds, and how often it bothers a person, in a simulated quarter of a year.
//!
//! A person works, plays and renders on a machine that also does things by itself; programs are updated, tools are used once
//! in a while, there are holidays, a new game, and a job that moves to another hour. Strangers come at moments that the
//! detector does not know. All of it is simulated: the ranking and the order of magnitude mean something, the digits do
//! not. The detector is the recorder's own.

mod life;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use hoofbeat_core::alerts::baseline::{Baseline, Local, who};
use hoofbeat_core::alerts::expect::{Reason, Used};
use hoofbeat_core::alerts::forecast::forecast;
use hoofbeat_core::alerts::unexpected::{Lookout, Rules};
use hoofbeat_core::model::UseRules;
use hoofbeat_core::model::baseline::Learning;

use self::life::{DAY, DAYS, Stint, life};
use crate::report::Report;

/// Lives of so many people.
const SEEDS: u64 = 5;

/// Seconds between two ticks where something uses a GPU, and where nothing does.
const TICK: i64 = 5;
const IDLE: i64 = 60;

/// How long a person takes to say "this is expected".
const ANSWER: i64 = 600;

/// Days that are learnt from; and those from which the next alarms are foretold.
const LEARN: i64 = 14;
const FORETOLD: i64 = 42;

/// What came of one life.
#[derive(Default)]
struct Outcome {
    /// False alarms after the learning: new ones with their day, and odd hours.
    new: Vec<i64>,
    odd: Vec<i64>,
    /// Seconds after which each injected stranger was found, by kind.
    found: Vec<(life::Kind, Option<i64>)>,
    /// What was foretold of new ones a week.
    foretold: f64,
}

impl Outcome {
    fn weekly(&self) -> f64 {
        (self.new.len() + self.odd.len()) as f64 / ((DAYS - LEARN) as f64 / 7.0)
    }
}

/// What came of the lives of people with so many tools for now and then.
struct Group {
    tools: u8,
    answered: Vec<Outcome>,
    /// The same, where nobody ever answers.
    silent: Vec<Outcome>,
}

impl Group {
    fn of(tools: u8) -> Group {
        let lives: Vec<Vec<Stint>> = (1..=SEEDS).map(|seed| life(seed, tools)).collect();
        let all = |answers: bool| lives.iter().map(|life| play(life, answers)).collect();
        Group { tools, answered: all(true), silent: all(false) }
    }

    /// Each new tool is a stranger once: how many there are decides how often that is.
    fn alarms(&self, report: &mut Report, goal: &str) {
        let weekly = |outcomes: &[Outcome]| {
            let all: Vec<f64> = outcomes.iter().map(Outcome::weekly).collect();
            let worst = all.iter().copied().fold(0.0, f64::max);
            format!("{:.2} (at most {worst:.2})", all.iter().sum::<f64>() / all.len() as f64)
        };
        let sum = |count: fn(&Outcome) -> usize| self.answered.iter().map(count).sum::<usize>() as f64 / SEEDS as f64;
        let weeks = |days: i64| days as f64 / 7.0;
        let tools = self.tools;
        report.line(
            &format!(
                "false alarms a week, in {SEEDS} simulated quarters of a year with {tools} tools for now and then"
            ),
            weekly(&self.answered),
            goal,
        );
        let [new, odd] = [sum(|one| one.new.len()), sum(|one| one.odd.len())].map(|count| count / weeks(DAYS - LEARN));
        report.line("  of them new programs, and odd hours", format!("{new:.2}, {odd:.2}"), "");
        report.line("  where nobody ever says that one was expected", weekly(&self.silent), "");
        let came = sum(|one| one.new.iter().filter(|day| **day >= FORETOLD).count()) / weeks(DAYS - FORETOLD);
        let foretold = self.answered.iter().map(|one| one.foretold).sum::<f64>() / SEEDS as f64;
        let words = format!("  new programs a week, foretold after {FORETOLD} days, and what came then");
        report.line(&words, format!("{foretold:.2}, {came:.2}"), "");
    }
}

pub fn run(report: &mut Report) -> Result<()> {
    let groups = [Group::of(8), Group::of(24)];
    for (group, goal) in groups.iter().zip(["≤ 1", ""]) {
        group.alarms(report, goal);
    }
    for (kind, words, goal) in [
        (life::Kind::Stranger, "strangers found", "all"),
        (life::Kind::OddHour, "known programs at odd hours found", "all"),
        (life::Kind::Small, "strangers that take less than the gate found (8 %, 200 MiB)", "none"),
    ] {
        let outcomes = groups.iter().flat_map(|group| group.answered.iter().chain(&group.silent));
        let all: Vec<Option<i64>> =
            outcomes.flat_map(|one| &one.found).filter(|(of, _)| *of == kind).map(|(_, delay)| *delay).collect();
        let mut delays: Vec<i64> = all.iter().flatten().copied().collect();
        delays.sort_unstable();
        report.line(words, format!("{} of {}", delays.len(), all.len()), goal);
        if let (Some(longest), Some(median)) = (delays.last(), delays.get(delays.len() / 2)) {
            report.line("  after", format!("{median} s (at most {longest} s)"), "≤ 60 s");
        }
    }
    Ok(())
}

/// Plays one life through the detector.
fn play(stints: &[Stint], answers: bool) -> Outcome {
    let learning = Learning { report: true, learn: Duration::from_secs((LEARN * DAY) as u64) };
    let (mut lookout, mut baseline) = (Lookout::default(), Baseline::default());
    let mut outcome = Outcome::default();
    let mut found: Vec<Option<i64>> = vec![None; stints.len()];
    let mut open: BTreeSet<usize> = BTreeSet::new();
    let mut next = 0;
    let mut accept = Vec::new();
    let mut history = Vec::new();
    let mut minute = 0;
    let mut ts = 0;
    while ts < DAYS * DAY {
        while stints.get(next).is_some_and(|stint| stint.start <= ts) {
            open.insert(next);
            next += 1;
        }
        open.retain(|at| stints[*at].end > ts);
        let at = Local { ts, day: ts / DAY, minute: (ts % DAY / 60) as u16 };
        let used: Vec<Used> = open.iter().map(|at| stints[*at].used(ts)).collect();
        if ts / 60 != minute && ts < FORETOLD * DAY {
            minute = ts / 60;
            history.extend(open.iter().filter(|at| stints[**at].kind.is_none()).map(|one| (at, stints[*one].used(ts))));
        }
        accept.retain(|(when, (key, uid))| {
            let due: bool = *when <= ts;
            if due {
                baseline.accept(key, *uid, ts);
            }
            !due
        });
        let rules = Rules { expectations: &[], learning: &learning, gate: UseRules::default() };
        let boot = Duration::from_secs(1_000 + ts as u64);
        for finding in lookout.step(used, boot, at, rules, &mut baseline).into_iter().filter(|one| !one.digest) {
            let Some(used) = &finding.used else { continue };
            let injected = open.iter().find(|at| {
                let stint = &stints[**at];
                stint.kind.is_some() && used.key.as_bytes() == stint.key.as_bytes() && used.uid == Some(stint.uid)
            });
            match (injected, finding.reason) {
                (Some(at), _) => found[*at] = found[*at].or(Some(ts - stints[*at].start)),
                (None, reason) => {
                    if reason == Reason::OddHour { &mut outcome.odd } else { &mut outcome.new }.push(at.day);
                    if answers {
                        accept.push((ts + ANSWER, who(&used.key, &used.label, used.uid)));
                    }
                }
            }
        }
        // The recorder's tick is one of a few seconds always; only what can tell nothing is left out here.
        let coming = stints.get(next).map_or(i64::MAX, |stint| (stint.start + TICK - 1) / TICK * TICK);
        ts = if open.is_empty() { (ts + IDLE - ts % IDLE).min(coming.max(ts + TICK)) } else { ts + TICK };
    }
    outcome.found = stints.iter().zip(found).filter_map(|(stint, delay)| Some((stint.kind?, delay))).collect();
    outcome.foretold = forecast(history, UseRules::default()).new_a_week.unwrap_or(0.0);
    outcome
}
