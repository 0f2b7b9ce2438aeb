//! What became of alerts that were to be told elsewhere.

use hoofbeat_core::model::Tick;
use hoofbeat_core::model::channel::ChannelState;
use hoofbeat_core::store::{Reader, note_channel};

use crate::support::*;

#[test]
fn how_a_channel_stands_is_noted_beside_the_recorder() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    note_channel(temp.path(), "webhook", "https://a.example", HOUR, None).unwrap();
    note_channel(temp.path(), "webhook", "https://a.example", HOUR + 5, Some("refused it with 403")).unwrap();
    store.append(&[Tick { ts: HOUR + 6, ..Tick::default() }], true).unwrap();
    let failing = Some((HOUR + 5, "refused it with 403".to_owned()));
    let (channel, whom) = ("webhook".to_owned(), "https://a.example".to_owned());
    let state = ChannelState { channel, whom, told: Some(HOUR), failing };
    assert_eq!(Reader::open(temp.path()).unwrap().channels().unwrap(), [state]);
    let row = format!("webhook|https://a.example|{HOUR}|{}|refused it with 403", HOUR + 5);
    assert_eq!(sqlite3(temp.path(), "SELECT * FROM channels"), row);
}
