//! The recording that a page shows: opened when first needed, and again after a failure.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hoofbeat_core::api::Face;
use hoofbeat_core::store::StoreError;

use crate::failure::Failure;
use crate::recorder;

/// The folder, the connection that answers commands, and what is known about the recorder's start.
pub struct Recording {
    folder: PathBuf,
    /// The folder that stands for `/` to a recorder that has to be started.
    root: Option<PathBuf>,
    face: Mutex<Option<Face>>,
    /// Why no recorder could be started; `None` while none was needed or it worked.
    start_failure: Mutex<Option<Failure>>,
}

impl Recording {
    /// The recording in `folder`, which need not exist yet.
    pub fn new(folder: PathBuf, root: Option<PathBuf>) -> Recording {
        Recording { folder, root, face: Mutex::new(None), start_failure: Mutex::new(None) }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder that stands for `/`, where it is another one.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Asks the recording something. After a failure the next question opens the file again: it may have been set aside
    /// and replaced, or come into being.
    pub fn ask<T>(&self, question: impl FnOnce(&Face) -> Result<T, StoreError>) -> Result<T, Failure> {
        let mut held = lock(&self.face);
        let face = match held.take() {
            Some(face) => face,
            None => Face::open(&self.folder)?,
        };
        let answer = question(&face)?;
        *held = Some(face);
        Ok(answer)
    }

    /// Lets go of the file, so that the next question opens the one that is there by then.
    pub fn forget(&self) {
        *lock(&self.face) = None;
    }

    /// Starts a recorder where none runs, and remembers the failure for the page.
    pub fn ensure_recorder(&self) {
        // The outcome is read by the feed; whoever wants it at once calls `start_recorder`.
        let _ = self.start_recorder();
    }

    /// Starts a recorder where none runs.
    pub fn start_recorder(&self) -> Result<(), Failure> {
        let outcome = recorder::ensure(&self.folder, self.root.as_deref());
        if let Err(failure) = &outcome {
            log::warn!("{}", failure.message);
        }
        self.set_start_failure(outcome.clone().err());
        outcome
    }

    /// Remembers why no recorder could be started.
    pub fn set_start_failure(&self, failure: Option<Failure>) {
        *lock(&self.start_failure) = failure;
    }

    /// Why no recorder could be started.
    pub fn start_failure(&self) -> Option<Failure> {
        lock(&self.start_failure).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these mutexes hold is replaced as a whole, so a panic elsewhere cannot leave it half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
