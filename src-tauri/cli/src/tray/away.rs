//! The row of the menu that tells what the GPUs did while nobody was there, until somebody has looked or it is no news
//! any more.
//!
//! It is summed up and watched on a thread of its own, because a disk may hang and the menu must not. Deliberately not
//! here: when that was (the recorder hears of it), and all that `hoofbeat why --away` tells beyond it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use hoofbeat_core::api::Face;
use hoofbeat_core::config::{Config, Tariff};
use hoofbeat_core::paths;
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::presence::Absence;
use hoofbeat_core::why::{Summary, summary};
use hoofbeat_core::{say, say_count};

use super::News;
use crate::time::now;

/// How often is looked whether somebody has seen it.
const CHECK: Duration = Duration::from_secs(5);

/// Tells `news` of this absence, and when nothing is to be told of it any more.
pub fn watch(folder: PathBuf, absence: Absence, news: SyncSender<News>) {
    let Some(until) = absence.news(now()) else { return };
    let run = move || {
        // The tray's thread lives as long as the process.
        let tell = |sentence| drop(news.send(News::Away(absence, sentence)));
        let (mut told, mut is_summed) = (None, false);
        while is_news(&folder, absence, until) {
            if !is_summed || absence.grows(now()) {
                let summed = Face::open(&folder).and_then(|face| face.why_since(absence.since, until));
                let gpus = summed.map(|gpus| gpus.into_iter().map(|gpu| gpu.summary).collect());
                match gpus.map(|gpus| sentence(gpus, &tariff())) {
                    Ok(fresh) => {
                        is_summed = true;
                        if fresh != told {
                            tell(fresh.clone());
                            told = fresh;
                        }
                    }
                    Err(error) => log::debug!("what the GPUs did meanwhile is not known yet: {error}"),
                }
            }
            std::thread::sleep(CHECK);
        }
        tell(None);
    };
    if let Err(error) = std::thread::Builder::new().name("away".into()).spawn(run) {
        log::warn!("nobody sums up what the GPUs did meanwhile: {error}");
    }
}

/// Whether nobody has looked since the return, nobody has left again, and not too much time has passed.
fn is_news(folder: &Path, absence: Absence, until: i64) -> bool {
    let asked = Face::open(folder).and_then(|face| Ok((face.last_look()?, face.last_absence()?)));
    // What cannot be read says neither.
    let (looked, last) = asked.unwrap_or_default();
    absence.news(now()).is_some()
        && looked.is_none_or(|look| look < until)
        && last.is_none_or(|last| last.since < until)
}

fn tariff() -> Tariff {
    let config = paths::config_file().ok().and_then(|file| Config::in_force(&file).ok());
    config.map(|config| config.tariff).unwrap_or_default()
}

/// What the GPU that worked longest did, and how many others worked; `None` where nothing is recorded of a GPU.
fn sentence(mut gpus: Vec<Summary>, tariff: &Tariff) -> Option<String> {
    gpus.sort_by(|one, other| other.worked().total_cmp(&one.worked()));
    let (first, others) = gpus.split_first()?;
    let told = summary(first, &|joules| tariff.words(joules), &Untrusted::notification);
    let more = match others.iter().filter(|gpu| gpu.has_worked()).count() {
        0 => String::new(),
        count => say_count!(count, " · {count} more GPU worked", " · {count} more GPUs worked", count),
    };
    Some(say!("While you were away: {told}{more}", told, more))
}

#[cfg(test)]
mod tests {
    use hoofbeat_core::language::{Language, within};

    use super::*;

    /// A label, seconds of work, and who did it.
    type Gpu<'a> = (&'a str, Option<f64>, &'a [(&'a str, f64)]);

    #[test]
    fn the_gpu_that_worked_longest_is_told_and_the_others_are_counted() {
        #[track_caller]
        fn check(gpus: &[Gpu<'_>], expected: Option<&str>) {
            let one = |(label, busy, users): &Gpu<'_>| Summary {
                label: Untrusted::from(*label),
                is_alone: gpus.len() == 1,
                busy: *busy,
                explained: *busy,
                energy: None,
                hottest: Some(81.0),
                users: users.iter().map(|(name, seconds)| (Untrusted::from(*name), *seconds)).collect(),
            };
            let said = sentence(gpus.iter().map(one).collect(), &Tariff::default());
            assert_eq!(said.map(|said| said.replace('\u{a0}', " ")).as_deref(), expected);
        }
        check(&[], None);
        check(&[("RTX", Some(0.0), &[])], Some("While you were away: GPU did nothing; at most 81 °C"));
        let used = [("a\n_b", 570.0)];
        let told = "While you were away: B worked for 10 min: a\u{fffd}_b 9 min 30 s; at most 81 °C";
        check(&[("A", Some(0.5), &[]), ("B", Some(600.0), &used)], Some(told));
        let three: [Gpu<'_>; 3] = [("A", Some(9.0), &[]), ("B", Some(600.0), &used), ("C", None, &[("x", 30.0)])];
        check(&three, Some(&format!("{told} · 2 more GPUs worked")));
        let idle = |label: &str, busy: f64| Summary {
            label: Untrusted::from(label),
            is_alone: false,
            busy: Some(busy),
            explained: None,
            energy: None,
            hottest: None,
            users: Vec::new(),
        };
        let gpus = vec![idle("A", 9.0), idle("{more}", 600.0)];
        let said = within(Language::German, || sentence(gpus, &Tariff::default())).unwrap();
        assert!(said.starts_with("Während der Abwesenheit: {more}"), "{said}");
        assert!(said.ends_with(" · 1 weitere GPU hat gearbeitet"), "{said}");
    }
}
