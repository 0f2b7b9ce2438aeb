//! What was read in the windows that rules ask for: those that ask for the same of one source share it.
//!
//! Deliberately not here: what the readings of a window make together (`alerts::window`), and what a rule makes of that.

use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

use super::percent;
use crate::alerts::window::Readings;
use crate::engine::roster::Place;
use crate::metrics::Metric;
use crate::model::Source;
use crate::model::rule::{Aggregate, Rule, Watched, Window};

/// What of a source is read into a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    metric: Metric,
    /// In percent of this other metric.
    of: Option<Metric>,
    window: Window,
}

impl Asked {
    /// What a rule on a metric asks for; `None` where it compares each reading as it is.
    fn by(rule: &Rule) -> Option<Asked> {
        let Watched::Metric { metric, of } = rule.watched else { return None };
        rule.window.map(|window| Asked { metric, of, window })
    }
}

/// The rules of one metric.
#[derive(Clone, Debug, Default)]
pub(super) struct OfMetric {
    /// Each with the place of its window among `windows`, where it has one.
    pub rules: Vec<(usize, Option<usize>)>,
    /// The windows that they ask for, each once.
    pub windows: Vec<Asked>,
}

impl OfMetric {
    /// Adds the rule with this number.
    pub fn add(&mut self, number: usize, rule: &Rule) {
        let place = Asked::by(rule).map(|asked| {
            let known = self.windows.iter().position(|known| *known == asked);
            known.unwrap_or_else(|| {
                self.windows.push(asked);
                self.windows.len() - 1
            })
        });
        self.rules.push((number, place));
    }
}

/// One window of one source.
#[derive(Debug)]
struct Shared {
    /// Whose it is: after a while its place may be another one's.
    source: Arc<Source>,
    readings: Readings,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Windows(HashMap<(Place, Asked), Shared>);

impl Windows {
    /// Takes a reading into a window, once for all rules that ask for it; gives the window's value. `of` is the newest
    /// value of what it is a part of, where that is asked for.
    pub fn read(
        &mut self,
        asked: Asked,
        place: Place,
        source: &Arc<Source>,
        (value, of): (f64, Option<f64>),
        boot: Duration,
    ) -> Option<f64> {
        let new = || Shared { source: source.clone(), readings: Readings::default() };
        let shared = self.0.entry((place, asked)).or_insert_with(new);
        if shared.source.id != source.id {
            *shared = new();
        }
        let Shared { readings, .. } = shared;
        // When it will be full is told by how it grows, and not by how large a part it is.
        if asked.window.aggregate == Aggregate::Full {
            readings.add(asked.window, value, boot);
            readings.value(asked.window, of)
        } else {
            readings.add(asked.window, of.map_or(value, |whole| percent(value, whole)), boot);
            readings.value(asked.window, None)
        }
    }

    /// Keeps those that one of these rules asks for: what was read stays true whatever a rule makes of it.
    pub fn keep(&mut self, rules: &[Arc<Rule>]) {
        self.0.retain(|(_, asked), _| rules.iter().any(|rule| Asked::by(rule) == Some(*asked)));
    }

    /// Forgets those of places where no source is any more.
    pub fn forget(&mut self, is_taken: impl Fn(Place) -> bool) {
        self.0.retain(|(place, _), _| is_taken(*place));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use crate::config::Config;
    use crate::engine::roster::{OWN, Place};
    use crate::engine::watch::{Changes, Watch};
    use crate::metrics::Metric;
    use crate::model::rule::Rule;
    use crate::model::{AlertRow, Now, Reading, Source, SourceKind};

    use std::sync::Arc;
    use std::time::Duration;

    const START: u64 = 1_790_000_000;

    fn at(second: u64) -> Now {
        Now { wall: Duration::from_secs(START + second), boot: Duration::from_secs(1000 + second) }
    }

    /// What each asks for, from some second on: the first four for two windows between them.
    fn rules(asked: &[(&str, f64)]) -> Vec<Rule> {
        let text = |(number, (asks, limit)): (usize, &(&str, f64))| {
            format!("[[rule]]\nid = \"own-{number}\"\n{asks}\nfire = \"> {limit}\"\nclear = \"< {}\"\n", limit - 5.0)
        };
        let text: String = asked.iter().enumerate().map(text).collect();
        let mut rules = Config::parse(&text, Path::new("config.toml")).unwrap().rules;
        rules.retain(|rule| rule.id.starts_with("own-"));
        assert_eq!(rules.len(), asked.len());
        rules
    }

    fn used(over: &str) -> String {
        format!("metric = \"gpu.memory.used\"\nof = \"gpu.memory.total\"\nagg = \"avg:{over}\"")
    }

    fn warm(agg: &str) -> String {
        format!("metric = \"gpu.temperature\"\nagg = \"{agg}\"")
    }

    fn gpu(number: usize) -> Arc<Source> {
        Source::whole(SourceKind::Gpu, format!("gpu:{number}"), "GPU")
    }

    /// Rules, and the sources at the places that readings are of.
    struct Rig {
        watch: Watch,
        rows: Vec<AlertRow>,
    }

    impl Rig {
        fn new(rules: Vec<Rule>) -> Rig {
            Rig { watch: Watch::new(rules, &[], None, at(0), &mut Changes::default()), rows: Vec::new() }
        }

        fn tick(&mut self, second: u64, readings: &[(Place, &Arc<Source>, Metric, f64)]) {
            let mut changes = Changes::default();
            self.watch.turn(at(second), false);
            for (place, source, metric, value) in readings {
                let stored = metric.to_stored(*value).unwrap();
                let reading = Reading { source: Arc::clone(source), metric: *metric, stored };
                self.watch.read(*place, OWN + 1, &reading, *value, at(second), &mut changes);
            }
            self.watch.settle(|voice| voice == OWN + 1, |_| true, at(second), &mut changes);
            self.rows.extend(changes.rows);
        }

        fn warm(&mut self, seconds: std::ops::Range<u64>, source: &Arc<Source>, celsius: f64) {
            seconds.for_each(|second| self.tick(second, &[(0, source, Metric::GpuTemperature, celsius)]));
        }

        fn is_active(&self, rule: &str) -> bool {
            self.watch.active().iter().any(|alert| alert.rule.id == rule)
        }
    }

    #[test]
    fn rules_that_ask_for_the_same_share_a_window_and_others_do_not() {
        let [minute, longer] = [warm("avg:60s"), warm("avg:90s")];
        let (highest, plain) = (warm("max:60s"), "metric = \"gpu.temperature\"");
        let mut rig =
            Rig::new(rules(&[(&minute, 70.0), (&minute, 80.0), (&longer, 70.0), (&highest, 70.0), (plain, 70.0)]));
        rig.warm(0..2, &gpu(0), 20.0);
        assert_eq!(rig.watch.windows.0.len(), 3);
        rig.tick(2, &[(1, &gpu(1), Metric::GpuTemperature, 20.0)]);
        assert_eq!(rig.watch.windows.0.len(), 6);
        // Far from their limits nothing else is kept of them.
        assert!(rig.watch.slots.is_empty());
        rig.watch.replace(rules(&[(&minute, 85.0)]), at(3), &mut Changes::default());
        assert_eq!(rig.watch.windows.0.len(), 2);
        rig.watch.forget(|place| place == 0);
        assert_eq!(rig.watch.windows.0.len(), 1);
    }

    #[test]
    fn what_was_read_outlives_a_change_of_the_limit() {
        let minute = warm("avg:60s");
        let mut rig = Rig::new(rules(&[(&minute, 90.0)]));
        rig.warm(0..60, &gpu(0), 80.0);
        assert!(!rig.is_active("own-0"));
        rig.watch.replace(rules(&[(&minute, 70.0)]), at(60), &mut Changes::default());
        rig.warm(60..61, &gpu(0), 80.0);
        assert!(rig.is_active("own-0"));
    }

    #[test]
    fn what_no_longer_fills_up_is_over() {
        let text = "[[rule]]\nid = \"own-0\"\nmetric = \"gpu.memory.used\"\nof = \"gpu.memory.total\"\nagg = \"full:60s\"\n\
                    fire = \"< 1h\"\nclear = \"> 2h\"\n";
        let mut rules = Config::parse(text, Path::new("config.toml")).unwrap().rules;
        rules.retain(|rule| rule.id == "own-0");
        let mut rig = Rig::new(rules);
        let mut grow = |seconds: std::ops::Range<u64>, used: &dyn Fn(u64) -> f64| {
            for second in seconds {
                let whole = (0, &gpu(0), Metric::GpuMemoryTotal, 1e12);
                rig.tick(second, &[whole, (0, &gpu(0), Metric::GpuMemoryUsed, used(second))]);
            }
            rig.is_active("own-0")
        };
        assert!(grow(0..100, &|second| 1e9 * second as f64));
        assert!(!grow(100..300, &|_| 1e11), "it stands still");
    }

    #[test]
    fn what_one_source_did_is_not_held_against_the_next_at_its_place() {
        let minute = warm("avg:60s");
        let mut rig = Rig::new(rules(&[(&minute, 70.0)]));
        rig.warm(0..40, &gpu(0), 90.0);
        rig.warm(40..80, &gpu(1), 90.0);
        assert!(!rig.is_active("own-0"), "{:?}", rig.rows);
        rig.warm(80..100, &gpu(1), 90.0);
        assert!(rig.is_active("own-0"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Whatever comes and whatever is missing, each rule says what it would say alone.
        #[test]
        fn a_rule_says_with_others_what_it_says_alone(
            limits in prop::collection::vec(10.0..90.0f64, 9),
            spans in prop::collection::vec((1u64..40, prop::collection::vec(prop::option::weighted(0.9, 0.0..100.0f64), 4)), 1..40),
        ) {
            let asked = [
                warm("avg:20s"), warm("avg:20s"), warm("avg:30s"), warm("max:20s"), used("20s"), used("20s"),
                "metric = \"gpu.memory.used\"\nagg = \"avg:20s\"".to_owned(), format!("{}\nnodata = \"fire\"", warm("min:20s")),
                "metric = \"gpu.temperature\"".to_owned(),
            ];
            let asked: Vec<_> = asked.iter().map(String::as_str).zip(limits).collect();
            let all = rules(&asked);
            let mut together = Rig::new(all.clone());
            let mut alone: Vec<Rig> = all.into_iter().map(|rule| Rig::new(vec![rule])).collect();
            let sources = [gpu(0), gpu(1)];
            let mut second = 0;
            for (span, values) in &spans {
                for _ in 0..*span {
                    second += 1;
                    let mut readings = Vec::new();
                    for (number, source) in sources.iter().enumerate() {
                        readings.push((number, source, Metric::GpuMemoryTotal, 80.0));
                        for (metric, value) in [(Metric::GpuTemperature, values[number]), (Metric::GpuMemoryUsed, values[number + 2])] {
                            readings.extend(value.map(|value| (number, source, metric, value.round())));
                        }
                    }
                    together.tick(second, &readings);
                    alone.iter_mut().for_each(|rig| rig.tick(second, &readings));
                }
            }
            let sorted = |rows: &mut Vec<AlertRow>| rows.sort_by_key(|row| (row.since, format!("{row:?}")));
            let mut said = together.rows;
            let mut expected: Vec<AlertRow> = alone.into_iter().flat_map(|rig| rig.rows).collect();
            sorted(&mut said);
            sorted(&mut expected);
            prop_assert_eq!(said, expected);
        }
    }
}
