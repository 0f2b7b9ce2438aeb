//! Folder, recorder, database, config.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use hoofbeat_core::api::Face;
use hoofbeat_core::config::Config;
use hoofbeat_core::metrics::Unit;
use hoofbeat_core::model::{EventKind, RecorderState};
use hoofbeat_core::sensors::Roots;
use hoofbeat_core::store::{self, StoreError};
use hoofbeat_core::{format, paths};
use rustix::fs::Access;
use serde_json::Value;

use super::super::unmatched;
use super::Finding;
use crate::time;

/// A newest tick that is older than this, and than [`MISSED_TICKS`], means that recording stands still.
const OLD: i64 = 30;
/// Ticks may be chosen to be a minute apart; one or two of them may be late.
const MISSED_TICKS: i64 = 3;
/// Less free space than this is little for a database of half a gigabyte.
const LITTLE: u64 = 1 << 30;
/// With less than this SQLite cannot even commit.
const NONE: u64 = 16 << 20;

/// All checks of the recording in `folder`.
pub fn check(folder: &Path, now: i64) -> Vec<Finding> {
    let mut findings = vec![rights(folder)];
    let runs = store::recorder_runs(folder);
    findings.push(recorder(folder, runs));
    findings.extend(database(folder, runs, now));
    findings.push(space(folder));
    findings.extend(config(folder));
    findings
}

fn rights(folder: &Path) -> Finding {
    const NAME: &str = "folder";
    let shown = folder.display();
    let meta = match std::fs::symlink_metadata(folder) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // It is made within the first folder above it that is there.
            let above = paths::absolute(folder).ancestors().find(|above| above.exists()).map(Path::to_path_buf);
            let above = above.unwrap_or_else(|| "/".into());
            return match rustix::fs::access(&above, Access::WRITE_OK | Access::EXEC_OK) {
                Ok(()) => Finding::warning(NAME, format!("{shown} does not exist yet"), "`hoofbeat watch` makes it"),
                Err(error) => {
                    let message = format!("{shown} cannot be made in {}: {error}", above.display());
                    Finding::failure(NAME, message, "choose another folder with --data-dir")
                }
            };
        }
        Err(error) => {
            let remedy = "choose another folder with --data-dir, or get the right to read this one";
            return Finding::failure(NAME, format!("{shown}: {error}"), remedy);
        }
    };
    let mode = meta.permissions().mode() & 0o777;
    if meta.is_symlink() {
        Finding::failure(NAME, format!("{shown} is a symbolic link"), "name the folder itself with --data-dir")
    } else if !meta.is_dir() {
        Finding::failure(NAME, format!("{shown} is not a folder"), "choose another one with --data-dir")
    } else if meta.uid() != rustix::process::geteuid().as_raw() {
        let remedy = format!("`chown` it, or record as the user with the number {}", meta.uid());
        Finding::failure(NAME, format!("{shown} belongs to another user"), remedy)
    } else if mode & 0o300 != 0o300 {
        Finding::failure(
            NAME,
            format!("nothing can be written to {shown} (mode {mode:o})"),
            format!("chmod 700 {shown}"),
        )
    } else if let Err(error) = rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        // The file system may be mounted for reading only, whatever the mode says.
        let remedy = "see how its disk is mounted (`findmnt`), or choose another folder with --data-dir";
        Finding::failure(NAME, format!("nothing can be written to {shown}: {error}"), remedy)
    } else if mode & 0o022 != 0 {
        let message = format!("others may write to {shown} (mode {mode:o})");
        Finding::failure(NAME, message, format!("chmod 700 {shown}"))
    } else if mode & 0o055 != 0 {
        Finding::warning(NAME, format!("others may look into {shown} (mode {mode:o})"), format!("chmod 700 {shown}"))
    } else {
        Finding::ok(NAME, format!("{shown} is yours alone"))
    }
}

/// Whether the recorder reads the machine that is looked at here.
pub fn root(folder: &Path, roots: &Roots) -> Option<Finding> {
    if !store::recorder_runs(folder) {
        return None;
    }
    let started = Face::open(folder).and_then(|face| face.happened(&[EventKind::RecorderStarted], 0, i64::MAX, 1));
    // What keeps it from being read, the check of the database tells.
    let started = started.ok()?.events.into_iter().next()?;
    let read = started.detail.get("root").and_then(Value::as_str).unwrap_or("/");
    let own = paths::absolute(roots.proc.parent().unwrap_or(Path::new("/")));
    if own == Path::new(read) {
        return None;
    }
    let message = format!("the recorder reads the machine below {read}, and this looks at {}", own.display());
    let remedy = if read == "/" { "leave --root out".to_owned() } else { format!("add --root {read}") };
    Some(Finding::warning("root", message, remedy))
}

fn recorder(folder: &Path, runs: bool) -> Finding {
    if runs {
        return Finding::ok("recorder", format!("a recorder runs for {}", folder.display()));
    }
    // Nothing is broken: a recorder may have been stopped, or told to record for a while.
    Finding::warning("recorder", format!("nothing records into {}", folder.display()), "start `hoofbeat watch`")
}

fn database(folder: &Path, runs: bool, now: i64) -> Vec<Finding> {
    const NAME: &str = "database";
    let status = match Face::open(folder).and_then(|face| face.status()) {
        Ok(status) => status,
        Err(StoreError::NoRecording(_)) => {
            return vec![Finding::warning(NAME, "nothing was recorded yet", "start `hoofbeat watch`")];
        }
        // A database that is not ours. Nothing needs saving there, and no recorder touches it, so the reader's own words
        // are all that helps.
        Err(StoreError::Refused(text)) => {
            let (problem, remedy) = text.split_once("; ").unwrap_or((&text, "choose another folder with --data-dir"));
            return vec![Finding::failure(NAME, problem, remedy)];
        }
        Err(error) => {
            let remedy = "see `hoofbeat data check`; the next start of `hoofbeat watch` saves what can be saved";
            return vec![Finding::failure(NAME, error.to_string(), remedy)];
        }
    };
    let mut findings = vec![Finding::ok(NAME, format!("readable, {} sources", status.sources.len()))];
    if let Some(ts) = status.ts {
        let records = runs && status.recorder.state == RecorderState::Recording;
        findings.push(newest(ts, status.recorder.tick, records, now));
    }
    findings
}

fn newest(ts: i64, tick: Option<i64>, records: bool, now: i64) -> Finding {
    const NAME: &str = "newest";
    let patience = tick.map_or(OLD, |tick| OLD.max(tick.saturating_mul(MISSED_TICKS)));
    let age = format::duration(time::since(ts, now));
    if ts > now + OLD {
        let ahead = format::duration(time::since(now, ts));
        let message = format!("the newest values are {ahead} in the future: the clock was set back");
        Finding::warning(NAME, message, "set the clock right; history goes on by itself once its time comes")
    } else if records && now - ts > patience {
        let message = format!("a recorder runs, but the newest values are {age} old");
        Finding::failure(NAME, message, "see the recorder's log, and restart it")
    } else {
        Finding::ok(NAME, format!("the newest values are {age} old"))
    }
}

fn space(folder: &Path) -> Finding {
    const NAME: &str = "space";
    // The folder may not exist yet; its nearest ancestor lies on the same disk.
    let found = folder.ancestors().find_map(|folder| rustix::fs::statvfs(folder).ok());
    let Some(disk) = found else {
        return Finding::warning(NAME, "the free space of the disk cannot be read", "look at it with `df`");
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let message = format!("{} free", format::quantity(free as f64, Unit::Byte));
    let remedy = "delete something, or lower the size cap in the config file";
    match free {
        free if free < NONE => Finding::failure(NAME, message, remedy),
        free if free < LITTLE => Finding::warning(NAME, message, remedy),
        _ => Finding::ok(NAME, message),
    }
}

fn config(folder: &Path) -> Vec<Finding> {
    const NAME: &str = "config";
    let path = match paths::config_file() {
        Ok(path) => path,
        Err(error) => return vec![Finding::warning(NAME, error.to_string(), "set HOME or HOOFBEAT_CONFIG")],
    };
    if !path.exists() {
        return vec![Finding::ok(NAME, format!("{} does not exist; the defaults hold", path.display()))];
    }
    let config = match Config::load(&path) {
        Ok(config) => config,
        Err(error) => {
            let remedy = "until then the last valid settings stay in force";
            return vec![Finding::failure(NAME, error.to_string(), remedy)];
        }
    };
    let valid = Finding::ok(NAME, format!("{} is valid, with {} rules", path.display(), config.rules.len()));
    let remedy = "mend its source in the config file, unless such a source is to come";
    let warnings = unmatched::warnings(folder, &config).into_iter();
    [valid].into_iter().chain(warnings.map(|warning| Finding::warning("rules", warning, remedy))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn a_folder_that_others_may_change_is_a_failure() {
        #[track_caller]
        fn check(mode: u32, expected: Level) {
            let folder = tempfile::tempdir().unwrap();
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(rights(folder.path()).level, expected, "{mode:o}");
        }
        check(0o700, Level::Ok);
        check(0o500, Level::Failure);
        check(0o755, Level::Warning);
        check(0o770, Level::Failure);
        check(0o707, Level::Failure);
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        assert_eq!(rights(&link).level, Level::Failure);
        assert_eq!(rights(&folder.path().join("missing")).level, Level::Warning);
    }

    #[test]
    fn values_are_old_only_where_somebody_should_write_newer_ones() {
        #[track_caller]
        fn check(age: i64, tick: Option<i64>, records: bool, expected: Level) {
            assert_eq!(newest(1_000_000 - age, tick, records, 1_000_000).level, expected);
        }
        check(1, Some(1), true, Level::Ok);
        check(31, Some(1), true, Level::Failure);
        check(31, None, true, Level::Failure);
        check(31, Some(1), false, Level::Ok);
        check(-60, Some(1), true, Level::Warning);
        check(-60, Some(1), false, Level::Warning);
        // A tick a minute is a valid wish.
        check(119, Some(60), true, Level::Ok);
        check(181, Some(60), true, Level::Failure);
    }
}
