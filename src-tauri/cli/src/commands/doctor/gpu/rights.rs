//! Whether Hoofbeat may see who uses the GPUs, and read what their drivers say.
//!
//! Decided from what the kernel tells of us and of the files' rights; none of the files is opened.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use hoofbeat_core::autostart::own_program;

use super::super::Finding;
use super::Machine;
use super::cards::{Card, Maker};

/// The first space of process numbers, which is the host's; its number is fixed in the kernel.
const HOST: &str = "pid:[4026531836]";

/// The right to look at the descriptors of others' processes, in the kernel's list of rights.
const PTRACE: u32 = 19;

/// All checks of rights.
pub(super) fn check(machine: &Machine, cards: &[Card]) -> Vec<Finding> {
    let by_descriptors = cards.iter().any(|card| matches!(card.maker, Maker::Amd | Maker::Intel));
    let by_driver = cards.iter().any(|card| card.maker == Maker::Nvidia);
    let mut findings = Vec::new();
    if by_driver || by_descriptors {
        findings.extend(space(machine));
        findings.extend(hidden(machine).or_else(|| others(machine).filter(|_| by_descriptors)));
    }
    let denied = |card: &Card| card.maker == Maker::Amd && is_denied(&card.folder.join("gpu_metrics"));
    findings.extend(cards.iter().filter(|card| denied(card)).map(|card| {
        let file = card.folder.join("gpu_metrics");
        let message = format!("{} may not be read: load, power and temperatures may be missing", file.display());
        Finding::warning(
            "rights",
            message,
            format!("`sudo chmod a+r {}`, or run outside of the sandbox", file.display()),
        )
    }));
    findings
}

/// Drivers tell the host's numbers of processes, which mean nothing, or somebody else, in a container.
fn space(machine: &Machine) -> Option<Finding> {
    let space = fs::read_link(machine.roots.proc.join("self/ns/pid")).ok()?;
    (space.as_os_str() != HOST).then(|| {
        let message = "Hoofbeat runs in a container: processes outside of it cannot be seen, nor named";
        Finding::warning("processes", message, "run it on the host, or give the container the host's (`--pid=host`)")
    })
}

/// Others' processes can be hidden altogether.
fn hidden(machine: &Machine) -> Option<Finding> {
    let mounts = machine.text(&machine.roots.proc.join("self/mounts"))?;
    let option = mounts.lines().find_map(|line| {
        let mut columns = line.split(' ');
        let (place, kind, options) = (columns.nth(1)?, columns.next()?, columns.next()?);
        let is_proc = place == "/proc" && kind == "proc";
        is_proc.then(|| options.split(',').find_map(|option| option.strip_prefix("hidepid="))).flatten()
    })?;
    let hides = !matches!(option, "0" | "off");
    (hides && has(machine, PTRACE) != Some(true)).then(|| {
        let message =
            format!("/proc hides others' processes (hidepid={option}): their use of a GPU shows as a remainder");
        Finding::warning("processes", message, format!("give Hoofbeat the right to see them: {}", grant()))
    })
}

/// What a process has open is its user's own business, and its use of a GPU stands there.
fn others(machine: &Machine) -> Option<Finding> {
    (!has(machine, PTRACE)?).then(|| {
        let message = "other users' processes cannot be looked into: their use of a GPU shows as a remainder";
        Finding::warning("processes", message, format!("where that matters: {}", grant()))
    })
}

fn grant() -> String {
    let program = own_program().map_or("hoofbeat".into(), |program| program.display().to_string());
    format!("`sudo setcap cap_sys_ptrace+ep {program}`")
}

/// Whether this process has a right; `None` where nothing tells.
fn has(machine: &Machine, right: u32) -> Option<bool> {
    let status = machine.text(&machine.roots.proc.join("self/status"))?;
    let rights = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    Some(u64::from_str_radix(rights.trim(), 16).ok()? >> right & 1 == 1)
}

/// Whether a file is there and closed to us. Asking for its rights asks the kernel alone, and not the driver behind it.
fn is_denied(file: &Path) -> bool {
    let groups = rustix::process::getgroups().unwrap_or_default();
    let groups: Vec<u32> = groups.into_iter().chain([rustix::process::getegid()]).map(|group| group.as_raw()).collect();
    let user = rustix::process::geteuid().as_raw();
    fs::metadata(file).is_ok_and(|meta| !may_read(&meta, user, &groups))
}

fn may_read(meta: &Metadata, user: u32, groups: &[u32]) -> bool {
    let bit = match () {
        () if user == 0 => return true,
        () if meta.uid() == user => 0o400,
        () if groups.contains(&meta.gid()) => 0o040,
        () => 0o004,
    };
    meta.mode() & bit != 0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_closed_to_those_whom_its_rights_leave_out() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let check = |mode: u32, user: fn(&Metadata) -> (u32, u32), expected: bool| {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
            let meta = fs::metadata(file.path()).unwrap();
            let (user, group) = user(&meta);
            assert_eq!(may_read(&meta, user, &[group]), expected, "{mode:o} {user} {group}");
        };
        let stranger = |meta: &Metadata| (meta.uid() + 7, meta.gid() + 7);
        check(0o444, stranger, true);
        check(0o440, stranger, false);
        check(0o440, |meta| (meta.uid() + 7, meta.gid()), true);
        check(0o000, |_| (0, 0), true);
        check(0o400, |meta| (meta.uid(), meta.gid()), true);
    }
}
