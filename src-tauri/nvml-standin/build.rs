//! Gives the library the driver's own soname, keeps it small, and keeps it in memory once it is loaded.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libnvidia-ml.so.1");
    // Each test has a copy of the library, and most of its bytes would be the standard library's line numbers.
    println!("cargo::rustc-cdylib-link-arg=-Wl,--strip-debug");
    // Clients close the library and open it again. The scenario's clock and the processes that it started go on
    // meanwhile, as a real machine does.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
