//! A scripted NVIDIA driver: `libnvidia-ml.so.1` to any client, driven by a scenario file (see [`scenario`]).
//!
//! ```sh
//! cargo build -p nvml-standin
//! ln -s libnvml_standin.so target/debug/libnvidia-ml.so.1
//! NVML_STANDIN=scenario.toml LD_LIBRARY_PATH=target/debug nvitop -1
//! ```
//!
//! nvtop and btop first look for `libnvidia-ml.so`, which wants a second link. A crate whose tests load the library names
//! `nvml-standin` among its dev-dependencies, so that Cargo builds it, and finds it beside the test's own executable. A copy
//! in another folder is a driver of its own, and plays the `nvml-standin.toml` beside it: so tests in one process do not
//! meet.
//!
//! Each symbol of the real driver is there; those that no known client needs answer NOT_SUPPORTED. The interface is
//! declared anew in [`abi`], so that the tests, which read through other declarations of it, prove something.
//!
//! Deliberately not here: anything of Hoofbeat, the setting calls (a stand-in is watched, not tuned), and
//! `nvmlInternalGetExportTable`, the private door of `nvidia-smi`.

mod abi;
mod argument;
mod call;
mod clock;
mod code;
mod curve;
mod driver;
mod exports;
mod fault;
mod loader;
mod process;
mod runtime_pm;
mod scenario;
mod spent;
mod trace;
