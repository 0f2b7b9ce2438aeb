//! Who has a user id.
//!
//! Deliberately not here: the users of a captured machine, who are not known and go by their numbers.

use std::collections::HashMap;

/// Names of users, each looked up once: a network directory may be slow.
pub struct Users {
    /// Whether they are this machine's.
    here: bool,
    known: HashMap<u32, String>,
}

impl Users {
    /// Those of this machine (`here`), or those of a captured one.
    pub fn new(here: bool) -> Users {
        Users { here, known: HashMap::new() }
    }

    /// The name of a user, or the number where there is none.
    pub fn name(&mut self, uid: u32) -> String {
        let here = self.here;
        let look = || {
            let user = if here { uzers::get_user_by_uid(uid) } else { None };
            user.map_or_else(|| uid.to_string(), |user| user.name().to_string_lossy().into_owned())
        };
        self.known.entry(uid).or_insert_with(look).clone()
    }
}
