//! The file system sensor: used, usable and total space of the local file systems, every 10 s.
//!
//! Used and total are the columns "Used" and "Size" of `df`. Usable is "Used" and "Avail" together, of which `df` says how
//! many percent are in use: blocks that only root may take (5 % of most ext4) are in neither, and whoever is not root finds
//! the disk full once the rest is. Which mounts are asked is decided in `mounts`. The space of a captured machine cannot be asked, and that of
//! this machine is not its, so there each file system says that it was not read. Deliberately not here: the disks below.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::input::{Buffer, Input};
use super::mounts::{self, Mount};
use super::names::escaped;
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Health, Source, SourceKind};
use crate::say;
use crate::untrusted::Untrusted;

/// See the module.
pub struct Filesystems {
    roots: Roots,
    /// Whether the mounts are this machine's.
    is_here: bool,
    input: Input,
    /// By mount point.
    sources: HashMap<Vec<u8>, Arc<Source>>,
    buffer: Buffer,
}

impl Filesystems {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        let input = Input::new(roots, roots.proc.join("self/mountinfo"));
        // A root may stand for this machine in part, and have the real `/proc` in it, as the demo's has.
        let is_here = roots.live() || std::fs::canonicalize(&roots.proc).is_ok_and(|proc| proc == Path::new("/proc"));
        Box::new(Filesystems {
            roots: roots.clone(),
            is_here,
            input,
            sources: HashMap::new(),
            buffer: Buffer::default(),
        })
    }

    fn mounts(&mut self) -> Result<Vec<Mount>, SensorError> {
        let error = match self.input.read(&mut self.buffer) {
            Ok(text) => return Ok(mounts::parse_mountinfo(text)),
            Err(error) => SensorError::io(self.input.path(), &error),
        };
        let mut older = Input::reopened(self.roots.proc.join("mounts"));
        older.read(&mut self.buffer).map(mounts::parse_mounts).map_err(|_| error)
    }
}

impl Sensor for Filesystems {
    fn interval(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn sample(&mut self, _clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let mounts = mounts::local(self.mounts()?);
        self.sources.retain(|point, _| mounts.iter().any(|mount| mount.point == *point));
        for mount in mounts {
            let source = self.sources.entry(mount.point).or_insert_with_key(|point| {
                let id = format!("fs:{}", escaped(point));
                Source::whole(SourceKind::Filesystem, id, Untrusted::new(point.clone()))
            });
            if !self.is_here {
                batch.condition(source, Health::Unsupported, say!("the space of a captured machine cannot be asked"));
                continue;
            }
            let path = Path::new(OsStr::from_bytes(source.label.as_bytes()));
            match rustix::fs::statvfs(path) {
                Ok(space) => match Space::of(space.f_frsize, space.f_blocks, space.f_bfree, space.f_bavail) {
                    Some(space) => {
                        // First, because rules compare what is used with it.
                        batch.put(source, Metric::DiskUsable, space.usable);
                        batch.put(source, Metric::DiskUsed, space.used);
                        batch.put(source, Metric::DiskTotal, space.total);
                    }
                    None => batch.condition(source, Health::Unsupported, say!("it does not tell its space")),
                },
                Err(error) => {
                    let SensorError { health, reason } = SensorError::io(path, &error.into());
                    batch.condition(source, health, escaped(reason.as_bytes()));
                }
            }
        }
        Ok(())
    }
}

/// Bytes of a file system.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Space {
    used: f64,
    usable: f64,
    total: f64,
}

impl Space {
    /// From the fields of `statvfs`; `None` for a file system without blocks.
    fn of(block: u64, blocks: u64, free: u64, available: u64) -> Option<Space> {
        let used = blocks.checked_sub(free).filter(|_| blocks > 0)?;
        let bytes = |blocks: u64| blocks as f64 * block as f64;
        // More available than free is no reserve: such a file system does not tell the two apart.
        Some(Space { used: bytes(used), usable: bytes(used + available.min(free)), total: bytes(blocks) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Condition;

    #[test]
    fn space_is_counted_as_df_does() {
        #[track_caller]
        fn check(block: u64, [blocks, free, available]: [u64; 3], expected: Option<[f64; 3]>) {
            let space = Space::of(block, blocks, free, available);
            assert_eq!(space.map(|space| [space.used, space.usable, space.total]), expected);
        }
        check(4096, [1000, 400, 400], Some([600.0, 1000.0, 1000.0].map(|blocks| blocks * 4096.0)));
        check(512, [10, 0, 0], Some([5120.0, 5120.0, 5120.0]));
        // Five of a hundred blocks are root's; nobody else has any left; root has taken some of its own.
        check(1, [100, 45, 40], Some([55.0, 95.0, 100.0]));
        check(1, [100, 5, 0], Some([95.0, 95.0, 100.0]));
        check(1, [100, 2, 0], Some([98.0, 98.0, 100.0]));
        check(1, [100, 45, u64::MAX], Some([55.0, 100.0, 100.0]));
        check(4096, [0, 0, 0], None);
        check(4096, [10, 11, 11], None);
    }

    #[test]
    fn this_machine_has_a_root() {
        has_a_root(&Roots::at(Path::new("/")));
        // One that is this machine but for what is read elsewhere.
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/proc", folder.path().join("proc")).unwrap();
        has_a_root(&Roots::at(folder.path()));
    }

    fn has_a_root(roots: &Roots) {
        let mut batch = Batch::default();
        Filesystems::boxed(roots).sample(&crate::clock::SystemClock, &mut batch).unwrap();
        let parts = batch.into_parts();
        let captured = |(_, condition): &(Arc<Source>, Condition)| condition.reason.contains("captured");
        assert!(!parts.conditions.iter().any(captured), "{:?}", parts.conditions);
        let readings = parts.readings;
        let of = |metric| readings.iter().find(|r| r.source.id == "fs:/" && r.metric == metric).map(|r| r.stored);
        let bytes = |metric: Metric| of(metric).map(|stored| metric.to_value(stored as f64));
        if let (Some(used), Some(usable), Some(total)) =
            (bytes(Metric::DiskUsed), bytes(Metric::DiskUsable), bytes(Metric::DiskTotal))
        {
            // Rounded to whole MiB.
            let most = |one: f64, other: f64| one - other <= f64::from(1 << 20);
            assert!(used > 0.0 && most(used, usable) && most(usable, total), "{used} {usable} {total}");
        } else {
            println!("skipped: the root of this machine is no local file system");
        }
    }
}
