//! Why a person is asked once more before a process is ended: what else ends with it.
//!
//! Deliberately not here: the words, which a page finds.

use hoofbeat_core::api::{Process, process};
use hoofbeat_core::identity::{Role, role_of};
use hoofbeat_core::sensors::Roots;
use serde::Serialize;

/// So many generations are looked at; a number that was given out again could make a circle.
const DEEPEST: usize = 64;

/// What else would happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Doubt {
    /// It is Hoofbeat itself: nothing is recorded, or shown, without it.
    Hoofbeat,
    /// It is a part of the desktop: the screen may go dark, and what is open there with it.
    Desktop,
    /// Services, containers or sessions run below it.
    Host,
    /// It began a session: what was started there ends with it.
    Session,
    /// Hoofbeat was started from it.
    Ancestor,
}

/// Why one would hesitate to end it; `None` where nothing is known that speaks against it.
pub fn about(roots: &Roots, it: &Process) -> Option<Doubt> {
    // What belongs to a unit goes by the unit's name, and is known by its program.
    let known = it.identity.command.as_ref().and_then(|command| role_of(command.as_bytes()));
    match [Some(it.identity.role), known] {
        roles if roles.contains(&Some(Role::Own)) => Some(Doubt::Hoofbeat),
        roles if roles.contains(&Some(Role::Desktop)) => Some(Doubt::Desktop),
        roles if roles.contains(&Some(Role::Host)) => Some(Doubt::Host),
        _ if began_session(roots, it) => Some(Doubt::Session),
        _ if is_ancestor(roots, it.pid) => Some(Doubt::Ancestor),
        _ => None,
    }
}

/// Whether somebody else (a login, a display manager) started a session with it. Shells in terminals and services lead
/// one each, too, and are nothing that needs a second yes.
fn began_session(roots: &Roots, it: &Process) -> bool {
    let parent = || process(roots, it.parent).ok().flatten();
    it.leads_session && it.parent > 1 && parent().is_some_and(|parent| parent.uid != it.uid)
}

/// Whether this program descends from it.
fn is_ancestor(roots: &Roots, pid: u32) -> bool {
    let parent = |child: &u32| process(roots, *child).ok().flatten().map(|child| child.parent);
    std::iter::successors(parent(&std::process::id()), parent).take(DEEPEST).any(|ancestor| ancestor == pid)
}
