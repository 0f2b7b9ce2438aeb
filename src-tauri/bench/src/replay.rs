//! `replay`: how long a face waits for `hoofbeat alerts check --since 30d`, for one rule after the other.
//!
//! The rules are those that cost most: readings one by one, readings in a window, and a share of another metric.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use hoofbeat_core::api::Face;
use hoofbeat_core::config::Config;

use crate::query::drop_page_cache;
use crate::report::Report;
use crate::storage::{START, fill, now};
use crate::trace::Trace;

const RULES: &str = r#"
[[rule]]
id = "reading"
metric = "cpu.temperature"
fire = "> 70"
clear = "< 60"
for = "1m"

[[rule]]
id = "mean"
metric = "cpu.utilization"
agg = "avg:10m"
fire = "> 50"

[[rule]]
id = "share"
metric = "gpu.memory.used"
of = "gpu.memory.total"
fire = "> 90"
"#;

pub fn run(days: i64, report: &mut Report) -> Result<()> {
    let temp = tempfile::tempdir()?;
    let mut trace = Trace::new();
    let end = START + days * 86_400;
    let mut store = fill(temp.path(), &mut trace, days * 24)?;
    store.append(&[trace.tick(end)], false)?;
    store.maintain(now(end))?;
    store.close()?;
    let config = Config::parse(RULES, Path::new("config.toml"))?;
    for (id, what) in [("reading", "a reading"), ("mean", "the mean of ten minutes"), ("share", "a share, on two GPUs")]
    {
        let rule = config.rules.iter().find(|rule| rule.id == id).with_context(|| format!("no rule is called {id}"))?;
        drop_page_cache(temp.path())?;
        let mut times = Vec::new();
        let mut fired = 0;
        for _ in 0..4 {
            let started = Instant::now();
            fired = Face::open(temp.path())?.replay(rule, START, end)?.alerts.len();
            times.push(started.elapsed().as_secs_f64());
        }
        // The first of them is cold.
        let cold = times.remove(0);
        times.sort_by(f64::total_cmp);
        let warm = times[times.len() / 2];
        report.line(
            &format!("a rule on {days} days: {what}"),
            format!("{warm:.2} s warm, {cold:.2} s cold (would have fired {fired} times)"),
            "≤ 1 s",
        );
    }
    Ok(())
}
