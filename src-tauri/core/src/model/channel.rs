//! What became of the last alert that was to be told elsewhere.

/// How one channel stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelState {
    /// Its name, as in the config: `command`, `webhook`.
    pub channel: String,
    /// Who was told, for people; without secrets.
    pub whom: String,
    /// The Unix second at which they were last told; `None` where they never were.
    pub told: Option<i64>,
    /// Since when, in Unix seconds, telling them fails, and why, as the end of a sentence that begins with them; `None`
    /// where it worked.
    pub failing: Option<(i64, String)>,
}
