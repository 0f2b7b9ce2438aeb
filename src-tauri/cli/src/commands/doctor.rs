//! `hoofbeat doctor`: what keeps Hoofbeat from working well, and the one thing that helps.
//!
//! Every check looks by itself and is bounded in time; none changes anything. Deliberately not here: checking the whole
//! database, which takes as long as it is large (`hoofbeat data check`).

mod channels;
mod desktop;
mod gpu;
mod recording;
mod sources;

use std::path::Path;

use hoofbeat_core::api::SCHEMA;
use serde::Serialize;

use crate::args::Global;
use crate::failure::{Failure, Outcome};
use crate::output::{self, Output, Style};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// As it should be.
    Ok,
    /// Something is missing that one can do without.
    Warning,
    /// Hoofbeat cannot do its work.
    Failure,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Finding {
    /// The check's stable name.
    check: &'static str,
    level: Level,
    message: String,
    /// The one thing that helps.
    remedy: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Finding {
        Finding { check, level: Level::Ok, message: message.into(), remedy: None }
    }

    fn warning(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { check, level: Level::Warning, message: message.into(), remedy: Some(remedy.into()) }
    }

    fn failure(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { level: Level::Failure, ..Finding::warning(check, message, remedy) }
    }
}

#[derive(Serialize)]
struct Answer {
    schema: u32,
    doctor: Vec<Finding>,
}

/// Runs every check.
pub fn run(global: &Global, output: &mut Output) -> Outcome {
    let folder = super::folder(global)?;
    let mut findings = recording::check(&folder, super::now());
    let roots = super::roots(global);
    findings.extend(recording::root(&folder, &roots));
    findings.extend(sources::check(&roots));
    // Where there is no machine, every GPU would seem to be missing.
    if roots.proc.is_dir() {
        findings.extend(gpu::check(&roots, &folder));
    }
    findings.extend(desktop::check());
    findings.extend(channels::check(&folder));
    findings.push(clock(Path::new("/run")));
    let outcome = outcome(&findings);
    if output.json {
        output.json(&Answer { schema: SCHEMA, doctor: findings })?;
    } else {
        print(&findings, output)?;
    }
    outcome
}

/// A machine without a GPU is as healthy as another: only what is broken fails, and a driver that is missing has a status
/// of its own where nothing else is wrong.
fn outcome(findings: &[Finding]) -> Outcome {
    let mut failures = findings.iter().filter(|finding| finding.level == Level::Failure).peekable();
    if failures.peek().is_none() {
        Ok(())
    } else if failures.all(|finding| finding.check == gpu::DRIVER) {
        Err(Failure::DriverMissing)
    } else {
        Err(Failure::Reported)
    }
}

fn print(findings: &[Finding], output: &mut Output) -> std::io::Result<()> {
    let widest = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    for finding in findings {
        let (sign, style) = match finding.level {
            Level::Ok => ("✓", Style::Good),
            Level::Warning => ("!", Style::Warning),
            Level::Failure => ("✗", Style::Bad),
        };
        let check = output.paint(Style::Dim, &format!("{:widest$}", finding.check));
        // No table: what is wrong may take more than a line, and none of it is cut.
        output.line(format!("{}  {check}  {}", output.paint(style, sign), output::text(&finding.message)))?;
        if let Some(remedy) = &finding.remedy {
            output.line(format!("   {:widest$}  → {}", "", output::text(remedy)))?;
        }
    }
    Ok(())
}

/// Whether somebody keeps the clock right. History is named by it.
fn clock(run: &Path) -> Finding {
    const NAME: &str = "clock";
    // systemd-timesyncd leaves this mark once it has set the clock; the other daemons have their own folders.
    let daemon = ["chrony", "chronyd", "ntpd.pid", "openntpd"].iter().find(|name| run.join(name).exists());
    if run.join("systemd/timesync/synchronized").exists() {
        Finding::ok(NAME, "the clock is set over the network")
    } else if let Some(daemon) = daemon {
        Finding::ok(NAME, format!("{daemon} keeps the clock"))
    } else if run.join("systemd/timesync").exists() {
        let remedy = "see `timedatectl status`; until then times in the history may be off";
        Finding::warning(NAME, "the clock was not set over the network since the start", remedy)
    } else {
        let remedy =
            "install systemd-timesyncd or chrony, unless something else sets the clock (a virtual machine's host)";
        Finding::warning(NAME, "nothing was found that keeps the clock right", remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_trusted_where_somebody_sets_it() {
        #[track_caller]
        fn check(files: &[&str], expected: Level) {
            let run = tempfile::tempdir().unwrap();
            for file in files {
                let path = run.path().join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, "").unwrap();
            }
            assert_eq!(clock(run.path()).level, expected);
        }
        check(&["systemd/timesync/synchronized"], Level::Ok);
        check(&["systemd/timesync/other"], Level::Warning);
        check(&["chrony/chronyd.pid"], Level::Ok);
        check(&[], Level::Warning);
    }
}
