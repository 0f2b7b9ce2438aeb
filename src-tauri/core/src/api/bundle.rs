//! What a verdict rests on, in one file that somebody else can look at: how a wrong answer is reported.
//!
//! It holds what is judged, so that it is judged alike elsewhere, and around it the values, the users and the events of
//! some minutes. Names of programs stay, because they are what the answer is about; command lines are not recorded, and
//! users become numbers that say nothing of them. Deliberately not here: where the file lies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::why::{gather, judged};
use crate::config::Tariff;
use crate::model::answer::{GpuUsages, HistoryQuery, SCHEMA, SessionInfo, Status};
use crate::model::{EventKind, SourceKind};
use crate::store::{Reader, StoreError};
use crate::untrusted::Untrusted;
use crate::why::{METRICS, Scene, Verdict};

/// Seconds around the moment that are told.
const AROUND: i64 = 600;
/// At most so many events.
const EVENTS: usize = 1000;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    schema: u32,
    /// The version that wrote it.
    hoofbeat: String,
    /// Unix seconds of the moment.
    at: i64,
    tariff: Price,
    /// What is judged.
    scenes: Vec<Scene>,
    /// Around it, for people: values, who used the GPUs and in which sessions, what happened, and how often was measured.
    around: serde_json::Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Price {
    price: f64,
    currency: String,
}

/// Why a file is no bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It is something else, or damaged.
    #[error("it is no bundle of `hoofbeat why --bundle`: {0}")]
    Unreadable(String),
    /// A newer Hoofbeat wrote it.
    #[error("a newer Hoofbeat ({0}) wrote it; update this one")]
    Newer(String),
}

impl Bundle {
    pub(super) fn gather(
        reader: &Reader,
        status: &Status,
        at: Option<i64>,
        tariff: Tariff,
        with_users: bool,
    ) -> Result<Option<Bundle>, StoreError> {
        let gathered = gather(reader, status, at)?;
        let Some(at) = gathered.at else { return Ok(None) };
        let mut scenes = gathered.scenes;
        let (since, until) = (at - AROUND, at + AROUND);
        let mut usage = reader.gpu_usages(since, until)?;
        let mut sessions = reader.sessions(None, since, until)?;
        if !with_users {
            mask(&mut scenes, &mut usage, &mut sessions);
        }
        let mut samples = Vec::new();
        for metric in METRICS {
            let query = HistoryQuery { metric: *metric, source: None, since, until, points: 2 * AROUND as usize };
            samples.push(reader.history(&query)?);
        }
        let mut events = reader.events(since, EVENTS)?;
        events.retain(|event| event.ts <= until && is_of_gpu(status, event.source.as_deref()));
        if !with_users {
            events.retain(|event| event.kind != EventKind::Presence);
            // They name who had a GPU open.
            events.iter_mut().for_each(|event| event.detail = serde_json::Value::Null);
        }
        let around = serde_json::json!({
            "tick": status.recorder.tick,
            "recorder": status.recorder.state,
            "samples": samples,
            "usage": usage,
            "sessions": sessions,
            "events": events,
        });
        let (hoofbeat, tariff) = (VERSION.to_owned(), Price { price: tariff.price, currency: tariff.currency });
        Ok(Some(Bundle { schema: SCHEMA, hoofbeat, at, tariff, scenes, around }))
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Bundle, BundleError> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
            hoofbeat: String,
        }
        let wrong = |error: serde_json::Error| BundleError::Unreadable(error.to_string());
        let head: Head = serde_json::from_str(text).map_err(wrong)?;
        if head.schema > SCHEMA {
            return Err(BundleError::Newer(head.hoofbeat.chars().filter(char::is_ascii_graphic).take(20).collect()));
        }
        serde_json::from_str(text).map_err(wrong)
    }

    /// The moment that it is of, in Unix seconds.
    pub fn at(&self) -> i64 {
        self.at
    }

    /// What energy cost there.
    pub fn tariff(&self) -> Tariff {
        let currency = Untrusted::from(self.tariff.currency.as_str()).terminal();
        Tariff { price: self.tariff.price, currency }
    }

    /// The verdict on each GPU.
    pub fn verdicts(&self) -> Vec<Verdict> {
        judged(self.at, &self.scenes)
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn is_of_gpu(status: &Status, source: Option<&str>) -> bool {
    let is_gpu = |id: &str| status.sources.iter().any(|one| one.id == id && one.kind == SourceKind::Gpu);
    source.is_none_or(is_gpu)
}

/// Gives every user a number that says nothing of him: those who come apart still do.
fn mask(scenes: &mut [Scene], usage: &mut GpuUsages, sessions: &mut [SessionInfo]) {
    let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
    let mut number = |uid: &mut Option<u32>| {
        if let Some(uid) = uid {
            let next = numbers.len() as u32 + 1;
            *uid = *numbers.entry(*uid).or_insert(next);
        }
    };
    scenes.iter_mut().flat_map(|scene| &mut scene.users).for_each(|user| number(&mut user.uid));
    usage.gpus.iter_mut().flat_map(|gpu| &mut gpu.usages).for_each(|one| number(&mut one.uid));
    sessions.iter_mut().for_each(|one| number(&mut one.uid));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_bundle_is_said() {
        for text in ["", "garbage", "{}", "[1]", "{\"schema\":1,\"hoofbeat\":\"1\"}"] {
            assert!(matches!(Bundle::parse(text), Err(BundleError::Unreadable(_))), "{text}");
        }
        let newer = Bundle::parse("{\"schema\":99,\"hoofbeat\":\"9.0\\u001b\"}");
        assert_eq!(newer, Err(BundleError::Newer("9.0".to_owned())));
    }
}
