//! From what fdinfo tells of processes to named uses of a GPU.
//!
//! A share is smoothed over some seconds; the seconds that were used, and what all processes together explain of the GPU's
//! load, are those since the last sample. Deliberately not here: how busy the GPU is altogether, which its own files tell.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Scan;
use super::scan::ProcessUse;
use crate::model::{Batch, Source};
use crate::sensors::gpu::clients::{Clients, Figures};
use crate::sensors::gpu::smooth::Smooth;

/// The driver whose engines tell whether they encode or decode. Intel's do both under one name.
const TELLS_VIDEO: &[u8] = b"amdgpu";

/// The smoothed shares of a GPU's processes, which are told apart by number and start.
pub(crate) type Shares = Smooth<(u32, u64)>;

/// Puts what each visible process does on the device of this address, whose shares are kept in `shares`.
pub(crate) fn put(
    scan: &Scan,
    address: &str,
    source: &Arc<Source>,
    shares: &mut Shares,
    clients: &mut Clients,
    boot: Duration,
    batch: &mut Batch,
) {
    let own = |process: &ProcessUse| &*process.device == address;
    let processes: Vec<ProcessUse> = scan.processes().into_iter().filter(own).collect();
    smooth(shares, &processes, boot);
    for process in &processes {
        let mut figures = figures(process, scan.passed());
        figures.share = figures.share.map(|_| shares.of(key(process)));
        batch.gpu_use(clients.name(source, process.pid, figures, boot, None));
    }
}

fn key(process: &ProcessUse) -> (u32, u64) {
    (process.pid, process.started)
}

/// Takes in what the processes did. Where there are some, and nothing is known of any, that is not to do nothing.
fn smooth(shares: &mut Shares, processes: &[ProcessUse], boot: Duration) {
    let known: HashMap<_, _> = processes.iter().filter_map(|one| Some((key(one), one.share()?))).collect();
    if !known.is_empty() || processes.is_empty() {
        shares.take(boot, &known, |one| processes.iter().any(|process| key(process) == one));
    }
}

fn figures(process: &ProcessUse, passed: Option<Duration>) -> Figures {
    let seconds = |percent: Option<f64>| Some(percent? / 100.0 * passed?.as_secs_f64());
    let video = |prefix: &[u8]| {
        let engines = process.engines.iter().flatten().filter(|_| process.driver == TELLS_VIDEO);
        engines.filter(|share| share.engine.starts_with(prefix)).map(|share| share.percent).reduce(f64::max)
    };
    let share = process.share();
    Figures {
        share,
        vram: process.local,
        busy: seconds(share),
        encoder: seconds(video(b"enc")),
        decoder: seconds(video(b"dec")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::fdinfo::Share;

    #[test]
    fn what_an_engine_does_is_told_only_where_its_name_does() {
        let process = |driver: &str, engines: Option<&[(&str, f64)]>| ProcessUse {
            pid: 7,
            started: 1,
            device: "0000:03:00.0".into(),
            driver: driver.into(),
            engines: engines.map(|all| {
                all.iter().map(|(engine, percent)| Share { engine: (*engine).into(), percent: *percent }).collect()
            }),
            local: Some(5),
            system: Some(9),
        };
        let busy = [("gfx", 40.0), ("enc", 10.0), ("enc_1", 20.0), ("dec", 5.0)];
        let told = figures(&process("amdgpu", Some(&busy)), Some(Duration::from_secs(2)));
        let expected =
            Figures { share: Some(40.0), vram: Some(5), busy: Some(0.8), encoder: Some(0.4), decoder: Some(0.1) };
        assert_eq!(told, expected);
        let told = figures(&process("xe", Some(&[("vcs", 50.0), ("enc", 1.0)])), Some(Duration::from_secs(1)));
        assert_eq!((told.share, told.encoder, told.decoder), (Some(50.0), None, None));
        // At its first reading nothing is known but its memory.
        let told = figures(&process("amdgpu", None), Some(Duration::from_secs(1)));
        assert_eq!(told, Figures { vram: Some(5), ..Figures::default() });
    }
}
