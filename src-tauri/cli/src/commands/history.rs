//! `hoofbeat history METRIC`: how a metric went, as a line of bars, as JSON or as CSV.

use hoofbeat_core::api::{History, HistoryQuery, Series};
use hoofbeat_core::format;
use hoofbeat_core::metrics::{Kind, Metric, is_like};
use hoofbeat_core::untrusted::Untrusted;
use jiff::Zoned;

use super::names;
use crate::args::{self, Global};
use crate::evidence;
use crate::failure::{Failure, Outcome};
use crate::output::{self, Cell, Output, Style};
use crate::time;

/// Points a series where nothing else is asked for and a program reads.
const POINTS: usize = 1000;

/// The widest line of bars.
const WIDEST: usize = 72;

/// Columns that label and numbers take beside the bars.
const BESIDE: usize = 56;

/// Labels longer than this are cut; the whole text is in `--json`.
const NAME_WIDTH: usize = 20;

/// Bars from low to high.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Shows how a metric went.
pub fn run(global: &Global, options: &args::History, output: &mut Output) -> Outcome {
    let now = Zoned::now();
    let around = evidence::parts(&options.metric);
    let metric = metric(around.map_or(&*options.metric, |(metric, ..)| metric))?;
    let stretch = match around {
        Some((.., at)) => Stretch::around(at, &now),
        None => Stretch::of(&options.since, &options.until, &now).map_err(Failure::Usage)?,
    };
    let Stretch { since, until, shown } = stretch;
    let columns = output.width.saturating_sub(BESIDE).clamp(10, WIDEST);
    let default = if output.json || options.csv { POINTS } else { columns };
    let points = options.points.map_or(default, |points| points as usize);
    let face = super::face(global)?;
    let wanted = around.map(|(_, source, _)| source).or(options.source.as_deref());
    let source = match wanted {
        Some(wanted) => Some(names::source(&face.status()?.sources, wanted, "source")?),
        None => None,
    };
    let history = face.history(&HistoryQuery { metric, source, since, until, points })?;
    if output.json {
        output.json(&history)?;
    } else if options.csv {
        csv(&history, &now, output)?;
    } else {
        let definition = metric.definition();
        let what = output.paint(Style::Dim, &format!("{} · {shown}", definition.key));
        output.line(format!("{} · {what}", definition.label))?;
        bars(&history, metric, (since, until), columns, output)?;
    }
    Ok(())
}

/// Which stretch of time is shown.
struct Stretch {
    /// Unix seconds, inclusive.
    since: i64,
    /// Unix seconds, exclusive.
    until: i64,
    /// In words: the moments that were asked for.
    shown: String,
}

impl Stretch {
    /// Around the moment of an evidence.
    fn around(at: i64, now: &Zoned) -> Stretch {
        let (since, until) = (at.saturating_sub(evidence::AROUND), at.saturating_add(evidence::AROUND));
        Stretch { since, until, shown: format!("around {}", time::moment(at, now)) }
    }

    /// From what was typed.
    fn of(since: &str, until: &str, now: &Zoned) -> Result<Stretch, String> {
        let (since, asked) = time::parse_stretch(since, until, now)?;
        // The end is exclusive, and the newest tick may be of this very second. It is not shown that way: in the last
        // second of a minute the last five minutes would read as six.
        let until = asked + i64::from(until == "now");
        let (from, to) = (time::moment(since, now), time::moment(asked, now));
        Ok(Stretch { since, until, shown: format!("{from} – {to}") })
    }
}

/// The metric with this key, or what was probably meant.
fn metric(key: &str) -> Result<Metric, Failure> {
    Metric::from_key(key).ok_or_else(|| {
        let mut near = Metric::nearest_keys(key);
        near.retain(|near| is_like(key, near));
        let help = match near.as_slice() {
            [] => "`hoofbeat status --all --json` names those that are read".to_string(),
            near => format!("the nearest are {}", near.join(", ")),
        };
        Failure::Usage(format!("there is no metric {:?}; {help}", output::text(key)))
    })
}

fn csv(history: &History, now: &Zoned, output: &mut Output) -> std::io::Result<()> {
    let unit = if history.unit.is_empty() { String::new() } else { format!(" ({})", history.unit) };
    output.line(format!("ts,time,source,label,min{unit},avg{unit},max{unit}"))?;
    for series in &history.series {
        let source = Untrusted::from(series.source.as_str()).csv();
        let label = Untrusted::from(series.label.as_str()).csv();
        for (ts, low, mean, high) in &series.points {
            let local = time::precise(*ts, now.time_zone());
            output.line(format!("{ts},{local},{source},{label},{low},{mean},{high}"))?;
        }
    }
    Ok(())
}

fn bars(
    history: &History,
    metric: Metric,
    (since, until): (i64, i64),
    columns: usize,
    output: &mut Output,
) -> std::io::Result<()> {
    let recorded = history.series.iter().filter(|series| !series.points.is_empty());
    let mut rows = Vec::new();
    for series in recorded {
        let flags = (metric.definition().kind == Kind::Flags).then(|| flat(series));
        let bars = line_of_bars(flags.as_ref().unwrap_or(series), (since, until), columns);
        let shown = [Cell::new(name(series)), Cell::new(bars).style(Style::Good)];
        rows.push([shown.to_vec(), summary(series, metric)].concat());
    }
    if rows.is_empty() {
        return output.line("Nothing was recorded in that time.");
    }
    output.table(&rows)
}

/// What a row is called: of instances of one GPU only the ends of their labels differ.
fn name(series: &Series) -> String {
    output::short_name(if series.label.is_empty() { &series.source } else { &series.label }, NAME_WIDTH)
}

/// What a series that has points comes to, in words.
fn summary(series: &Series, metric: Metric) -> Vec<Cell> {
    if metric.definition().kind == Kind::Flags {
        // Nothing lies between two bits: those that were set at some time are named.
        let all = series.points.iter().fold(0, |all, point| all | point.3 as u64);
        return vec![Cell::new(format::value(metric, all as f64))];
    }
    let (low, mean, high) = extremes(series);
    let number = |(word, value)| Cell::number(format!("{word} {}", format::value(metric, value)));
    [("min", low), ("avg", mean), ("max", high)].map(number).to_vec()
}

/// The lowest, the mean and the highest value of a series that has points.
fn extremes(series: &Series) -> (f64, f64, f64) {
    let low = series.points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let high = series.points.iter().map(|point| point.3).fold(f64::NEG_INFINITY, f64::max);
    // Every point covers the same stretch, so the mean of the means is the mean, but for a ragged first and last one.
    let mean = series.points.iter().map(|point| point.2).sum::<f64>() / series.points.len() as f64;
    (low, mean, high)
}

/// Bars of equal height wherever any bit was set: one of a higher number is no more than another.
fn flat(series: &Series) -> Series {
    let points = series.points.iter().map(|(ts, low, mean, high)| {
        let set = |bits: &f64| f64::from(*bits > 0.0);
        (*ts, set(low), set(mean), set(high))
    });
    Series { points: points.collect(), ..series.clone() }
}

/// A bar a column, as high as the highest mean that falls into it; a gap in the recording is a gap in the line.
fn line_of_bars(series: &Series, (since, until): (i64, i64), columns: usize) -> String {
    let mut highest: Vec<Option<f64>> = vec![None; columns];
    for (ts, _, mean, _) in &series.points {
        let column = |ts: i64| ((ts - since) as f64 / (until - since) as f64 * columns as f64).floor() as i64;
        // A point covers its whole step, which may be wider than a column.
        let first = column(*ts).clamp(0, columns as i64 - 1);
        let last = column(ts + series.step - 1).clamp(first, columns as i64 - 1);
        for column in &mut highest[first as usize..=last as usize] {
            *column = Some(column.map_or(*mean, |other| other.max(*mean)));
        }
    }
    let (low, high) = highest
        .iter()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    // Bars stand on zero: a temperature that moves by one degree should not look like a cliff.
    let (low, high) = (low.min(0.0), high.max(0.0));
    highest
        .iter()
        .map(|value| match value {
            None => ' ',
            Some(_) if high <= low => BARS[0],
            Some(value) => BARS[(((value - low) / (high - low)) * (BARS.len() - 1) as f64).round() as usize],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_shown_as_they_were_asked_for() {
        let now: Zoned = "2026-11-21T12:30:59+01:00[Europe/Berlin]".parse().unwrap();
        let stretch = Stretch::of("5m", "now", &now).unwrap();
        assert_eq!(stretch.shown, "12:25 – 12:30");
        assert_eq!(stretch.until - stretch.since, 301, "the newest tick is in it");
        let stretch = Stretch::of("yesterday", "12:00", &now).unwrap();
        assert_eq!(stretch.shown, "2026-11-20 00:00 – 12:00");
        assert_eq!(stretch.until - stretch.since, 36 * 3600);
    }

    #[test]
    fn a_gpu_and_its_instances_have_names_of_their_own() {
        let labels =
            ["NVIDIA H100 80GB HBM3", "NVIDIA H100 80GB HBM3 MIG 1g.10gb #7", "NVIDIA H100 80GB HBM3 MIG 1g.10gb #8"];
        let named =
            |label: &str| name(&Series { source: "gpu:1".into(), label: label.into(), step: 1, points: Vec::new() });
        assert_eq!(labels.map(named), ["NVIDIA H10…80GB HBM3", "NVIDIA H10…g.10gb #7", "NVIDIA H10…g.10gb #8"]);
        assert_eq!(named(""), "gpu:1");
    }

    #[test]
    fn flags_are_named_and_have_no_mean() {
        let points = [1.0, 4.0, 0.0].iter().zip(100..).map(|(bits, ts)| (ts, *bits, *bits, *bits)).collect();
        let series = Series { source: "gpu:1".into(), label: "GPU".into(), step: 1, points };
        assert_eq!(summary(&series, Metric::GpuThrottle), [Cell::new("power limit, current limit")]);
        assert_eq!(summary(&series, Metric::GpuPower).len(), 3);
        assert_eq!(line_of_bars(&flat(&series), (100, 103), 3), "██▁");
    }

    #[test]
    fn bars_stand_on_zero_and_gaps_stay_gaps() {
        #[track_caller]
        fn check(points: &[(i64, f64)], step: i64, expected: &str) {
            let points = points.iter().map(|(ts, value)| (*ts, *value, *value, *value)).collect();
            let series = Series { source: "cpu".into(), label: "CPU".into(), step, points };
            assert_eq!(line_of_bars(&series, (100, 108), 8), expected);
        }
        check(&[(100, 0.0), (101, 50.0), (102, 100.0), (107, 100.0)], 1, "▁▅█    █");
        check(&[(100, 7.0), (104, 7.0)], 4, "████████");
        check(&[(100, 0.0)], 1, "▁       ");
        check(&[(100, -10.0), (101, 0.0), (102, 10.0)], 1, "▁▅█     ");
        check(&[(90, 1.0), (200, 1.0)], 1, "█      █");
        check(&[], 1, "        ");
    }
}
