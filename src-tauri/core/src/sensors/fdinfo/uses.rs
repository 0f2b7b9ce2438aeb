//! From what fdinfo tells of processes to named uses of a GPU.
//!
//! Deliberately not here: how busy the GPU is altogether, which its own files tell.

use std::sync::Arc;
use std::time::Duration;

use super::Scan;
use super::scan::ProcessUse;
use crate::model::{Batch, Source};
use crate::sensors::gpu::clients::{Clients, Figures};

/// The driver whose engines tell whether they encode or decode. Intel's do both under one name.
const TELLS_VIDEO: &[u8] = b"amdgpu";

/// Puts what each visible process does on the device of this address.
pub(crate) fn put(
    scan: &Scan,
    address: &str,
    source: &Arc<Source>,
    clients: &mut Clients,
    boot: Duration,
    batch: &mut Batch,
) {
    for process in scan.processes().iter().filter(|process| &*process.device == address) {
        let figures = figures(process, scan.passed());
        batch.gpu_use(clients.name(source, process.pid, figures, boot, None));
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
