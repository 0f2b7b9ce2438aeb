//! Trouble with the recording itself, as other programs get it. README documents the shape.
//!
//! No rule and no source stands behind it, and nobody is told of its end. Deliberately not here: the sentence, which the
//! engine makes, and whether anybody is told.

use hoofbeat_core::api::SCHEMA;
use hoofbeat_core::model::rule::Severity;
use hoofbeat_core::say;
use hoofbeat_core::untrusted::Untrusted;
use serde_json::json;

use super::message::Message;

impl Message {
    /// What is told of trouble at a Unix second.
    pub fn of_trouble(sentence: &str, at: i64) -> Message {
        let (phase, severity, title) = ("trouble", Severity::Warning, say!("Hoofbeat needs attention").to_owned());
        // A path in it may have any name.
        let body = Untrusted::from(sentence).sentence();
        let json = json!({
            "schema": SCHEMA, "phase": phase, "severity": severity, "title": title, "body": body, "at": at,
        });
        Message { phase, severity, title, body, json: json.to_string() }
    }
}
