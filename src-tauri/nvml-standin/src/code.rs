//! What a call can return, with NVML's numbers, the names that a scenario uses, and the texts of `nvmlErrorString`.

use std::ffi::CStr;

use serde::Deserialize;
use serde::de::Error;

macro_rules! codes {
    ($($variant:ident = $number:literal $name:literal $text:literal,)*) => {
        /// A return code of NVML.
        #[repr(u32)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $name] $variant = $number,)*
        }

        const CODES: &[(Code, &str)] = &[$((Code::$variant, $name),)*];

        /// The text of a code; codes that NVML does not know have one text in common.
        pub fn text(number: u32) -> &'static CStr {
            match number {
                $($number => $text,)*
                _ => c"Unknown Error",
            }
        }
    };
}

codes! {
    Success = 0 "SUCCESS" c"Success",
    Uninitialized = 1 "UNINITIALIZED" c"Uninitialized",
    InvalidArgument = 2 "INVALID_ARGUMENT" c"Invalid Argument",
    NotSupported = 3 "NOT_SUPPORTED" c"Not Supported",
    NoPermission = 4 "NO_PERMISSION" c"Insufficient Permissions",
    AlreadyInitialized = 5 "ALREADY_INITIALIZED" c"Already Initialized",
    NotFound = 6 "NOT_FOUND" c"Not Found",
    InsufficientSize = 7 "INSUFFICIENT_SIZE" c"Insufficient Size",
    InsufficientPower = 8 "INSUFFICIENT_POWER" c"Insufficient External Power",
    DriverNotLoaded = 9 "DRIVER_NOT_LOADED" c"Driver Not Loaded",
    Timeout = 10 "TIMEOUT" c"Timeout",
    IrqIssue = 11 "IRQ_ISSUE" c"Interrupt Request Issue",
    LibraryNotFound = 12 "LIBRARY_NOT_FOUND" c"NVML Shared Library Not Found",
    FunctionNotFound = 13 "FUNCTION_NOT_FOUND" c"Function Not Found",
    CorruptedInforom = 14 "CORRUPTED_INFOROM" c"Corrupted infoROM",
    GpuIsLost = 15 "GPU_IS_LOST" c"GPU is lost",
    ResetRequired = 16 "RESET_REQUIRED" c"GPU requires reset",
    OperatingSystem = 17 "OPERATING_SYSTEM" c"GPU access blocked by the operating system",
    LibRmVersionMismatch = 18 "LIB_RM_VERSION_MISMATCH" c"Driver/library version mismatch",
    InUse = 19 "IN_USE" c"In use by another client",
    Memory = 20 "MEMORY" c"Insufficient Memory",
    NoData = 21 "NO_DATA" c"No data",
    VgpuEccNotSupported = 22 "VGPU_ECC_NOT_SUPPORTED" c"vGPU ECC Not Supported",
    InsufficientResources = 23 "INSUFFICIENT_RESOURCES" c"Insufficient resources",
    FreqNotSupported = 24 "FREQ_NOT_SUPPORTED" c"Frequency not supported",
    ArgumentVersionMismatch = 25 "ARGUMENT_VERSION_MISMATCH" c"Argument version mismatch",
    Deprecated = 26 "DEPRECATED" c"Requested functionality has been deprecated",
    NotReady = 27 "NOT_READY" c"System is not ready",
    GpuNotFound = 28 "GPU_NOT_FOUND" c"GPU not found",
    InvalidState = 29 "INVALID_STATE" c"Invalid state",
    ResetTypeNotSupported = 30 "RESET_TYPE_NOT_SUPPORTED" c"Reset type not supported",
    Unknown = 999 "UNKNOWN" c"Unknown Error",
}

impl Code {
    /// The name as a scenario and the trace write it.
    pub fn name(self) -> &'static str {
        CODES.iter().find(|(code, _)| *code == self).map_or("UNKNOWN", |(_, name)| name)
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = CODES.iter().find(|(_, known)| *known == name);
        found.map(|(code, _)| *code).ok_or_else(|| {
            D::Error::custom(format!(
                "no return code is called {name:?}; write it without NVML_ERROR_, e.g. GPU_IS_LOST"
            ))
        })
    }
}
