//! All GPUs in one line: some by name, and of many the rest in numbers.
//!
//! A tooltip is looked at for a second. Where there are more than a few GPUs it names the busiest with who is behind it,
//! then the one that most needs a person or else does most, and counts the others by what they do. Deliberately not here:
//! what a verdict says of one GPU, which is core's.

use std::cmp::Reverse;

use hoofbeat_core::say;
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::{State, Verdict, brief, busiest, head};

/// So many GPUs are all named.
const FEW: usize = 3;

/// The parts of the line; `moments` writes a moment.
pub fn parts(verdicts: &[Verdict], moments: &dyn Fn(i64) -> String) -> Vec<String> {
    let first = busiest(verdicts);
    let name = |at: usize| match first == Some(at) {
        true => brief(&verdicts[at], moments, &Untrusted::notification),
        false => head(&verdicts[at], &Untrusted::notification),
    };
    if verdicts.len() <= FEW {
        return (0..verdicts.len()).map(name).collect();
    }
    let others = || (0..verdicts.len()).filter(|at| Some(*at) != first);
    let busy = |at: usize| verdicts[at].busy.unwrap_or(-1.0);
    // Of equals the first, so that the line does not change for nothing.
    let order = |a: &usize, b: &usize| {
        let rank = |at: usize| Reverse(trouble(verdicts[at].state));
        rank(*a).cmp(&rank(*b)).then(busy(*b).total_cmp(&busy(*a)))
    };
    let second = others().min_by(order);
    let rest: Vec<State> = others().filter(|at| Some(*at) != second).map(|at| verdicts[at].state).collect();
    let more = say!("and {count} more: {states}", count = rest.len(), states = counted(&rest));
    first.into_iter().chain(second).map(name).chain([more]).collect()
}

/// How much a GPU needs a person; 0 is not at all.
fn trouble(state: State) -> u8 {
    match state {
        State::Lost => 4,
        State::Driver => 3,
        State::HotIdle => 2,
        State::Throttled => 1,
        _ => 0,
    }
}

/// "4 busy, 2 idle", what a person should know of first.
fn counted(states: &[State]) -> String {
    let mut counts = [0_usize; 6];
    for state in states {
        counts[match state {
            State::Lost => 0,
            State::Driver | State::None => 1,
            State::HotIdle => 2,
            State::One | State::Several | State::Display | State::Unattributed | State::Own | State::Throttled => 3,
            State::Idle | State::IdleExpensive => 4,
            State::Asleep => 5,
        }] += 1;
    }
    let told = |(at, count): (usize, usize)| {
        (count > 0).then(|| match at {
            0 => say!("{count} gone", count),
            1 => say!("{count} that cannot be read", count),
            2 => say!("{count} idle and hot", count),
            3 => say!("{count} busy", count),
            4 => say!("{count} idle", count),
            _ => say!("{count} asleep", count),
        })
    };
    counts.into_iter().enumerate().filter_map(told).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use hoofbeat_core::language::{Language, within};
    use hoofbeat_core::why::{Scene, judge};

    use super::*;

    /// GPUs of a machine, each with what it does and how busy it is.
    fn machine(all: &[(State, f64)]) -> Vec<Verdict> {
        let one = |(at, (state, busy)): (usize, &(State, f64))| {
            let label = Untrusted::from(format!("GPU {at}").as_str());
            let scene = Scene::of(&format!("gpu:{at}"), label, false, 1000);
            Verdict { state: *state, busy: Some(*busy), ..judge(&scene) }
        };
        all.iter().enumerate().map(one).collect()
    }

    #[track_caller]
    fn check(all: &[(State, f64)], expected: &str) {
        let line = parts(&machine(all), &|ts| ts.to_string()).join(" · ");
        assert_eq!(line.replace('\u{a0}', " "), expected);
    }

    #[test]
    fn a_few_are_all_named() {
        check(&[], "");
        let (idle, work) = ((State::Idle, 0.0), (State::Unattributed, 40.0));
        check(&[idle, work, (State::Asleep, 0.0)], "GPU 0 idle · GPU 1 40 %: user not visible · GPU 2 asleep");
    }

    #[test]
    fn of_forty_two_are_named_and_the_others_counted() {
        let mut all = vec![(State::Idle, 0.0); 40];
        all[7] = (State::Unattributed, 98.0);
        all[9] = (State::One, 12.0);
        all[30] = (State::One, 55.0);
        all[31] = (State::Asleep, 0.0);
        check(&all, "GPU 7 98 %: user not visible · GPU 30 55 % · and 38 more: 1 busy, 36 idle, 1 asleep");
        // One that needs a person comes before one that works.
        all[12] = (State::Lost, 0.0);
        all[13] = (State::Driver, 0.0);
        all[14] = (State::HotIdle, 0.0);
        let expected = "GPU 7 98 %: user not visible · GPU 12 gone · \
                        and 38 more: 1 that cannot be read, 1 idle and hot, 2 busy, 33 idle, 1 asleep";
        check(&all, expected);
        within(Language::German, || {
            check(&[(State::Asleep, 0.0); 4], "GPU 0 schläft · GPU 1 schläft · und 2 weitere: 2 im Schlaf");
        });
    }
}
