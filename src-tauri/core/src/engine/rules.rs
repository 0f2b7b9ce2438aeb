//! The rules' part of a tick by itself, for who measures what it takes.
//!
//! It goes the way that the recorder goes (`core`). Deliberately not here: everything else of a tick, and what becomes of
//! the words.

use super::watch::{Changes, Watch};
use crate::model::rule::Rule;
use crate::model::{Now, Reading};

/// See the module.
#[derive(Debug)]
pub struct Rules(Watch);

impl Rules {
    /// Begins with these rules and no alerts.
    pub fn new(rules: Vec<Rule>, now: Now) -> Rules {
        Rules(Watch::new(rules, &[], None, now, &mut Changes::default()))
    }

    /// Steps the rules by one tick's readings, each with the number of its source and its value in the metric's unit; how
    /// many words it gave rise to.
    pub fn tick(&mut self, readings: &[(usize, Reading, f64)], now: Now) -> usize {
        /// The one sensor that was asked.
        const VOICE: usize = super::roster::OWN + 1;
        let mut changes = Changes::default();
        self.0.turn(now, false);
        for (place, reading, value) in readings {
            self.0.read(*place, VOICE, reading, *value, now, &mut changes);
        }
        self.0.settle(|voice| voice == VOICE, |_| true, now, &mut changes);
        changes.notices.len()
    }
}
