//! What different servers understand.

use hoofbeat_core::config::{Address, WebhookFormat};
use hoofbeat_core::model::rule::Severity;
use serde_json::json;

use crate::channels::message::Message;

/// Where to, and what; `None` where the address lacks what the server needs.
pub fn request(format: WebhookFormat, url: &Address, message: &Message) -> Option<(String, String)> {
    let Message { title, body, .. } = message;
    let here = url.secret().to_owned();
    Some(match format {
        WebhookFormat::Json => (here, message.json.clone()),
        WebhookFormat::Slack => {
            // Slack understands links and calls to everybody between < and >, and Mattermost such calls behind an @.
            let plain = |text: &str| {
                let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                text.replace('@', "@\u{200b}")
            };
            (here, json!({ "text": format!("{}\n{}", plain(title), plain(body)) }).to_string())
        }
        WebhookFormat::Ntfy => {
            // It reads JSON only at its root, and the topic within it.
            let (root, topic) = url.topic()?;
            let priority = of(message, [2, 3, 4, 5]);
            (root, json!({ "topic": topic, "title": title, "message": body, "priority": priority }).to_string())
        }
        WebhookFormat::Gotify => {
            let priority = of(message, [2, 3, 5, 8]);
            (here, json!({ "title": title, "message": body, "priority": priority }).to_string())
        }
    })
}

/// The server's number for an end, and for each severity.
fn of(message: &Message, [over, info, warning, critical]: [u8; 4]) -> u8 {
    match message.severity {
        _ if message.is_over() => over,
        Severity::Info => info,
        Severity::Warning => warning,
        Severity::Critical => critical,
    }
}
