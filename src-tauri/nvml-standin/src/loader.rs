//! Where this library lies, and which of its symbols a client finds. Old drivers lack newer symbols, and clients look for
//! them: so names that the scenario hides are struck out of the table of names that the dynamic linker searches, before
//! `dlopen` returns.

use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};
use std::path::PathBuf;

use crate::scenario::{Scenario, matches};

/// `struct dl_phdr_info` of a 64-bit system, as far as it is used.
#[repr(C)]
struct ObjectInfo {
    base: usize,
    name: *const c_char,
    headers: *const ProgramHeader,
    header_count: u16,
}

/// `Elf64_Phdr`.
#[repr(C)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    physical: u64,
    file_size: u64,
    memory_size: u64,
    align: u64,
}

/// `Elf64_Dyn`.
#[repr(C)]
struct Dynamic {
    tag: i64,
    value: usize,
}

const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const END: i64 = 0;
const NAMES: i64 = 5;
const NAMES_SIZE: i64 = 10;
/// What a segment may, as its header says it.
const MAY_EXECUTE: u32 = 1;
const MAY_READ: u32 = 4;
/// The same as mprotect wants it.
const READ: c_int = 1;
const WRITE: c_int = 2;
const EXECUTE: c_int = 4;
/// What getauxval calls the size of a page.
const PAGE_SIZE: c_ulong = 6;

unsafe extern "C" {
    fn dl_iterate_phdr(
        callback: extern "C" fn(*const ObjectInfo, usize, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;
    fn getauxval(kind: c_ulong) -> c_ulong;
    fn mprotect(address: *mut c_void, length: usize, protection: c_int) -> c_int;
}

/// This library in memory.
#[derive(Debug, Default)]
struct Own {
    path: PathBuf,
    names: usize,
    names_size: usize,
    /// What the names' segment may: with some linkers it holds code too.
    protection: c_int,
}

/// The scenario's file.
pub fn scenario_path() -> PathBuf {
    if let Some(path) = std::env::var_os("NVML_STANDIN") {
        return path.into();
    }
    own().path.with_file_name("nvml-standin.toml")
}

/// Runs when the library has been loaded.
#[used]
#[unsafe(link_section = ".init_array")]
static LOADED: extern "C" fn() = {
    extern "C" fn loaded() {
        // A panic must not reach the dynamic linker. An unreadable scenario is reported by the first call instead.
        let _ = std::panic::catch_unwind(|| {
            if let Ok(scenario) = Scenario::read(&scenario_path()) {
                hide(&own(), |name| is_hidden(&scenario, name));
            }
        });
    }
    loaded
};

/// Whether the scenario's driver lacks a symbol.
fn is_hidden(scenario: &Scenario, name: &str) -> bool {
    let newer = crate::exports::NEWER.iter().find(|(newer, _)| *newer == name);
    newer.is_some_and(|(_, since)| major(&scenario.driver.version) < *since)
        || scenario.driver.hide.iter().any(|pattern| matches(pattern, name))
}

/// The number that a driver's version begins with.
pub fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn own() -> Own {
    extern "C" fn look(object: *const ObjectInfo, _size: usize, data: *mut c_void) -> c_int {
        // SAFETY: the dynamic linker passes a good object, whose name ends with a zero and whose headers are as many as
        // it says; `data` is the `Own` below, which nobody else holds.
        unsafe {
            let object = &*object;
            if object.headers.is_null() {
                return 0;
            }
            let headers = std::slice::from_raw_parts(object.headers, usize::from(object.header_count));
            let segment = |address: usize| {
                headers.iter().find(|header| {
                    let start = object.base + header.address as usize;
                    header.kind == LOAD && (start..start + header.memory_size as usize).contains(&address)
                })
            };
            if segment(scenario_path as *const () as usize).is_none() {
                return 0;
            }
            let own = &mut *data.cast::<Own>();
            own.path = PathBuf::from(CStr::from_ptr(object.name).to_string_lossy().into_owned());
            if let Some(dynamic) = headers.iter().find(|header| header.kind == DYNAMIC) {
                let mut entry = (object.base + dynamic.address as usize) as *const Dynamic;
                while (*entry).tag != END {
                    match (*entry).tag {
                        NAMES => own.names = (*entry).value,
                        NAMES_SIZE => own.names_size = (*entry).value,
                        _ => {}
                    }
                    entry = entry.add(1);
                }
                // glibc has already made an address of it, musl has not.
                if own.names < object.base {
                    own.names += object.base;
                }
                if let Some(segment) = segment(own.names) {
                    let part = |may: u32, bit: c_int| if segment.flags & may == 0 { 0 } else { bit };
                    own.protection = part(MAY_READ, READ) | part(MAY_EXECUTE, EXECUTE);
                }
            }
            1
        }
    }
    let mut own = Own::default();
    // SAFETY: `look` fits the declared type, and `own` outlives the call.
    unsafe { dl_iterate_phdr(look, (&raw mut own).cast()) };
    own
}

fn hide(own: &Own, hidden: impl Fn(&str) -> bool) {
    if own.protection == 0 {
        return;
    }
    // SAFETY: the dynamic section says that so many bytes of names lie there, and they stay as long as this library.
    let names = unsafe { std::slice::from_raw_parts(own.names as *const u8, own.names_size) };
    let mut places = Vec::new();
    let mut start = 0;
    for name in names.split(|byte| *byte == 0) {
        if name.starts_with(b"nvml") && std::str::from_utf8(name).is_ok_and(&hidden) {
            places.push(start);
        }
        start += name.len() + 1;
    }
    if places.is_empty() {
        return;
    }
    // SAFETY: a call that takes and returns a number.
    let page = unsafe { getauxval(PAGE_SIZE) } as usize;
    let first = own.names / page * page;
    let length = own.names + own.names_size - first;
    // SAFETY: these pages belong to this library's own mapping, which is private to this process. The dynamic linker
    // reads them in dlsym only, and `dlopen` has not returned yet, so nobody reads while they are written.
    unsafe {
        if mprotect(first as *mut c_void, length, own.protection | WRITE) != 0 {
            return;
        }
        for place in places {
            // A name that begins otherwise is not found, and no name is part of another.
            ((own.names + place) as *mut u8).write(b'-');
        }
        mprotect(first as *mut c_void, length, own.protection);
    }
}

/// Runs when the client ends: the scenario's children end with it.
#[used]
#[unsafe(link_section = ".fini_array")]
static ENDED: extern "C" fn() = {
    extern "C" fn ended() {
        let _ = std::panic::catch_unwind(crate::call::end);
    }
    ended
};
