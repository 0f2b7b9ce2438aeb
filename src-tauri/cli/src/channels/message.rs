//! An alert as other programs get it: the one place where its JSON is made. README documents the shape.

use hoofbeat_core::api::SCHEMA;
use hoofbeat_core::engine::{Digest, DigestItem, Notice, NoticePhase, words};
use hoofbeat_core::model::rule::{Severity, Watched};
use hoofbeat_core::untrusted::Untrusted;
use serde_json::{Value, json};

use crate::wording;

/// The longest text, in characters, of one field: a name may be as long as who chose it likes.
const LONGEST: usize = 2000;

/// What is told of an alert.
#[derive(Debug, PartialEq)]
pub struct Message {
    /// `fired`, `again`, `cleared` or `digest`.
    pub phase: &'static str,
    /// How much its rule matters.
    pub severity: Severity,
    /// The news, in one line for people.
    pub title: String,
    /// The rest, in one line for people.
    pub body: String,
    /// All of it.
    pub json: String,
}

impl Message {
    /// What is told of a notice at a Unix second.
    pub fn of(notice: &Notice, at: i64) -> Message {
        let Notice { rule, source, who, value, since, .. } = notice;
        let phase = match notice.phase {
            NoticePhase::Fired => "fired",
            NoticePhase::Again { .. } => "again",
            NoticePhase::Cleared { .. } => "cleared",
        };
        let title = sentence(&words::title(notice, &Untrusted::notification));
        let body = sentence(&words::body(notice, &Untrusted::notification));
        let limit = matches!(rule.watched, Watched::Metric { .. }).then_some(rule.fire.limit);
        let json = json!({
            "schema": SCHEMA,
            "phase": phase,
            "rule": rule.id,
            "severity": rule.severity,
            "source": { "id": source.id, "label": shortened(&source.label.json()) },
            "who": who.as_ref().map(|who| shortened(&who.name.json())),
            "value": value,
            "unit": words::unit(rule),
            "limit": limit,
            "title": title,
            "body": body,
            "since": since,
            "at": at,
        });
        Message { phase, severity: rule.severity, title, body, json: json.to_string() }
    }

    /// What is told of alerts that were not told one by one; it matters as much as the worst of them.
    pub fn of_digest(digest: &Digest) -> Message {
        let severity = digest.items.iter().map(|item| item.severity).max();
        let severity = severity.unwrap_or(Severity::Info);
        let title = sentence(&wording::digest_title(digest));
        let body = wording::digest_body(digest).lines().map(sentence).collect::<Vec<_>>().join("\n");
        let item = |item: &DigestItem| {
            let over = item.over.map(|over| json!({ "times": over.times, "seconds": over.seconds }));
            let (title, source) = (sentence(&item.title.json()), json!({ "id": item.source }));
            json!({
                "rule": item.rule, "severity": item.severity, "source": source, "title": title, "since": item.since,
                "over": over,
            })
        };
        let items: Vec<Value> = digest.items.iter().map(item).collect();
        let json = json!({
            "schema": SCHEMA,
            "phase": "digest",
            "severity": severity,
            "items": items,
            "more": digest.more,
            "title": title,
            "body": body,
            "at": digest.ts,
        });
        Message { phase: "digest", severity, title, body, json: json.to_string() }
    }

    /// Whether it matters at least that much.
    pub fn is_worth(&self, least: Severity) -> bool {
        self.severity >= least
    }

    /// Whether it tells of an end.
    pub fn is_over(&self) -> bool {
        self.phase == "cleared"
    }
}

/// Sentences are for people, wherever they are shown; names by themselves stay as they are.
fn sentence(text: &str) -> String {
    shortened(&Untrusted::from(text).terminal())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
