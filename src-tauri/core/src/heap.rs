//! One heap for all threads of a process.
//!
//! glibc gives a thread that finds the heap in use one of its own, which keeps what that thread gave back. A recorder's two
//! dozen threads hardly ever meet there, and half a mebibyte would lie in such heaps for as long as it runs
//! (<https://man7.org/linux/man-pages/man3/mallopt.3.html>). Other allocators know no such heaps. Deliberately not here:
//! programs that run for a moment.
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "glibc is told in C, and no crate of ours wraps that call")
)]

/// Has all threads share one heap. To be called before there is a second one: then, and where nothing tells, it does
/// nothing.
pub fn share() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1) {
        glibc::share();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::ffi::c_int;

    /// How many heaps there may be, of `malloc.h`.
    const M_ARENA_MAX: c_int = -8;

    unsafe extern "C" {
        fn mallopt(option: c_int, value: c_int) -> c_int;
    }

    pub(super) fn share() {
        // SAFETY: it is the C library's function as declared in its header, and no other thread is there to be in its way.
        unsafe { mallopt(M_ARENA_MAX, 1) };
    }
}
