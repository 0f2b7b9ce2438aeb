//! Parses `/proc/self/mountinfo` (or `/proc/mounts` of a capture) and tells which mounts may be asked for their space.
//!
//! Asking a mount whose server is dead never returns, and neither does walking through one, so only local file systems
//! count that no doubtful mount lies above. Deliberately not here: asking.

use std::collections::HashSet;

use super::parse::{lines, number, words};

/// One mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Where, unescaped.
    pub point: Vec<u8>,
    /// What: `ext4`, `nfs4`, …
    pub kind: Vec<u8>,
    /// The device that it is on, as the kernel numbers or names it.
    pub device: Vec<u8>,
    /// Whether all of the file system is mounted here, not a folder of it.
    pub whole: bool,
}

/// File systems on a disk of their own or on the memory of this machine that report honest space. Those with a block
/// device are told by it, so that a new kind needs no line here.
const LOCAL_WITHOUT_DEVICE: &[&[u8]] = &[b"btrfs", b"zfs", b"bcachefs"];

/// Images that are full by nature, such as snaps.
const IMAGES: &[&[u8]] = &[b"squashfs", b"erofs", b"cramfs", b"iso9660", b"udf", b"romfs"];

/// File systems with a block device that ask another program or machine all the same.
const REMOTE_WITH_DEVICE: &[&[u8]] = &[b"fuseblk", b"gfs2", b"ocfs2"];

/// File systems of the kernel's own that answer at once; others without a device are doubtful, `autofs` included.
const HARMLESS: &[&[u8]] = &[
    b"proc",
    b"sysfs",
    b"tmpfs",
    b"devtmpfs",
    b"ramfs",
    b"rootfs",
    b"devpts",
    b"overlay",
    b"cgroup",
    b"cgroup2",
    b"bpf",
    b"mqueue",
    b"hugetlbfs",
    b"debugfs",
    b"tracefs",
    b"securityfs",
    b"configfs",
    b"pstore",
    b"efivarfs",
    b"fusectl",
    b"binfmt_misc",
    b"nsfs",
    b"selinuxfs",
];

impl Mount {
    /// Whether its space is worth recording: a real file system of this machine.
    fn is_local(&self) -> bool {
        let kind = self.kind.as_slice();
        let on_device = !self.device.starts_with(b"0:") && !REMOTE_WITH_DEVICE.contains(&kind);
        // A live system or a container has nothing but an overlay.
        let only_root = kind == b"overlay" && self.point == b"/";
        (on_device || LOCAL_WITHOUT_DEVICE.contains(&kind) || only_root) && !IMAGES.contains(&kind)
    }

    /// Whether a path that leads through it may never end.
    fn is_doubtful(&self) -> bool {
        !self.is_local() && !HARMLESS.contains(&self.kind.as_slice()) && !IMAGES.contains(&self.kind.as_slice())
    }

    fn is_above(&self, other: &Mount) -> bool {
        let Some(rest) = other.point.strip_prefix(self.point.as_slice()) else { return false };
        rest.starts_with(b"/") || self.point == b"/" && rest != b""
    }
}

/// The mounts whose space is recorded: one a device, without those behind a doubtful one.
pub(crate) fn local(mounts: Vec<Mount>) -> Vec<Mount> {
    let doubtful: Vec<Mount> = mounts.iter().filter(|mount| mount.is_doubtful()).cloned().collect();
    let hidden = |mount: &Mount| doubtful.iter().any(|above| above.is_above(mount) || above.point == mount.point);
    let mut local: Vec<Mount> = mounts.into_iter().filter(|mount| mount.is_local() && !hidden(mount)).collect();
    // Of several mounts of one device the whole one with the shortest path is what a person calls it.
    local.sort_by_key(|mount| (!mount.whole, mount.point.len(), mount.point.clone()));
    let (mut devices, mut points) = (HashSet::new(), HashSet::new());
    local.retain(|mount| devices.insert(mount.device.clone()) && points.insert(mount.point.clone()));
    local.sort_by(|a, b| a.point.cmp(&b.point));
    local
}

/// Lines of `/proc/self/mountinfo`; those without the fields that are needed are left out.
pub(crate) fn parse_mountinfo(text: &[u8]) -> Vec<Mount> {
    // 27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
    let parse = |line| {
        let mut words = words(line);
        let device = words.nth(2)?;
        let (major, minor) = device.split_at(device.iter().position(|byte| *byte == b':')?);
        number(major).and(number(&minor[1..]))?;
        let root = words.next()?;
        let point = unescaped(words.next()?);
        let kind = words.skip_while(|word| *word != b"-").nth(1)?.to_vec();
        point.starts_with(b"/").then(|| Mount { point, kind, device: device.to_vec(), whole: root == b"/" })
    };
    lines(text).filter_map(parse).collect()
}

/// Lines of `/proc/mounts`, which name a device and no number.
pub(crate) fn parse_mounts(text: &[u8]) -> Vec<Mount> {
    // /dev/vda / ext4 rw,relatime 0 0
    let parse = |line| {
        let mut words = words(line);
        let device = words.next()?;
        let point = unescaped(words.next()?);
        let kind = words.next()?.to_vec();
        let device = if device.starts_with(b"/dev/") { device.to_vec() } else { [b"0:", device].concat() };
        point.starts_with(b"/").then_some(Mount { point, kind, device, whole: true })
    };
    lines(text).filter_map(parse).collect()
}

/// Undoes the kernel's `\040` for a blank, `\011`, `\012` and `\134`.
pub(crate) fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        let code = match tail {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] if byte == b'\\' => {
                Some((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'))
            }
            _ => None,
        };
        out.push(code.unwrap_or(byte));
        rest = if code.is_some() { &tail[3..] } else { tail };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_file_systems_are_asked_and_each_once() {
        #[track_caller]
        fn check(text: &str, expected: &[&str]) {
            let found = local(parse_mountinfo(text.as_bytes()));
            let points: Vec<_> = found.iter().map(|mount| String::from_utf8_lossy(&mount.point)).collect();
            assert_eq!(points, expected);
        }
        let root = "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n";
        let with = |more: &str| format!("{root}{more}\n");
        check(root, &["/"]);
        check(&with("22 27 0:21 / /proc rw - proc proc rw\n23 27 0:22 / /run rw - tmpfs tmpfs rw"), &["/"]);
        check(&with("40 27 8:1 / /mnt/My\\040Disk rw - xfs /dev/sda1 rw"), &["/", "/mnt/My Disk"]);
        check(&with("41 27 254:0 /var/lib/docker /srv rw - ext4 /dev/vda rw"), &["/"]);
        check(&with("42 27 0:50 / /net rw - nfs4 server:/export rw"), &["/"]);
        check(&with("43 27 8:17 / /media/ntfs rw - fuseblk /dev/sdb1 rw"), &["/"]);
        check(&with("44 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro"), &["/"]);
        check(&with("45 27 0:60 / /merged rw - overlay overlay rw"), &["/"]);
        check("45 27 0:60 / / rw - overlay overlay rw\n", &["/"]);
        // A local disk below a server that may be dead is out of reach, and so is one that a server was mounted over.
        check(&with("42 27 0:50 / /net rw - nfs4 s:/e rw\n46 42 8:33 / /net/disk rw - ext4 /dev/sdc1 rw"), &["/"]);
        check(&with("46 27 8:33 / /d rw - ext4 /dev/sdc1 rw\n47 46 0:51 / /d rw - cifs //s/d rw"), &["/"]);
        check(
            &with("46 27 8:33 / /network rw - ext4 /dev/sdc1 rw\n42 27 0:50 / /net rw - nfs s:/ rw"),
            &["/", "/network"],
        );
        // Subvolumes of btrfs share a device.
        check("1 0 0:30 /@ / rw - btrfs /dev/sda2 rw\n2 1 0:30 /@home /home rw - btrfs /dev/sda2 rw\n", &["/"]);
        check("1 0 8:1 / /b rw - ext4 /dev/sda1 rw\n2 0 8:1 / /a rw - ext4 /dev/sda1 rw\n", &["/a"]);
        check(
            "garbage\n1 2 3 4 5 6 7\n1 0 x:y / /a rw - ext4 a\n1 0 8:1 / relative rw - ext4 a\n1 0 8:1 / /a rw -",
            &[],
        );
        check("", &[]);
    }

    #[test]
    fn mounts_without_numbers_are_told_by_name() {
        let text = b"/dev/vda / ext4 rw 0 0\nproc /proc proc rw 0 0\nserver:/e /net nfs4 rw 0 0\n/dev/vda /again ext4 rw 0 0\n";
        let found = local(parse_mounts(text));
        assert_eq!(found.iter().map(|mount| mount.point.as_slice()).collect::<Vec<_>>(), [b"/"]);
        assert_eq!(parse_mounts(b"\xff\xfe\n/dev/a\n/dev/a b\n"), []);
    }

    #[test]
    fn the_octal_escapes_of_the_kernel_are_undone() {
        #[track_caller]
        fn check(text: &[u8], expected: &[u8]) {
            assert_eq!(unescaped(text), expected);
        }
        check(b"/mnt/My\\040Disk", b"/mnt/My Disk");
        check(b"\\134\\012\\377", b"\\\n\xff");
        check(b"\\400\\08\\", b"\\400\\08\\");
        check(b"", b"");
    }
}
