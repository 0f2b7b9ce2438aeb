//! Turns what hardware and file systems call themselves into ids of sources.
//!
//! An id is printed raw everywhere, so whatever could move a cursor, break a line or turn the reading direction is
//! escaped here, once. Deliberately not here: labels, which stay as they came inside `Untrusted`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Ids are keys of the database and stand in tables on a terminal: longer names end in a checksum.
const LONGEST: usize = 200;

/// `bytes` as the tail of an id: letters, digits, ASCII punctuation and spaces as they are, `\xNN` for the rest.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c != '\\' && (c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric()) {
                out.push(c);
            } else {
                let mut utf8 = [0; 4];
                c.encode_utf8(&mut utf8).bytes().for_each(|byte| push_hex(&mut out, byte));
            }
        }
        chunk.invalid().iter().for_each(|byte| push_hex(&mut out, *byte));
    }
    if out.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| out.is_char_boundary(*at)).unwrap_or(0);
        out.truncate(end);
        let _ = write!(out, "~{:08x}", crc32fast::hash(bytes));
    }
    out
}

fn push_hex(out: &mut String, byte: u8) {
    // Writing into a string cannot fail.
    let _ = write!(out, "\\x{byte:02x}");
}

/// Makes names unique: those that occur more than once get `/` and what `suffix` says of them, and `#2`, `#3` … where
/// even that is not enough.
pub(crate) fn unique<T>(items: &[T], name: impl Fn(&T) -> String, suffix: impl Fn(&T) -> String) -> Vec<String> {
    let mut names: Vec<String> = items.iter().map(name).collect();
    let counts = |names: &[String]| {
        let mut counts: HashMap<String, usize> = HashMap::new();
        names.iter().for_each(|name| *counts.entry(name.clone()).or_default() += 1);
        counts
    };
    let first = counts(&names);
    for (name, item) in names.iter_mut().zip(items) {
        if first[name] > 1 {
            *name = format!("{name}/{}", suffix(item));
        }
    }
    let mut taken = HashSet::new();
    for name in &mut names {
        let free = |candidate: &String| !taken.contains(candidate);
        if !free(name) {
            *name = (2..).map(|n| format!("{name}#{n}")).find(free).unwrap_or_default();
        }
        taken.insert(name.clone());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_nothing_that_moves_a_cursor() {
        #[track_caller]
        fn check(bytes: &[u8], expected: &str) {
            assert_eq!(escaped(bytes), expected);
        }
        check(b"/home", "/home");
        check("/mnt/données 東".as_bytes(), "/mnt/données 東");
        check(b"a\nb\x1b[31m\x7f", "a\\x0ab\\x1b[31m\\x7f");
        check(b"back\\slash", "back\\x5cslash");
        check(b"\xff\xfe", "\\xff\\xfe");
        check("\u{202e}gnp".as_bytes(), "\\xe2\\x80\\xaegnp");
        check(b"", "");
        let (long, other) = (escaped(&[b'x'; 5000]), escaped(&[b'x'; 5001]));
        assert!(long.len() < 220 && long != other);
    }

    #[test]
    fn names_are_made_unique() {
        #[track_caller]
        fn check(items: &[(&str, &str)], expected: &[&str]) {
            assert_eq!(unique(items, |item| item.0.into(), |item| item.1.into()), expected);
        }
        check(&[("CPU", "temp1"), ("GPU", "temp2")], &["CPU", "GPU"]);
        check(&[("CPU", "temp1"), ("CPU", "fan1")], &["CPU/temp1", "CPU/fan1"]);
        check(&[("a", "x"), ("a", "x"), ("a", "x")], &["a/x", "a/x#2", "a/x#3"]);
        check(&[("a", "x"), ("a", "y"), ("a/x", "z")], &["a/x", "a/y", "a/x#2"]);
        check(&[("b#2", ""), ("a", "b"), ("a", "b"), ("a/b#2", "")], &["b#2", "a/b", "a/b#2", "a/b#2#2"]);
    }
}
