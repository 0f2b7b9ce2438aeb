//! The `[[rule]]` tables: what is worth a person's attention.
//!
//! A rule with the id of a built-in one changes it, key by key; one that says itself what it watches takes its place.
//! Deliberately not here: when a rule fires (`alerts`).

mod keys;

use std::ops::Range;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::expect::hours;
use super::inhibit::{self, Named};
use super::typed::{Located, boolean, hold, name, pattern, string};
use super::values::{self, Measure, Problem};
use crate::metrics::{Kind, Metric, Unit, slip};
use crate::model::rule::{Aggregate, Rule, Severity, Side, Threshold, Watched, Window};
use crate::{language, say};
use keys::{aggregate, event, health, ids, metric, no_data, repeat, text, verdict, when};

pub(super) use keys::severity;

/// One key of a `[[rule]]` table.
pub struct RuleKey {
    /// Its name.
    pub key: &'static str,
    /// Whether a rule must have it.
    pub required: bool,
    /// What it means, for the example file and the docs.
    pub doc: &'static str,
}

const fn optional_key(key: &'static str, doc: &'static str) -> RuleKey {
    RuleKey { key, required: false, doc }
}

/// Every key of a `[[rule]]` table.
pub const RULE_KEYS: &[RuleKey] = &[
    RuleKey { key: "id", required: true, doc: "a name of your choice, without spaces; used once" },
    optional_key("enabled", "false switches it off, be it a built-in one"),
    optional_key("metric", "what it watches, on every source that has it: \"cpu.temperature\""),
    optional_key("of", "a metric of the same source: the value is then percent of it: \"gpu.memory.total\""),
    optional_key("event", "or what happens: \"xid\", \"xid/79\", \"unexpected_use/denied\", \"gpu_woke\""),
    optional_key("health", "or how a source is: \"lost\", \"denied\", \"stale\""),
    optional_key("verdict", "or what a GPU does, in the words of `hoofbeat why --json`: \"idle-expensive\""),
    optional_key("source", "only sources whose id matches; * is any text: \"disk:*\""),
    optional_key("without", "only sources that do not have this metric"),
    optional_key(
        "agg",
        "the value of some time: \"avg:10m\", \"min:\", \"max:\", \"rate:\" (a second), \"count:1h\" (events), \
         \"full:6h\" (time until used fills what it is a part of)",
    ),
    optional_key("fire", "when it fires: \"> 87\", \"< 500 MiB\""),
    optional_key("clear", "when it is over: \"< 80\"; without it 5 % back from the limit"),
    optional_key("when", "what else must be so: \"away\" (nobody is at the machine), \"gpu.temperature > 75\""),
    optional_key("hours", "only at these local times: \"22:00-07:00\""),
    optional_key("for", "how long the value must be past the limit first: \"2m\"; without it 0s"),
    optional_key("keep", "how long the value must be back before it is over: \"5m\"; without it 0s"),
    optional_key("repeat", "how often you are told again while it goes on: \"4h\"; without it never"),
    optional_key("nodata", "without readings it will \"hold\" (without it), \"fire\" or \"clear\""),
    optional_key("inhibit_by", "ids of rules that say more: while one of them fires there, this one is silent"),
    optional_key("severity", "\"info\" (told in a digest), \"warning\" (without it) or \"critical\""),
    optional_key(
        "text",
        "your own words: \"{source} at {value} for {for}; fan {gpu.fan.percent}\"; {for} is how long it has lasted, {hold} the rule's for",
    ),
];

/// The keys that say what a rule watches; it has one of them.
pub(super) const WATCHED: [&str; 4] = ["metric", "event", "health", "verdict"];
/// How long an event stands, where a rule does not count them over another time.
const EVENT: Duration = Duration::from_secs(600);

/// The built-in rules.
pub(super) const BUILTIN: &str = include_str!("../alerts/builtin.toml");

/// The keys of a rule: its own, and those of the built-in one that it changes.
#[derive(Clone, Copy)]
struct Keys<'t, 'i> {
    own: &'t DeTable<'i>,
    base: Option<&'t DeTable<'i>>,
}

impl<'t, 'i> Keys<'t, 'i> {
    /// A value with its place; the place of one that comes from the built-in rule is that of the whole.
    fn get(self, key: &str, whole: &Range<usize>) -> Option<(Range<usize>, &'t DeValue<'i>)> {
        let own = self.own.get(key).map(|value| (value.span(), value.get_ref()));
        own.or_else(|| self.base?.get(key).map(|value| (whole.clone(), value.get_ref())))
    }

    fn text<T>(
        self,
        key: &str,
        whole: &Range<usize>,
        read: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Result<Option<T>, Located> {
        let Some((span, value)) = self.get(key, whole) else { return Ok(None) };
        string(value).and_then(read).map(Some).map_err(|problem| (span, problem))
    }
}

/// Rules that are on, and those that are off.
type OnAndOff = (Vec<Rule>, Vec<Rule>);

/// Reads all rules of a file, and judges them together. `Err(Err(…))` has no place of its own.
pub(super) fn all_rules(value: &DeValue<'_>) -> Result<OnAndOff, Result<Located, Problem>> {
    let (on, off) = rules(Some(value))?;
    let all: Vec<&Rule> = on.iter().chain(&off).collect();
    inhibit::check(&all, &inhibitors(value)).map_err(Ok)?;
    Ok((on, off))
}

/// Each id that stands in an `inhibit_by` of the file.
fn inhibitors(value: &DeValue<'_>) -> Vec<Named> {
    let tables = value.as_array().into_iter().flat_map(|rules| rules.iter());
    let tables = tables.filter_map(|rule| rule.get_ref().as_table());
    let text = |value: &DeValue<'_>| value.as_str().map(str::to_owned);
    let of_table = |table: &DeTable<'_>| -> Option<Vec<Named>> {
        let rule = text(table.get("id")?.get_ref())?;
        let ids = table.get("inhibit_by")?.get_ref().as_array()?;
        let named = |id: &toml::Spanned<DeValue<'_>>| {
            Some(Named { rule: rule.clone(), by: text(id.get_ref())?, place: id.span() })
        };
        Some(ids.iter().filter_map(named).collect())
    };
    tables.filter_map(of_table).flatten().collect()
}

/// Reads each rule by itself: the built-in ones as the file changes them, and then those that it adds.
pub(super) fn rules(value: Option<&DeValue<'_>>) -> Result<OnAndOff, Result<Located, Problem>> {
    let remedy = say!("write [[rule]], with two brackets, above each rule");
    let builtin = DeTable::parse(BUILTIN).expect("the built-in rules are TOML: a test reads them");
    let builtin = builtin.get_ref().get("rule").and_then(|rules| rules.get_ref().as_array());
    let builtin: Vec<&DeTable<'_>> =
        builtin.into_iter().flat_map(|rules| rules.iter()).filter_map(|rule| rule.get_ref().as_table()).collect();
    let id_of = |table: &DeTable<'_>| table.get("id").and_then(|id| id.get_ref().as_str().map(str::to_owned));
    let mut own: Vec<(Range<usize>, &DeTable<'_>)> = Vec::new();
    match value {
        None => {}
        Some(DeValue::Array(array)) => {
            for item in array.iter() {
                let DeValue::Table(table) = item.get_ref() else {
                    return Err(Ok((item.span(), Problem::new(say!("a rule is a table"), remedy))));
                };
                own.push((item.span(), table));
            }
        }
        Some(_) => return Err(Err(Problem::new(say!("rules are a list"), remedy))),
    }
    let mut seen: Vec<String> = Vec::new();
    let mut changed = Vec::new();
    for (span, table) in own {
        let base = id_of(table).and_then(|id| builtin.iter().find(|rule| id_of(rule).as_ref() == Some(&id)));
        let is_whole = WATCHED.iter().any(|key| table.contains_key(*key));
        let keys = Keys { own: table, base: base.filter(|_| !is_whole).copied() };
        let (rule, is_on) = rule(keys, span.clone()).map_err(Ok)?;
        if seen.contains(&rule.id) {
            let span = table.get("id").map_or(span, |id| id.span());
            let problem = Problem::new(
                say!("there are two rules {id}", id = format_args!("{:?}", rule.id)),
                say!("give one of them another id"),
            );
            return Err(Ok((span, problem)));
        }
        seen.push(rule.id.clone());
        changed.push((rule, is_on));
    }
    let mut all = Vec::new();
    for table in builtin.into_iter().filter(|table| id_of(table).is_none_or(|id| !seen.contains(&id))) {
        let (rule, is_on) = rule(Keys { own: table, base: None }, 0..0).map_err(Ok)?;
        all.push((rule, is_on));
    }
    all.extend(changed);
    let (on, off): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, is_on)| *is_on);
    let rules = |list: Vec<(Rule, bool)>| list.into_iter().map(|(rule, _)| rule).collect();
    Ok((rules(on), rules(off)))
}

fn rule(keys: Keys<'_, '_>, whole: Range<usize>) -> Result<(Rule, bool), Located> {
    for (key, _) in keys.own {
        if !RULE_KEYS.iter().any(|known| known.key == key.get_ref().as_ref()) {
            let names: Vec<_> = RULE_KEYS.iter().map(|known| known.key).collect();
            let problem = Problem::new(
                say!("a rule has no {key}", key = format_args!("{:?}", key.get_ref())),
                say!("it has {names}", names = names.join(", ")),
            );
            return Err((key.span(), problem));
        }
    }
    let Some(id) = keys.text("id", &whole, name)? else {
        let problem = Problem::new(say!("this rule has no id"), say!("add id = \"…\", a name of your choice"));
        return Err((whole, problem));
    };
    let watched = watched(keys, &id, &whole)?;
    let window = window(keys, &watched, &whole)?;
    let measure = measure(&watched, window);
    let (fire, clear) = thresholds(keys, &watched, &measure, &whole)?;
    let is_on = match keys.get("enabled", &whole) {
        None => true,
        Some((span, value)) => boolean(value).map_err(|problem| (span, problem))?,
    };
    let rule = Rule {
        id,
        source: keys.text("source", &whole, pattern)?,
        window,
        fire,
        clear,
        when: keys.text("when", &whole, when)?,
        hours: keys.text("hours", &whole, hours)?,
        without: keys.text("without", &whole, metric)?,
        hold: keys.text("for", &whole, hold)?.unwrap_or_default(),
        keep: keys.text("keep", &whole, hold)?.unwrap_or_default(),
        repeat: keys.text("repeat", &whole, repeat)?,
        no_data: keys.text("nodata", &whole, no_data)?.unwrap_or_default(),
        inhibit_by: match keys.get("inhibit_by", &whole) {
            None => Vec::new(),
            Some((span, value)) => ids(value).map_err(|problem| (span, problem))?,
        },
        text: keys.text("text", &whole, text)?,
        severity: keys.text("severity", &whole, severity)?.unwrap_or(Severity::Warning),
        watched,
    };
    Ok((rule, is_on))
}

fn watched(keys: Keys<'_, '_>, id: &str, whole: &Range<usize>) -> Result<Watched, Located> {
    let named: Vec<&str> = WATCHED.into_iter().filter(|key| keys.get(key, whole).is_some()).collect();
    let of = keys.text("of", whole, metric)?;
    let watched = match named.as_slice() {
        ["metric"] => keys.text("metric", whole, metric)?.map(|metric| Watched::Metric { metric, of }),
        ["event"] => keys.text("event", whole, event)?,
        ["health"] => keys.text("health", whole, health)?,
        ["verdict"] => keys.text("verdict", whole, verdict)?,
        [] => {
            let Some(meant) = slip(id, super::builtin::ids()) else {
                let add = say!("add metric = \"…\", or event, health or verdict");
                return Err((whole.clone(), Problem::new(say!("this rule has no metric"), add)));
            };
            let span = keys.get("id", whole).map_or(whole.clone(), |(span, _)| span);
            let problem = Problem::new(
                say!("no rule {id} is built in, and this one has no metric", id = format_args!("{id:?}")),
                say!(
                    "write {meant} to change that one, or add metric = \"…\", or event, health or verdict",
                    meant = format_args!("{meant:?}")
                ),
            );
            return Err((span, problem));
        }
        [_] => None,
        [_, second, ..] => {
            let span = keys.get(second, whole).map_or(whole.clone(), |(span, _)| span);
            let problem = Problem::new(
                say!("a rule watches one thing"),
                say!("remove all but one of {keys}", keys = named.join(", ")),
            );
            return Err((span, problem));
        }
    };
    let nothing = || Problem::new(say!("this rule watches nothing"), say!("add metric"));
    let watched = watched.ok_or_else(|| (whole.clone(), nothing()))?;
    if let (Some((span, _)), false) = (keys.get("of", whole), matches!(watched, Watched::Metric { .. })) {
        let problem = Problem::new(say!("only a metric can be a part of another one"), say!("remove the line"));
        return Err((span, problem));
    }
    Ok(watched)
}

fn window(keys: Keys<'_, '_>, watched: &Watched, whole: &Range<usize>) -> Result<Option<Window>, Located> {
    let window = keys.text("agg", whole, aggregate)?;
    let span = || keys.get("agg", whole).map_or(whole.clone(), |(span, _)| span);
    let wrong = |reason: &str, remedy: &str| Err((span(), Problem::new(reason, remedy)));
    match (watched, window.map(|window| window.aggregate)) {
        (Watched::Event { .. }, None) => Ok(Some(Window { aggregate: Aggregate::Count, over: EVENT })),
        (Watched::Event { .. }, Some(Aggregate::Count)) => Ok(window),
        (Watched::Event { .. }, Some(_)) => wrong(say!("events can only be counted"), say!("write agg = \"count:1h\"")),
        (Watched::Metric { .. }, Some(Aggregate::Count)) => {
            wrong(say!("a metric is not counted"), say!("write avg, min, max, rate or full: agg = \"avg:10m\""))
        }
        (Watched::Metric { of: None, .. }, Some(Aggregate::Full)) => {
            wrong(say!("nobody knows what it fills"), say!("add of = \"…\", the metric that it is a part of"))
        }
        (Watched::Metric { metric, .. }, Some(Aggregate::Rate)) if metric.definition().kind == Kind::Flags => {
            wrong(say!("flags have no rate"), say!("remove the line"))
        }
        (Watched::Metric { .. }, _) => Ok(window),
        (Watched::Health(_) | Watched::Verdict(_), None) => Ok(None),
        (Watched::Health(_) | Watched::Verdict(_), Some(_)) => {
            let remedy = say!("remove the line; for = \"10m\" says how long it must last");
            wrong(say!("a state has no aggregate"), remedy)
        }
    }
}

/// What a rule's limits are written in.
fn measure(watched: &Watched, window: Option<Window>) -> Measure {
    let aggregate = window.map(|window| window.aggregate);
    match (watched, aggregate) {
        (Watched::Metric { .. }, Some(Aggregate::Full)) => Measure::time(say!("the time until it is full")),
        (Watched::Metric { metric, of: Some(of) }, _) => {
            let share = Measure::of(say!("percent of another metric"), Unit::Percent, 0.1);
            // What is used is a part of what there is; of other pairs either may be the larger.
            let place = |metric: &Metric| metric.key().rsplit_once('.').map(|(place, _)| place);
            let is_part = metric.key().ends_with(".used") && place(metric) == place(of);
            share.within(Some(0.0), is_part.then_some(100.0))
        }
        (Watched::Metric { metric, .. }, Some(Aggregate::Rate)) => {
            let is_size = metric.definition().unit == Unit::Byte;
            Measure::of(metric.key(), if is_size { Unit::BytePerSecond } else { Unit::Number }, 1e-6)
        }
        (Watched::Metric { metric, .. }, _) => Measure::metric(*metric),
        _ => Measure::of(say!("a number of events"), Unit::Number, 1.0).within(Some(0.0), None),
    }
}

fn thresholds(
    keys: Keys<'_, '_>,
    watched: &Watched,
    measure: &Measure,
    whole: &Range<usize>,
) -> Result<(Threshold, Threshold), Located> {
    if matches!(watched, Watched::Health(_) | Watched::Verdict(_)) {
        if let Some((span, _)) = keys.get("fire", whole).or(keys.get("clear", whole)) {
            let remedy = say!("remove the line: it fires while the state lasts, and is over when it ends");
            return Err((span, Problem::new(say!("a state has no limit"), remedy)));
        }
        let limit = |side| Threshold { side, limit: 0.5 };
        return Ok((limit(Side::Above), limit(Side::Below)));
    }
    let fire = keys.text("fire", whole, |text| values::threshold(text, measure))?;
    let fire = match (fire, watched) {
        (Some(fire), _) => fire,
        (None, Watched::Event { .. }) => Threshold { side: Side::Above, limit: 0.0 },
        (None, _) => {
            let doc = RULE_KEYS.iter().find(|key| key.key == "fire").map_or("", |key| key.doc);
            let remedy = say!("add fire: {meaning}", meaning = language::said(doc));
            return Err((whole.clone(), Problem::new(say!("this rule has no fire"), remedy)));
        }
    };
    let clear = keys.text("clear", whole, |text| {
        let clear = values::threshold(text, measure)?;
        if values::overlap(fire, clear, measure) {
            return Err(Problem::new(
                say!(
                    "{text} is beyond the limit at which the rule fires, so it would fire and clear at once",
                    text = format_args!("{text:?}")
                ),
                say!(
                    "use the opposite sign of `fire` and a limit on its other side: fire = \"> 87\", clear = \"< 80\""
                ),
            ));
        }
        Ok(clear)
    })?;
    Ok((fire, clear.unwrap_or_else(|| values::default_clear(fire, measure))))
}
