//! Whether a program that is known runs from another file than before, at the same path: pure.
//!
//! What alarms is who uses a GPU; that its file is another one is worth a note, because nearly always an update did that.
//! So a content that was seen before, also of another program with this path (an interpreter's scripts, two users), is no news;
//! and a file that is built anew all day long is told once, until it has rested for a day. Deliberately not here: what is in a
//! file (`fingerprint`), and whose programs are known (`baseline`).

use std::collections::{BTreeMap, BTreeSet};

use super::baseline::Who;
use crate::model::binary::BinaryRow;
use crate::untrusted::Untrusted;

const DAY: i64 = 86_400;

/// So many contents of one file are remembered, those that were seen last.
const CONTENTS: usize = 8;

/// So many files are remembered.
const FILES: usize = 2048;

type Whose = (Who, Untrusted);

/// What is known of files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Binaries {
    files: BTreeMap<Whose, Vec<Content>>,
    changed: BTreeSet<(Whose, String)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Content {
    text: String,
    first: i64,
    seen: i64,
}

impl Binaries {
    /// As it was kept.
    pub fn restored(rows: Vec<BinaryRow>) -> Binaries {
        let mut files: BTreeMap<Whose, Vec<Content>> = BTreeMap::new();
        for row in rows {
            let content = Content { text: row.content, first: row.first, seen: row.seen };
            files.entry(((row.key, row.uid), row.path)).or_default().push(content);
        }
        Binaries { files, changed: BTreeSet::new() }
    }

    /// A user's program was seen at work from this path with this content. Gives the content that it had before, where
    /// that it has another one is news.
    pub fn see(&mut self, who: &Who, path: &Untrusted, content: &str, ts: i64) -> Option<String> {
        let elsewhere = self.files.iter().any(|((other, file), contents)| {
            file == path && other != who && contents.iter().any(|known| known.text == content)
        });
        let whose = (who.clone(), path.clone());
        if self.files.len() >= FILES && !self.files.contains_key(&whose) {
            self.forget_oldest();
        }
        let contents = self.files.entry(whose.clone()).or_default();
        if let Some(known) = contents.iter_mut().find(|known| known.text == content) {
            // A write a day is enough for knowing which are in use.
            if ts.saturating_sub(known.seen) >= DAY {
                known.seen = ts;
                self.changed.insert((whose, content.to_owned()));
            }
            return None;
        }
        let newest = contents.iter().map(|known| known.first).max();
        let restless = contents.len() > 1 && newest.is_some_and(|newest| ts.saturating_sub(newest) < DAY);
        let before = contents.iter().max_by_key(|known| (known.seen, known.first)).map(|known| known.text.clone());
        contents.push(Content { text: content.to_owned(), first: ts, seen: ts });
        if contents.len() > CONTENTS
            && let Some((at, _)) = contents.iter().enumerate().min_by_key(|(_, known)| (known.seen, known.first))
        {
            let gone = contents.remove(at);
            self.changed.insert((whose.clone(), gone.text));
        }
        self.changed.insert((whose, content.to_owned()));
        before.filter(|_| !elsewhere && !restless)
    }

    /// The rows that have changed since the last call; one that was seen at 0 is to be removed.
    pub fn take_changes(&mut self) -> Vec<BinaryRow> {
        let row = |(whose, text): (Whose, String)| {
            let known = self.files.get(&whose).and_then(|all| all.iter().find(|known| known.text == text));
            let (first, seen) = known.map_or((0, 0), |known| (known.first, known.seen));
            let ((key, uid), path) = whose;
            BinaryRow { key, uid, path, content: text, first, seen }
        };
        std::mem::take(&mut self.changed).into_iter().map(row).collect()
    }

    /// Everything counts as changed.
    pub fn retell(&mut self) {
        let all = self.files.iter();
        self.changed = all
            .flat_map(|(whose, contents)| contents.iter().map(|known| (whose.clone(), known.text.clone())))
            .collect();
    }

    fn forget_oldest(&mut self) {
        let seen = |contents: &[Content]| contents.iter().map(|known| known.seen).max();
        let oldest = self.files.iter().min_by_key(|(_, contents)| seen(contents)).map(|(whose, _)| whose.clone());
        let Some(whose) = oldest else { return };
        for gone in self.files.remove(&whose).unwrap_or_default() {
            self.changed.insert((whose.clone(), gone.text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sees one content of a file of this program at an hour.
    fn see(binaries: &mut Binaries, key: &str, path: &str, content: &str, hour: i64) -> Option<String> {
        binaries.see(&(key.into(), Some(1000)), &path.into(), content, hour * 3600)
    }

    #[test]
    fn another_content_at_the_same_path_is_news_once() {
        let mut all = Binaries::default();
        let mut at = |content: &str, hour| see(&mut all, "program:blender", "/usr/bin/blender", content, hour);
        assert_eq!(at("a", 0), None, "nothing is known of it");
        assert_eq!(at("a", 100), None);
        assert_eq!(at("b", 101).as_deref(), Some("a"));
        assert_eq!(at("b", 102), None);
        assert_eq!(at("a", 103), None, "both are known: two containers, an update that was taken back");
        assert_eq!(see(&mut all, "program:blender", "/opt/blender", "c", 104), None, "another path is another file");
    }

    #[test]
    fn one_file_of_many_programs_and_users_is_one_piece_of_news() {
        let mut all = Binaries::default();
        let python = "/usr/bin/python3.11";
        assert_eq!(see(&mut all, "script:a.py", python, "old", 0), None);
        assert_eq!(see(&mut all, "script:b.py", python, "old", 0), None);
        assert_eq!(see(&mut all, "script:a.py", python, "new", 50).as_deref(), Some("old"));
        assert_eq!(see(&mut all, "script:b.py", python, "new", 51), None);
        assert_eq!(all.see(&("script:a.py".into(), Some(7)), &python.into(), "new", 0), None);
    }

    #[test]
    fn what_is_built_anew_all_day_is_told_once_until_it_has_rested() {
        let mut all = Binaries::default();
        let builds = |all: &mut Binaries, hours: std::ops::Range<i64>| {
            hours.filter(|hour| see(all, "program:nn", "/home/ada/nn", &format!("{hour}"), *hour).is_some()).count()
        };
        assert_eq!(builds(&mut all, 0..30), 1);
        assert_eq!(builds(&mut all, 50..60), 0);
        assert_eq!(builds(&mut all, 90..95), 1);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_kept_as_it_is() {
        let mut all = Binaries::default();
        for hour in 0..20 {
            see(&mut all, "program:nn", "/home/ada/nn", &format!("{hour}"), 1 + hour);
        }
        let rows = all.take_changes();
        let (gone, kept): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.seen == 0);
        assert_eq!((gone.len(), kept.len()), (20 - CONTENTS, CONTENTS));
        assert_eq!(all.take_changes(), []);
        assert_eq!(see(&mut all, "program:nn", "/home/ada/nn", "19", 22), None);
        assert_eq!(all.take_changes(), [], "seen a while ago");
        see(&mut all, "program:nn", "/home/ada/nn", "19", 50);
        assert_eq!(all.take_changes().len(), 1);
        let mut again = Binaries::restored(kept);
        assert_eq!(see(&mut again, "program:nn", "/home/ada/nn", "19", 23), None);
        assert_eq!(see(&mut again, "program:nn", "/home/ada/nn", "x", 60).as_deref(), Some("19"));
        for file in 0..FILES as i64 {
            see(&mut again, "program:nn", &format!("/{file}"), "x", 100 + file);
        }
        assert_eq!(again.files.len(), FILES);
        assert!(!again.files.keys().any(|(_, path)| *path == "/home/ada/nn".into()));
        again.take_changes();
        again.retell();
        assert_eq!(again.take_changes().len(), FILES);
    }
}
