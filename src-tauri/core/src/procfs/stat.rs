//! Parses what `/proc/<pid>` says of a process.
//!
//! A process chooses its name, so `stat` is cut at the LAST `)`: a name may hold parentheses, line breaks and anything
//! else but NUL.

use crate::parse::{lines, number, value_of, words};

/// A thread of the kernel; from the kernel's `PF_KTHREAD`.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// No machine counts this far; such a number is not summed up with honest ones.
const ABSURD: u64 = 1 << 50;

/// The fields of `/proc/<pid>/stat` that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat<'a> {
    pub pid: u32,
    /// What the process calls itself, at most 15 bytes (kernel threads: 63).
    pub comm: &'a [u8],
    /// `R`, `S`, `D`, `Z` …
    pub state: u8,
    pub parent: u32,
    /// Of which session, by the number of the process that began it: 0 where nobody did since the kernel started the first
    /// process, or where that is not of this pid namespace. `None` of one that is just going.
    pub session: Option<u32>,
    pub kernel: bool,
    /// User and system time in clock ticks.
    pub cpu: u64,
    pub threads: u32,
    /// Clock ticks since boot, suspend included.
    pub started: u64,
    /// Resident pages.
    pub pages: u64,
}

impl Stat<'_> {
    /// `None` where a field is missing, cut off, or no number.
    pub(crate) fn parse(text: &[u8]) -> Option<Stat<'_>> {
        let open = text.iter().position(|byte| *byte == b'(')?;
        let close = text.iter().rposition(|byte| *byte == b')').filter(|close| *close > open)?;
        let pid = number(text[..open].trim_ascii())?;
        let mut words = words(&text[close + 1..]);
        let state = *words.next().filter(|word| word.len() == 1)?.first()?;
        let mut field = |skipped: usize| words.nth(skipped).and_then(number);
        let parent = field(0)?;
        // The session is -1 of a process that has just been let go of; so may be what is skipped, such as the terminal.
        let session = field(1).and_then(|session| session.try_into().ok());
        let flags = field(2)?;
        let (user, system) = (field(4)?, field(0)?);
        let threads = field(4)?;
        let started = field(1)?;
        let pages = field(1)?;
        Some(Stat {
            pid: pid.try_into().ok()?,
            comm: &text[open + 1..close],
            state,
            parent: parent.try_into().ok()?,
            session,
            kernel: flags & KERNEL_THREAD != 0,
            cpu: user.checked_add(system).filter(|ticks| *ticks < ABSURD)?,
            threads: threads.try_into().ok()?,
            started,
            pages: Some(pages).filter(|pages| *pages < ABSURD)?,
        })
    }
}

/// Bytes read from and written to storage, from `/proc/<pid>/io`.
pub(crate) fn parse_io(text: &[u8]) -> Option<u64> {
    let value = |key| lines(text).find_map(|line| value_of(line, key));
    value("read_bytes")?.checked_add(value("write_bytes")?).filter(|bytes| *bytes < ABSURD)
}

/// The effective user, from `/proc/<pid>/status`.
pub(crate) fn parse_uid(text: &[u8]) -> Option<u32> {
    let line = lines(text).find_map(|line| line.strip_prefix(b"Uid:"))?;
    number(words(line).nth(1)?)?.try_into().ok()
}

/// When the machine booted, in Unix seconds, from `/proc/stat`.
pub(crate) fn parse_boot_time(text: &[u8]) -> Option<u64> {
    number(words(lines(text).find_map(|line| line.strip_prefix(b"btime "))?).next()?)
}

/// The name of a kernel thread without its CPU, number or current work: `kworker/3:1-events` and its thousand sisters
/// are one thing to a person.
pub(crate) fn kernel_name(comm: &[u8]) -> &[u8] {
    let end = comm.iter().position(|byte| *byte == b'/').filter(|end| *end > 0);
    &comm[..end.unwrap_or(comm.len())]
}

/// The file name in the target of `/proc/<pid>/exe`. The kernel marks a program whose file was replaced.
pub(crate) fn program_name(target: &[u8]) -> Option<&[u8]> {
    let target = target.strip_suffix(b" (deleted)").unwrap_or(target);
    target.rsplit(|byte| *byte == b'/').next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &str = "R 5392 7446 5392 34835 -1 4218880 32533 309516 26 82 1677 44 158 -99 20 0 3 0 82375 56274944 1981 \
        18446744073709551615 4194304 6294284 140736914091744 0 0 0 0 12288 1870679807 0 0 0 17 0 0 0 31 0 0";

    #[test]
    fn a_name_may_hold_anything() {
        #[track_caller]
        fn check(comm: &[u8]) {
            let text = [b"26231 (", comm, b") ", TAIL.as_bytes(), b"\n"].concat();
            let expected = Stat {
                pid: 26231,
                comm,
                state: b'R',
                parent: 5392,
                session: Some(5392),
                kernel: false,
                cpu: 1721,
                threads: 3,
                started: 82375,
                pages: 1981,
            };
            assert_eq!(Stat::parse(&text), Some(expected));
        }
        check(b"vim");
        check(b"a) R 1 (b");
        check(b"a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24");
        check(b"");
        check(b")");
        check(b"((a b ) ( c d) )");
        check(b"line\nbreak");
        check(b"\x1b[31m");
        check(b"\xff\xfe");
    }

    #[test]
    fn what_is_cut_off_or_no_number_is_no_process() {
        #[track_caller]
        fn check(text: &str) {
            assert_eq!(Stat::parse(text.as_bytes()), None);
        }
        let whole = format!("1 (a) {TAIL}");
        check("");
        check("1 (a)");
        check("1 a R 2");
        check("1 )a( R 2");
        check(&whole.replace("1677", "-1677"));
        check(&whole.replace("82375", "99999999999999999999"));
        check(&whole.replace("1981", "x"));
        check(&whole.replace("1981", "18446744073709551615"));
        check(&whole.replace("1677", "9999999999999999"));
        check(&whole.replace("1 (a)", "4294967296 (a)"));
        check(&whole.replace("1677 44", "18446744073709551615 44"));
        check(&whole[..whole.find(" 1981").unwrap()]);
        assert!(Stat::parse(&whole.as_bytes()[..whole.find(" 18446").unwrap()]).is_some());
        assert!(Stat::parse(whole.replace("4218880", "69238880").as_bytes()).is_some_and(|stat| stat.kernel));
    }

    #[test]
    fn a_session_may_have_begun_elsewhere_or_be_left_already() {
        let session = |told: &str| {
            let text = format!("1 (a) {}", TAIL.replacen("7446 5392", &format!("7446 {told}"), 1));
            Stat::parse(text.as_bytes()).map(|stat| (stat.session, stat.cpu))
        };
        assert_eq!(session("5392"), Some((Some(5392), 1721)));
        assert_eq!(session("0"), Some((Some(0), 1721)));
        assert_eq!(session("-1"), Some((None, 1721)));
    }

    #[test]
    fn names_are_what_a_person_calls_them() {
        #[track_caller]
        fn check(target: &str, expected: Option<&str>) {
            assert_eq!(program_name(target.as_bytes()), expected.map(str::as_bytes));
        }
        check("/usr/bin/python3.11", Some("python3.11"));
        check("/usr/bin/Xorg (deleted)", Some("Xorg"));
        check("/memfd:payload (deleted)", Some("memfd:payload"));
        check("relative", Some("relative"));
        check("/", None);
        check("", None);
        for (comm, expected) in [("kworker/3:1-events", "kworker"), ("kswapd0", "kswapd0"), ("/odd", "/odd"), ("", "")]
        {
            assert_eq!(kernel_name(comm.as_bytes()), expected.as_bytes());
        }
    }

    #[test]
    fn io_uid_and_boot_time_are_found_or_absent() {
        let io = b"rchar: 750339\nwchar: 818609\nread_bytes: 1024\nwrite_bytes: 2048\ncancelled_write_bytes: 5\n";
        assert_eq!(parse_io(io), Some(3072));
        assert_eq!(parse_io(b"read_bytes: 18446744073709551615\nwrite_bytes: 2\n"), None);
        assert_eq!(parse_io(b"read_bytes: 1\n"), None);
        assert_eq!(parse_uid(b"Name:\tvim\nUid:\t1000\t1001\t1000\t1000\n"), Some(1001));
        assert_eq!(parse_uid(b"Uid:\t1000\n"), None);
        assert_eq!(parse_uid(b"Uid:\t0\t-1\n"), None);
        assert_eq!(parse_boot_time(b"cpu 1 2\nbtime 1700000000\nprocesses 1\n"), Some(1_700_000_000));
        assert_eq!(parse_boot_time(b"btime x\n"), None);
        assert_eq!(parse_boot_time(b""), None);
    }
}
