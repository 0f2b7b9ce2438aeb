//! The process of a session that gives it the short name of its program.
//!
//! It is the one that had the largest share of the GPU at a time; of equal ones the one with the most memory, and then the
//! first. Deliberately not here: where the name comes from (`identity`).

use crate::model::{GpuUse, Process, Session};
use crate::untrusted::Untrusted;

/// See the module.
#[derive(Debug)]
pub(super) struct Chief {
    /// `None` where an earlier recorder met it.
    process: Option<Process>,
    command: Option<Untrusted>,
    share: f64,
    vram: u64,
}

impl Chief {
    /// The one of a session that an earlier recorder left open.
    pub(super) fn left(one: &Session) -> Option<Chief> {
        let (share, vram) = (one.peak_share.unwrap_or(0.0), one.vram.unwrap_or(0));
        one.command.clone().map(|command| Chief { process: None, command: Some(command), share, vram })
    }

    /// The one after what this process did in a tick.
    pub(super) fn after(before: Option<Chief>, one: &GpuUse) -> Chief {
        let process = Process { pid: one.pid, started: one.started };
        let (share, vram) = (one.share.unwrap_or(0.0), one.vram.unwrap_or(0));
        match before {
            // A shell turns into what it starts.
            Some(chief) if chief.process == Some(process) => {
                let command = one.command.clone().or(chief.command);
                Chief { process: Some(process), command, share: share.max(chief.share), vram: vram.max(chief.vram) }
            }
            Some(chief) if share < chief.share || share == chief.share && vram <= chief.vram => chief,
            _ => Chief { process: Some(process), command: one.command.clone(), share, vram },
        }
    }

    /// The short name of its program.
    pub(super) fn command(&self) -> Option<&Untrusted> {
        self.command.as_ref()
    }
}
