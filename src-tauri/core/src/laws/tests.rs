//! The laws, on the written machines and on what fuzzing has found.

use super::*;

/// Every file of the written machines, with its path.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files(&path, found);
        } else if kind.is_file() {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn the_written_machines_break_no_law() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/machines"), &mut found);
    let folder = tempfile::tempdir().unwrap();
    let mut tried = 0;
    for (path, text) in &found {
        let sibling = |name: &str| {
            let path = path.strip_suffix("/stat").map(|process| format!("{process}/{name}"));
            found.iter().find(|(other, _)| Some(other) == path.as_ref()).map_or(&[][..], |(_, text)| text)
        };
        match path.rsplit('/').next() {
            Some("stat") => {
                process_stat(text);
                let parts = [text, sibling("cmdline"), sibling("cgroup"), sibling("environ"), b"/usr/bin/program"];
                process_identity(&parts.join(&BETWEEN), folder.path());
            }
            Some("cgroup") => process_cgroup(text),
            Some("uevent") => card_uevent(text, folder.path()),
            Some("information") => nvidia_information(text),
            Some("gpu_metrics") => amd_gpu_metrics(text),
            Some("interrupts") => interrupts(&[&text[..], text].join(&BETWEEN)),
            _ if path.contains("/fdinfo/") => fdinfo(&[&text[..], text].join(&BETWEEN)),
            _ => continue,
        }
        tried += 1;
    }
    assert!(tried > 50, "only {tried} files were found");
}

#[test]
fn what_fuzzing_has_found_breaks_no_law_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let tail = b") S 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 7 1 25 0\n";
    for (name, cgroup) in [(&b" "[..], &b""[..]), (b"a", b"0::/system.slice/ .service"), (b"a", b"0::/lxc/ ")] {
        process_cgroup(cgroup);
        let stat = [b"7 (", name, tail].concat();
        process_identity(&[&stat, &b""[..], cgroup].join(&BETWEEN), folder.path());
    }
    fdinfo(&[&b"drm-driver: a\n"[..], &b"drm-resident-vram: 1048575 GiB\n".repeat(2)].concat());
    for path in ["/qemu.slice/.scope", "/machine.slice/machine-.scope", "/x/systemd-nspawn@.service"] {
        process_cgroup(format!("0::{path}\n").as_bytes());
    }
}
