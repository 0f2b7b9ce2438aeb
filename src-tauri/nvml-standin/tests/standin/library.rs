//! A copy of the library with a scenario, and calls through nvml-wrapper-sys.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use nvml_wrapper::Nvml;
use nvml_wrapper_sys::bindings::{NvmlLib, nvmlDevice_t};
use tempfile::TempDir;

/// A driver of its own, on a clock that the test sets.
pub struct Standin {
    pub folder: TempDir,
}

impl Standin {
    /// Plays a scenario without a clock.
    pub fn new(scenario: &str) -> Standin {
        Standin::on(&format!("{scenario}\n[clock]\nsource = \"file:now.ms\"\nepoch = 1763000000\n"))
    }

    /// Plays a whole scenario.
    pub fn on(scenario: &str) -> Standin {
        let standin = Standin { folder: tempfile::tempdir().unwrap() };
        fs::copy(built(), standin.library()).unwrap();
        fs::write(standin.folder.path().join("nvml-standin.toml"), scenario).unwrap();
        standin
    }

    /// Plays a profile's own scenario.
    pub fn profile(name: &str) -> Standin {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles").join(name).with_extension("toml");
        Standin::new(&fs::read_to_string(path).unwrap())
    }

    pub fn library(&self) -> PathBuf {
        self.folder.path().join("libnvidia-ml.so.1")
    }

    /// Sets the clock, in seconds since the scenario's start.
    pub fn at(&self, seconds: f64) -> &Standin {
        fs::write(self.folder.path().join("now.ms"), format!("{}", seconds * 1000.0)).unwrap();
        self
    }

    /// What a program with nvml-wrapper sees.
    pub fn open(&self) -> Nvml {
        Nvml::builder().lib_path(self.library().as_ref()).init().unwrap()
    }

    /// The symbols alone, nothing initialised.
    pub fn symbols(&self) -> NvmlLib {
        // SAFETY: loading the stand-in runs nothing but its own initialiser.
        unsafe { NvmlLib::new(self.library()) }.unwrap()
    }

    /// The symbols, initialised, and the first device.
    pub fn start(&self) -> (NvmlLib, nvmlDevice_t) {
        let symbols = self.symbols();
        let init = *symbols.nvmlInit_v2.as_ref().unwrap();
        // SAFETY: a call without arguments.
        assert_eq!(unsafe { init() }, 0);
        let device = device(&symbols, 0);
        (symbols, device)
    }

    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }
}

pub fn device(symbols: &NvmlLib, index: u32) -> nvmlDevice_t {
    let mut device = std::ptr::null_mut();
    let call = *symbols.nvmlDeviceGetHandleByIndex_v2.as_ref().unwrap();
    // SAFETY: `device` is a place for a handle.
    assert_eq!(unsafe { call(index, &mut device) }, 0);
    device
}

/// Says that a test has not taken place, past the test runner, which keeps the words of tests that pass to itself.
pub fn skipped(why: &str) {
    // One write, and a line of its own: other tests print meanwhile. A closed stderr is no reason to fail.
    let _ = std::io::stderr().write_all(format!("\nskipped: {why}\n").as_bytes());
}

/// Where Cargo has put the library: beside this test.
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().join("libnvml_standin.so")
}

/// Calls a symbol whose last argument is a place for the answer: the answer, or the code.
macro_rules! get {
    ($symbols:expr, $name:ident($($argument:expr),*) -> $type:ty) => {{
        let call = $symbols.$name.as_ref().unwrap();
        // SAFETY: every type that is asked for is made of numbers, for which zeros are a value.
        let mut answer: $type = unsafe { std::mem::zeroed() };
        // SAFETY: the arguments are those of NVML's declaration, and `answer` is a place for one answer.
        match unsafe { call($($argument,)* &mut answer) } {
            0 => Ok::<$type, u32>(answer),
            code => Err(code),
        }
    }};
}
pub(crate) use get;
