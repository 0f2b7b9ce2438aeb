//! What a container or a pod is called, where a file that we may read says so.
//!
//! A number of 64 digits names a container to its engine only. Deliberately not here: the engines' sockets. Whoever may
//! write to Docker's is root, and a recorder must not ask for that.

use std::collections::HashMap;
use std::path::PathBuf;

use super::cgroup::{Container, Engine};
use super::files;
use super::secret::cut;
use crate::paths::Roots;

/// The containers of one user of Podman are listed in one file.
const LIST: &str = "storage/overlay-containers/containers.json";

/// The most names that are remembered.
const MOST: usize = 256;

const LARGEST: u64 = 4 << 20;

/// The names that were found, by the container's number or the pod's.
#[derive(Default)]
pub(super) struct Names(HashMap<Vec<u8>, Vec<u8>>);

impl Names {
    /// A container's name; `None` where nothing that we may read tells it.
    pub(super) fn container(&mut self, roots: &Roots, container: &Container, user: Option<u32>) -> Option<Vec<u8>> {
        self.remembered(&container.id, || name(roots, container, user))
    }

    /// `namespace/name` of a pod.
    pub(super) fn pod(&mut self, roots: &Roots, uid: &[u8]) -> Option<Vec<u8>> {
        self.remembered(uid, || pod(roots, uid))
    }

    /// What was not found is looked for again: an engine writes it down a moment after the start.
    fn remembered(&mut self, id: &[u8], find: impl FnOnce() -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        if let Some(name) = self.0.get(id) {
            return Some(name.clone());
        }
        let name = find()?;
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(id.to_vec(), name.clone());
        Some(name)
    }
}

fn name(roots: &Roots, container: &Container, user: Option<u32>) -> Option<Vec<u8>> {
    match container.engine {
        Engine::Lxc | Engine::Nspawn => Some(container.id.clone()),
        Engine::Docker => docker(roots, std::str::from_utf8(&container.id).ok()?),
        Engine::Podman => podman(roots, std::str::from_utf8(&container.id).ok()?, user),
        Engine::Containerd | Engine::Crio | Engine::Other => None,
    }
}

/// The first digits of a container's number, as its engine prints it.
pub(super) fn short(id: &[u8]) -> &[u8] {
    if id.len() > 12 && id.iter().all(u8::is_ascii_hexdigit) { &id[..12] } else { id }
}

fn docker(roots: &Roots, id: &str) -> Option<Vec<u8>> {
    let path = roots.beside("var/lib/docker/containers").join(id).join("config.v2.json");
    let text: serde_json::Value = serde_json::from_slice(&files::read(&path, LARGEST)?).ok()?;
    let name = text.get("Name")?.as_str()?;
    Some(cut(name.strip_prefix('/').unwrap_or(name).as_bytes()).to_vec()).filter(|name| !name.is_empty())
}

fn podman(roots: &Roots, id: &str, user: Option<u32>) -> Option<Vec<u8>> {
    let own = user.and_then(|uid| files::home(roots, uid)).map(|home| home.join(".local/share/containers"));
    let lists: [Option<PathBuf>; 2] = [own, Some(roots.beside("var/lib/containers"))];
    lists.into_iter().flatten().find_map(|folder| {
        let list: serde_json::Value = serde_json::from_slice(&files::read(&folder.join(LIST), LARGEST)?).ok()?;
        let one = list.as_array()?.iter().find(|one| one.get("id").and_then(|found| found.as_str()) == Some(id))?;
        Some(cut(one.get("names")?.get(0)?.as_str()?.as_bytes()).to_vec()).filter(|name| !name.is_empty())
    })
}

/// From the folder of its logs, whose names everybody may list.
fn pod(roots: &Roots, uid: &[u8]) -> Option<Vec<u8>> {
    let folders = std::fs::read_dir(roots.beside("var/log/pods")).ok()?;
    folders.flatten().find_map(|folder| {
        let name = folder.file_name().into_encoded_bytes();
        let name = name.strip_suffix(uid)?.strip_suffix(b"_")?;
        let at = name.iter().position(|byte| *byte == b'_')?;
        Some([cut(&name[..at]), b"/", cut(&name[at + 1..])].concat())
    })
}
