//! Which symbols are there.

use std::ffi::CString;
use std::os::raw::{c_char, c_int, c_void};
use std::path::Path;

use crate::library::{Standin, skipped};

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// The names among these that the library lacks.
fn missing<'a>(standin: &Standin, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    const NOW: c_int = 2;
    let path = CString::new(standin.library().to_str().unwrap()).unwrap();
    // SAFETY: the path is a text that ends with a zero.
    let library = unsafe { dlopen(path.as_ptr(), NOW) };
    assert!(!library.is_null());
    let lacks = |name: &&str| {
        let name = CString::new(*name).unwrap();
        // SAFETY: the library is loaded, and the name ends with a zero.
        unsafe { dlsym(library, name.as_ptr()) }.is_null()
    };
    names.filter(lacks).collect()
}

#[test]
fn every_symbol_of_the_real_drivers_is_there() {
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/nvml");
    let files = ["standin-symbols.tsv", "driver-590.48.01-405-symbols.txt", "driver-610.57.04-417-symbols.txt"];
    let standin =
        Standin::new("[[device]]\nprofile = 'h100'\n[driver]\nversion = '610.57.04'\nnvml = '13'\ncuda = 13000\n");
    for file in files {
        let Ok(text) = std::fs::read_to_string(lists.join(file)) else {
            skipped(&format!("no list of symbols at {}", lists.join(file).display()));
            return;
        };
        let names = text.lines().filter_map(|line| line.split('\t').next()).filter(|name| name.starts_with("nvml"));
        assert_eq!(missing(&standin, names), Vec::<&str>::new(), "{file}");
    }
}

#[test]
fn a_symbol_that_the_scenario_hides_is_not_found() {
    let hidden = ["nvmlDeviceGetName", "nvmlDeviceGetFanSpeed", "nvmlDeviceGetFanSpeed_v2", "nvmlDeviceGetHandles"];
    let there = ["nvmlDeviceGetUUID", "nvmlDeviceGetTargetFanSpeed", "nvmlInit_v2"];
    let standin = Standin::new(
        "[[device]]\nprofile = 'h100'\n[driver]\nhide = ['nvmlDeviceGetName', 'nvmlDeviceGetFanSpeed*']\n",
    );
    // The last of the hidden ones came with a newer driver than the profile's.
    assert_eq!(missing(&standin, hidden.into_iter().chain(there)), hidden);
}

#[test]
fn the_name_of_the_library_is_the_drivers() {
    let library = std::fs::read(Standin::profile("h100").library()).unwrap();
    let soname = b"\0libnvidia-ml.so.1\0";
    assert!(library.windows(soname.len()).any(|bytes| bytes == soname));
}
