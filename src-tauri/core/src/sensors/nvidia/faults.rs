//! What the errors of the driver's library mean for what is done next. Which of them comes when differs by driver.

use nvml_wrapper::error::NvmlError;

use crate::model::Health;
use crate::say;

/// How far an error reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// This one value, as long as the library stays open.
    Unsupported,
    /// This one value, this time.
    Passing,
    /// This GPU.
    Gpu,
    /// The whole library: close it and open it again later.
    Driver,
}

/// Sorts an error of a call.
pub(super) fn of(error: &NvmlError) -> Fault {
    match error {
        // 28: "GPU not found", which the wrapper does not know yet.
        NvmlError::GpuLost | NvmlError::ResetRequired | NvmlError::UnexpectedVariant(28) => Fault::Gpu,
        NvmlError::Uninitialized
        | NvmlError::DriverNotLoaded
        | NvmlError::LibRmVersionMismatch
        | NvmlError::LibraryNotFound
        | NvmlError::LibloadingError(_) => Fault::Driver,
        NvmlError::NotFound
        | NvmlError::NoData
        | NvmlError::InsufficientSize(_)
        | NvmlError::Timeout
        | NvmlError::InUse
        | NvmlError::InsufficientMemory
        | NvmlError::Unknown
        // 27: "not ready", which the wrapper does not know yet.
        | NvmlError::UnexpectedVariant(27) => Fault::Passing,
        // Among them 26, "deprecated", which drivers from 590 on answer to calls that they do without.
        _ => Fault::Unsupported,
    }
}

/// Whether an error with which reading a whole GPU failed means that the library has to be opened anew. An error that
/// says nothing does, because it is given only where everything failed so.
pub(super) fn ends_session(error: &NvmlError) -> bool {
    of(error) == Fault::Driver || matches!(error, NvmlError::Unknown)
}

/// Health and words for a person, of an error that takes the GPU or the whole driver away.
pub(super) fn told(error: &NvmlError) -> (Health, String) {
    match error {
        NvmlError::GpuLost => {
            (Health::Lost, say!("the GPU has fallen off the bus; a restart may bring it back").into())
        }
        NvmlError::ResetRequired => {
            (Health::Lost, say!("the GPU must be reset: nvidia-smi --gpu-reset, or a restart").into())
        }
        NvmlError::LibRmVersionMismatch => {
            (Health::Lost, say!("NVIDIA's driver was updated under the running one; restart the machine").into())
        }
        NvmlError::DriverNotLoaded | NvmlError::Uninitialized => {
            (Health::Lost, say!("NVIDIA's driver is not loaded; it is looked for again").into())
        }
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => (
            Health::Unsupported,
            say!("NVIDIA's driver library (libnvidia-ml.so.1) is not installed; install NVIDIA's driver").into(),
        ),
        // In a container that was given some of the machine's GPUs, the kernel shows the others, too.
        NvmlError::NotFound => {
            (Health::Unsupported, say!("not given to this container, or NVIDIA's driver does not drive it").into())
        }
        NvmlError::NoPermission => (Health::Denied, say!("the driver does not let this user read the GPU").into()),
        other => (Health::Lost, say!("NVIDIA's driver says: {error}", error = other)),
    }
}
