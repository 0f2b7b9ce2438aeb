//! What goes wrong, as the page gets it: one sentence for a person and a code for the page to branch on.

use hoofbeat_core::sensors::SensorError;
use hoofbeat_core::store::StoreError;
use serde::Serialize;

/// An error on its way to the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Failure {
    /// What the page may branch on.
    pub code: Code,
    /// One sentence for a person.
    pub message: String,
}

/// The kinds of failures that the page treats differently or offers help for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Code {
    /// Nothing was recorded yet.
    NoRecording,
    /// The folder or file may not be used.
    Refused,
    /// Written by a newer Hoofbeat.
    Newer,
    /// Locked by another process.
    Busy,
    /// The disk is full.
    Full,
    /// The database cannot be written.
    ReadOnly,
    /// The database is damaged.
    Damaged,
    /// Anything else that SQLite or the file system says.
    Io,
    /// The page asked for something that does not exist.
    BadRequest,
    /// The config file may not say that, cannot be read, or was changed meanwhile.
    BadConfig,
    /// The process may not be ended from here, or is none any more.
    CannotEnd,
    /// No recorder could be started.
    RecorderStart,
    /// The browser has not said the token.
    SignIn,
    /// The page may only look, or is not ours.
    NotAllowed,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(code: Code, message: impl Into<String>) -> Failure {
        Failure { code, message: message.into() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let code = match &error {
            StoreError::NoRecording(_) => Code::NoRecording,
            StoreError::Refused(_) => Code::Refused,
            StoreError::Newer { .. } => Code::Newer,
            StoreError::Busy => Code::Busy,
            StoreError::Full => Code::Full,
            StoreError::ReadOnly(_) => Code::ReadOnly,
            StoreError::Damaged(_) => Code::Damaged,
            StoreError::Io(_) => Code::Io,
        };
        Failure::new(code, sentence(&error.to_string()))
    }
}

impl From<SensorError> for Failure {
    fn from(error: SensorError) -> Failure {
        Failure::new(Code::Io, sentence(&error.to_string()))
    }
}

/// Errors begin in lower case and end without a full stop, because they mostly follow a colon. The page shows them alone.
pub fn sentence(error: &str) -> String {
    let mut rest = error.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if error.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_becomes_a_sentence() {
        let failure = Failure::from(StoreError::Full);
        assert_eq!((failure.code, failure.message.as_str()), (Code::Full, "The disk is full."));
        let failure = Failure::from(StoreError::NoRecording("/data".into()));
        assert_eq!(failure.code, Code::NoRecording);
        assert!(failure.message.starts_with("There is no recording in /data"), "{}", failure.message);
    }
}
