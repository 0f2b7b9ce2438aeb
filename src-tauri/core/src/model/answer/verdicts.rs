//! Verdicts, as faces get them: data, and no words.

use serde::Serialize;

/// What a GPU does at a moment, who makes it, and how sure that is.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VerdictInfo {
    /// The source's id; empty where there is no GPU.
    pub source: String,
    /// What a person calls it. Text from outside: show it as text, never as markup.
    pub label: String,
    /// What it does.
    #[cfg_attr(
        test,
        ts(
            type = "\"asleep\" | \"idle\" | \"idle-expensive\" | \"one\" | \"several\" | \"display\" | \"unattributed\" | \
                   \"self\" | \"throttled\" | \"hot-idle\" | \"lost\" | \"driver\" | \"none\""
        )
    )]
    pub state: &'static str,
    /// What else there is to say of that; `said` is in `reason`.
    #[cfg_attr(
        test,
        ts(type = "\"plain\" | \"let-go\" | \"held\" | \"screens\" | \"clocks\" | \"elsewhere\" | \"instances\" | \
                   \"no-shares\" | \"unseen\" | \"unrecorded\" | \"said\"")
    )]
    pub cause: &'static str,
    /// In the words of the sensor; may hold text from outside.
    pub reason: Option<String>,
    /// Who is behind it, the most important first.
    pub culprits: Vec<CulpritInfo>,
    /// Percent.
    pub busy: Option<f64>,
    /// Percent of the GPU's time that nobody explains; `null` where that is not known.
    pub remainder: Option<f64>,
    /// What the work of the culprits has cost since they began, about; `null` where no price is configured.
    pub cost: Option<MoneyInfo>,
    /// What an idle GPU costs a month as it is, about; `null` of others, and where no price is configured.
    pub monthly_cost: Option<MoneyInfo>,
    /// From 0 to 1.
    pub confidence: f64,
    /// What it rests on.
    pub evidence: Vec<EvidenceInfo>,
}

/// An amount of money.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MoneyInfo {
    /// In `currency`.
    pub amount: f64,
    /// What that money is called, as the config says: show it as text, never as markup.
    pub currency: String,
}

/// Somebody whom a verdict names. What is not known is `null`.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CulpritInfo {
    /// What a person calls it. Text from outside: show it as text, never as markup.
    pub identity: String,
    /// The same for all that belongs together.
    pub key: String,
    /// Numeric user id.
    pub uid: Option<u32>,
    /// Its processes; empty for a past minute.
    pub pids: Vec<u32>,
    /// Percent of the GPU's time.
    pub share: Option<f64>,
    /// Bytes of the GPU's memory.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub vram: Option<u64>,
    /// Unix seconds since when.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub since: Option<i64>,
    /// Joules since then, about.
    pub energy: Option<f64>,
}

/// A value that a verdict rests on.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EvidenceInfo {
    /// What `hoofbeat history` shows it by.
    pub id: String,
    /// The metric's key.
    pub metric: &'static str,
    /// Unix seconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub ts: i64,
    /// In its unit.
    pub value: f64,
    /// The metric's unit.
    pub unit: &'static str,
}
