//! The lines of `top`: one process with what it used, as `--json` tells it.

use hoofbeat_core::api::{GpuShare, ProcessNow, Seen, Users};
use hoofbeat_core::identity::Identity;
use hoofbeat_core::model::HIDDEN;
use hoofbeat_core::untrusted::Untrusted;
use serde::Serialize;

/// One process.
#[derive(Serialize)]
pub struct Line {
    pub pid: u32,
    /// Unix seconds; not known of one that cannot be seen.
    pub started: Option<f64>,
    identity: String,
    #[serde(flatten)]
    pub more: More,
    /// Empty where it is not known.
    pub user: String,
    /// Percent of one core; not known of one that cannot be seen, nor of a captured machine's past.
    pub cpu: Option<f64>,
    /// Bytes.
    pub memory: Option<u64>,
    pub gpus: Vec<Share>,
    /// Percent of one GPU, of all GPUs together.
    #[serde(skip)]
    pub share: Option<f64>,
    /// Bytes on all GPUs together.
    #[serde(skip)]
    pub vram: Option<u64>,
}

/// What else is known of an identity; what is not known is left out.
#[derive(Serialize)]
pub struct More {
    /// The same for all that belongs together.
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<String>,
    /// All of it, for people.
    #[serde(skip)]
    pub in_full: String,
}

/// What a process uses of a GPU; what its driver does not tell is `null`.
#[derive(Serialize)]
pub struct Share {
    source: String,
    /// Percent.
    share: Option<f64>,
    /// Bytes.
    vram: Option<u64>,
}

impl Line {
    /// Of one process.
    pub fn of(process: ProcessNow, users: &mut Users) -> Line {
        let (share, vram) = (process.share(), process.vram());
        let shares = |gpus: Vec<GpuShare>| {
            gpus.into_iter().map(|gpu| Share { source: gpu.source, share: gpu.share, vram: gpu.vram }).collect()
        };
        let ProcessNow { pid, seen, cpu, gpus } = process;
        match seen {
            Seen::Here(process) => Line {
                pid,
                started: Some(process.started),
                identity: process.identity.label.json().into_owned(),
                more: More::of(&process.identity),
                user: users.name(process.uid),
                cpu,
                memory: Some(process.memory),
                gpus: shares(gpus),
                share,
                vram,
            },
            Seen::Hidden { identity, key, uid } => Line {
                pid,
                started: None,
                identity: identity.json().into_owned(),
                more: More::hidden(&identity, &key),
                user: uid.map(|uid| users.name(uid)).unwrap_or_default(),
                cpu,
                memory: None,
                gpus: shares(gpus),
                share,
                vram,
            },
        }
    }
}

impl More {
    fn of(identity: &Identity) -> More {
        let text = |text: &Option<Untrusted>| text.as_ref().map(|text| text.json().into_owned());
        More {
            key: identity.key.json().into_owned(),
            detail: text(&identity.detail),
            parent: text(&identity.parent),
            via: text(&identity.via),
            in_full: identity.in_full().json().into_owned(),
        }
    }

    fn hidden(identity: &Untrusted, key: &Untrusted) -> More {
        // Some are called that already.
        let note = if key.as_bytes() == HIDDEN.as_bytes() { "" } else { " (not visible)" };
        let in_full = format!("{}{note}", identity.json());
        More { key: key.json().into_owned(), detail: None, parent: None, via: None, in_full }
    }
}
