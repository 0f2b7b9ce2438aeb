//! What the GPUs did while nobody was there, for the page that somebody comes back to.
//!
//! It is news for as long as it is in the tray, but a look does not end it: whoever has the page open looks all the time,
//! and says on the page that they have read it. Deliberately not here: when nobody was there (the recorder hears of it), the
//! sums (`hoofbeat_core::api`), and the words.

use hoofbeat_core::api::{EpisodeInfo, Face, Past};
use hoofbeat_core::config::Tariff;
use hoofbeat_core::model::answer::MoneyInfo;
use hoofbeat_core::store::StoreError;
use hoofbeat_core::why::presence::Absence;
use serde::Serialize;

/// What the GPUs did in the last absence.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AwayInfo {
    /// Unix seconds: nobody was there from then on.
    #[cfg_attr(test, ts(type = "number"))]
    pub since: i64,
    /// Somebody was back then.
    #[cfg_attr(test, ts(type = "number"))]
    pub until: i64,
    /// How often GPUs were used for a while.
    pub episodes: usize,
    /// The longest of these, within the absence.
    #[cfg_attr(test, ts(type = "import(\"./EpisodeInfo\").EpisodeInfo | null"))]
    pub longest: Option<EpisodeInfo>,
    /// Seconds in which GPUs worked, of all of them together.
    pub worked: f64,
    /// Joules that they took; `null` where none tells.
    pub energy: Option<f64>,
    /// What that cost; `null` where no price is set.
    #[cfg_attr(test, ts(type = "import(\"./MoneyInfo\").MoneyInfo | null"))]
    pub cost: Option<MoneyInfo>,
    /// The highest temperature, in °C.
    pub peak: Option<f64>,
}

/// The last absence, as far as it is news.
#[derive(Default)]
pub struct LastAbsence {
    /// Which one was summed up, and whether that was the last word.
    summed: Option<(Absence, bool)>,
    told: Option<AwayInfo>,
}

impl LastAbsence {
    /// What is to be told of it at the second `now`, where that is another thing than before; `Some(None)` is nothing any more.
    pub fn step(&mut self, face: &Face, tariff: &Tariff, now: i64) -> Result<Option<Option<AwayInfo>>, StoreError> {
        let over = face.last_absence()?.and_then(|absence| Some((absence, absence.news(now)?)));
        let fresh = match over {
            None => {
                self.summed = None;
                None
            }
            Some((absence, _)) if self.summed == Some((absence, true)) => return Ok(None),
            Some((absence, until)) => {
                let fresh = sum(face, absence.since, until, tariff)?;
                self.summed = Some((absence, !absence.grows(now)));
                fresh
            }
        };
        if fresh == self.told {
            return Ok(None);
        }
        self.told = fresh;
        Ok(Some(self.told.clone()))
    }
}

/// What they did from `since` until `until`; `None` where that is not worth a word.
fn sum(face: &Face, since: i64, until: i64, tariff: &Tariff) -> Result<Option<AwayInfo>, StoreError> {
    if since >= until {
        return Ok(None);
    }
    let gpus = face.why_since(since, until)?;
    let episodes = face.episodes(None, since, until)?;
    Ok(info((since, until), &gpus, episodes, tariff))
}

fn info((since, until): (i64, i64), gpus: &[Past], episodes: Vec<EpisodeInfo>, tariff: &Tariff) -> Option<AwayInfo> {
    if episodes.is_empty() && !gpus.iter().any(|gpu| gpu.summary.has_worked()) {
        return None;
    }
    let (count, within) = (episodes.len(), |one: &EpisodeInfo| one.end.min(until) - one.start.max(since));
    let energy = gpus.iter().filter_map(|gpu| gpu.summary.energy).reduce(|sum, more| sum + more);
    let money = |joules| Some(MoneyInfo { amount: tariff.cost(joules)?, currency: tariff.currency.clone() });
    Some(AwayInfo {
        since,
        until,
        episodes: count,
        longest: episodes.into_iter().max_by_key(within),
        worked: gpus.iter().map(|gpu| gpu.summary.worked()).sum(),
        energy,
        cost: energy.and_then(money),
        peak: gpus.iter().filter_map(|gpu| gpu.summary.hottest).reduce(f64::max),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hoofbeat_core::metrics::Metric;
    use hoofbeat_core::model::{
        Batch, Condition, Ended, Episode, Event, EventKind, GpuEnergy, GpuMinute, Keep, Now, Source, SourceKind, Tick,
    };
    use hoofbeat_core::store::Store;
    use serde_json::{Value, json};

    use super::*;

    /// A whole minute.
    const LEFT: i64 = 1_794_999_960;
    const BACK: i64 = LEFT + 600;

    fn presence(ts: i64, detail: Value) -> Tick {
        let event = Event { ts, kind: EventKind::Presence, source: None, detail };
        Tick { ts, events: vec![event], ..Tick::default() }
    }

    /// A minute in which a GPU worked for so many seconds at 100 W.
    fn minute(start: i64, seconds: f64) -> Tick {
        let gpu = Source::whole(SourceKind::Gpu, "gpu:1", "GPU");
        let mut batch = Batch::default();
        batch.put(&gpu, Metric::GpuTemperature, 60.0 + seconds);
        let energy = GpuEnergy {
            source: gpu.clone(),
            energy: Some(seconds * 100.0),
            idle: None,
            attributed: None,
            busy: Some(seconds),
            explained: None,
            missing: 0.0,
        };
        let minute = GpuMinute { start, usage: Vec::new(), energy: vec![energy] };
        let conditions = vec![(gpu, Condition::OK)];
        Tick {
            ts: start + 59,
            readings: batch.into_parts().readings,
            conditions,
            gpu_minute: Some(minute),
            ..Tick::default()
        }
    }

    fn episode(id: i64, start: i64, end: i64) -> Tick {
        let one = Episode {
            id,
            source: Source::whole(SourceKind::Gpu, "gpu:1", "GPU"),
            start,
            end,
            ended: Some(Ended::Idle),
            busy: None,
            explained: None,
            energy: None,
            temperature: None,
            power: None,
            throttled: None,
        };
        Tick { ts: end, episodes: vec![one], ..Tick::default() }
    }

    #[test]
    fn what_happened_meanwhile_is_told_until_it_is_old_or_somebody_leaves_again() {
        let folder = tempfile::tempdir().unwrap();
        let wall = Duration::from_secs(LEFT as u64);
        let mut store = Store::open(folder.path(), Keep::default(), Now { wall, boot: wall }).unwrap().store;
        let mut write = |ticks: &[Tick]| store.append(ticks, false).unwrap();
        let away = |since| json!({ "state": "away", "why": "idle", "since": since });
        let back = |until| json!({ "state": "back", "why": "idle", "since": until, "away_since": LEFT });
        write(&[minute(LEFT - 60, 0.0)]);
        let face = Face::open(folder.path()).unwrap();
        let tariff = Tariff { price: 0.5, currency: "EUR".to_owned() };
        let mut last = LastAbsence::default();
        let mut step = |now| last.step(&face, &tariff, now).unwrap();

        assert_eq!(step(LEFT), None, "nobody has ever said who is there");
        write(&[presence(LEFT, away(LEFT)), minute(LEFT, 20.0), episode(1, LEFT - 900, LEFT + 30)]);
        assert_eq!(step(LEFT + 60), None, "nobody is back");
        write(&[minute(LEFT + 60, 16.0), episode(2, LEFT + 60, LEFT + 300), presence(BACK, back(BACK))]);
        let told = step(BACK).flatten().expect("somebody is back");
        let sums = (told.since, told.until, told.episodes, told.worked, told.energy, told.peak);
        assert_eq!(sums, (LEFT, BACK, 2, 36.0, Some(3600.0), Some(80.0)));
        assert_eq!(told.cost, Some(MoneyInfo { amount: 0.0005, currency: "EUR".to_owned() }));
        assert_eq!(told.longest.map(|one| one.id), Some(2), "most of the other one was before");
        assert_eq!(step(BACK + 1), None, "it was told");
        // The last minute is written once it is over.
        write(&[minute(BACK - 60, 9.0)]);
        assert_eq!(step(BACK + 30).flatten().map(|told| told.worked), Some(45.0));
        assert_eq!(step(BACK + 3600), None);
        assert_eq!(step(BACK + 4 * 3600), Some(None), "it is no news any more");
        assert_eq!(step(BACK + 1).flatten().map(|told| told.episodes), Some(2));
        write(&[presence(BACK + 600, away(BACK + 600))]);
        assert_eq!(step(BACK + 600), Some(None), "nobody is there again");
    }

    #[test]
    fn an_absence_in_which_nothing_happened_is_not_worth_a_word() {
        let folder = tempfile::tempdir().unwrap();
        let wall = Duration::from_secs(LEFT as u64);
        let mut store = Store::open(folder.path(), Keep::default(), Now { wall, boot: wall }).unwrap().store;
        let back = json!({ "state": "back", "why": "locked", "since": BACK, "away_since": LEFT });
        store.append(&[minute(LEFT, 0.4), presence(BACK, back)], false).unwrap();
        let face = Face::open(folder.path()).unwrap();
        assert_eq!(LastAbsence::default().step(&face, &Tariff::default(), BACK).unwrap(), None);
    }
}
