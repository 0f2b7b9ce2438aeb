//! How a command ends when it does not succeed: one sentence, and the exit status that scripts rely on.
//!
//! Deliberately not here: the words of each failure, which belong to whoever knows what went wrong.

use std::process::ExitCode;

use hoofbeat_core::store::StoreError;

/// What a command that did not succeed leaves behind.
#[derive(Debug)]
pub enum Failure {
    /// It failed; exit status 1.
    Failed(String),
    /// What was typed makes no sense; exit status 2.
    Usage(String),
    /// Nothing was recorded, or nothing records; exit status 5.
    NoRecording(String),
    /// There is no GPU, and everything there is to say was printed already; exit status 3.
    NoGpu,
    /// A GPU's driver is missing, and everything there is to say was printed already; exit status 4.
    DriverMissing,
    /// Everything there is to say was printed already; exit status 1.
    Reported,
    /// Whoever read our output has seen enough (`| head`): not an error.
    ClosedPipe,
}

/// What every command returns.
pub type Outcome = Result<(), Failure>;

impl Failure {
    /// Says what went wrong, on stderr, and gives the exit status.
    pub fn report(self) -> ExitCode {
        let (code, message) = match self {
            Failure::Failed(message) => (1, message),
            Failure::Usage(message) => (2, message),
            Failure::NoRecording(message) => (5, message),
            Failure::NoGpu => return ExitCode::from(3),
            Failure::DriverMissing => return ExitCode::from(4),
            Failure::Reported => return ExitCode::from(1),
            Failure::ClosedPipe => return ExitCode::SUCCESS,
        };
        // Nobody is left to tell where even stderr is closed.
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("hoofbeat: {message}\n"));
        ExitCode::from(code)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoRecording(_) => Failure::NoRecording(error.to_string()),
            error => Failure::Failed(error.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    /// Only for errors of writing to stdout: any other I/O error needs a sentence that says what it was about.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Failed(format!("cannot write the answer: {error}")),
        }
    }
}

impl From<hoofbeat_core::paths::PathError> for Failure {
    fn from(error: hoofbeat_core::paths::PathError) -> Self {
        Failure::Usage(error.to_string())
    }
}
