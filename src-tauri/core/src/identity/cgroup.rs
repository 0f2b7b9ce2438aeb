//! What `/proc/<pid>/cgroup` says about where a process belongs: container, virtual machine, unit, application.
//!
//! The file is readable for everybody, and only the one who started the process chooses what stands in it: of all that
//! is known of a process it is trusted first. Each part of the path is looked at on its own, because the same names
//! stand in version 1, version 2, below a user's manager and below a container. Deliberately not here: what a container
//! is called beside its number (`container`), and which units are only places for others (`known`).

use std::borrow::Cow;

/// Where a process belongs. Each is absent where the path does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub container: Option<Container>,
    /// The virtual machine of this name.
    pub machine: Option<Vec<u8>>,
    /// The service that systemd calls so, with its ending.
    pub unit: Option<Vec<u8>>,
    pub app: Option<App>,
    /// The uid of a Kubernetes pod, with dashes.
    pub pod: Option<Vec<u8>>,
    /// The number of a batch job.
    pub job: Option<Vec<u8>>,
    /// The user whose session it is in: within a container the process has another one.
    pub user: Option<u32>,
}

/// A container, as its engine knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Container {
    pub engine: Engine,
    /// A long number in base 16, or a name.
    pub id: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Docker,
    Podman,
    Containerd,
    Crio,
    Lxc,
    Nspawn,
    Other,
}

impl Engine {
    /// What a person calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Engine::Docker => "Docker",
            Engine::Podman => "Podman",
            Engine::Containerd => "containerd",
            Engine::Crio => "CRI-O",
            Engine::Lxc => "LXC",
            Engine::Nspawn => "nspawn",
            Engine::Other => "",
        }
    }
}

/// An application, as the desktop knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct App {
    pub kind: AppKind,
    pub id: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppKind {
    /// Of the system or the user; the id is that of its `.desktop` file.
    Desktop,
    Flatpak,
    /// The id is `name.app`.
    Snap,
}

/// How scopes of containers are called, and by whom.
const SCOPES: &[(&[u8], Engine)] = &[
    (b"docker-", Engine::Docker),
    (b"libpod-payload-", Engine::Podman),
    (b"libpod-", Engine::Podman),
    (b"cri-containerd-", Engine::Containerd),
    (b"nerdctl-", Engine::Containerd),
    (b"containerd-", Engine::Containerd),
    (b"crio-", Engine::Crio),
];

/// Who opens scopes for applications; a launcher's name and an id may both hold dashes that nobody escaped.
const LAUNCHERS: &[&[u8]] = &[
    b"gnome",
    b"kde",
    b"plasma",
    b"cinnamon",
    b"xfce",
    b"mate",
    b"cosmic",
    b"sway",
    b"niri",
    b"hyprland",
    b"Hyprland",
    b"uwsm",
    b"dbus",
    b"wofi",
    b"rofi",
    b"fuzzel",
    b"flatpak",
    b"glib",
    b"dex",
    b"river",
    b"labwc",
    b"budgie",
];

/// Reads the whole file.
pub(crate) fn parse(text: &[u8]) -> Place {
    let mut place = Place::default();
    // Version 2 stands last and is the one that systemd uses; where it says nothing, version 1 does.
    for line in text.split(|byte| *byte == b'\n').rev() {
        let mut columns = line.splitn(3, |byte| *byte == b':');
        if let (Some(_), Some(_), Some(path)) = (columns.next(), columns.next(), columns.next()) {
            place.merge(parse_path(path));
        }
    }
    place
}

impl Place {
    fn merge(&mut self, other: Place) {
        fn or<T>(mine: &mut Option<T>, other: Option<T>) {
            if mine.is_none() {
                *mine = other;
            }
        }
        or(&mut self.container, other.container);
        or(&mut self.machine, other.machine);
        or(&mut self.unit, other.unit);
        or(&mut self.app, other.app);
        or(&mut self.pod, other.pod);
        or(&mut self.job, other.job);
        or(&mut self.user, other.user);
    }
}

fn parse_path(path: &[u8]) -> Place {
    let mut place = Place::default();
    let mut above: &[u8] = b"";
    for part in path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
        // From the root to the leaf: what is further inside says it more exactly.
        if let Some(container) = container(above, part) {
            place.container = Some(container);
        } else if let Some(name) = machine(above, part) {
            place.machine = Some(name);
        } else if let Some(pod) = pod(part) {
            place.pod = Some(pod);
        } else if let Some(job) = part.strip_prefix(b"job_").filter(|job| is_number(job)) {
            place.job = Some(job.to_vec());
        } else if let Some(user) = user(part) {
            place.user = Some(user);
        } else if let Some(app) = app(part) {
            place.app = Some(app);
        } else if let Some(unit) = part.strip_suffix(b".service").filter(|unit| is_named_unit(unit)) {
            place.unit = Some([&*unescaped(unit), b".service"].concat());
        }
        above = part;
    }
    place
}

fn container(above: &[u8], part: &[u8]) -> Option<Container> {
    // Whoever makes a group may leave out the name, and nothing is called by an empty one.
    let found = |engine, id: &[u8]| (!id.is_empty()).then(|| Container { engine, id: unescaped(id).into_owned() });
    let stem = part.strip_suffix(b".scope").unwrap_or(part);
    for (prefix, engine) in SCOPES {
        if let Some(id) = stem.strip_prefix(*prefix).filter(|id| is_id(id)) {
            return found(*engine, id);
        }
    }
    let named = |prefix: &[u8]| part.strip_prefix(prefix).filter(|name| !name.is_empty());
    if let Some(name) = named(b"lxc.payload.") {
        return found(Engine::Lxc, name);
    }
    if matches!(above, b"lxc" | b"lxc.payload") {
        return found(Engine::Lxc, part);
    }
    if let Some(name) = stem.strip_prefix(b"systemd-nspawn@").and_then(|name| name.strip_suffix(b".service")) {
        return found(Engine::Nspawn, name);
    }
    if let Some(name) = part.strip_suffix(b".scope").and_then(|name| name.strip_prefix(b"machine-"))
        && !is_virtual(&unescaped(name))
    {
        return found(Engine::Nspawn, name);
    }
    // A bare number of a container: version 1, and engines that were told to use no systemd.
    (part.len() == 64 && is_id(part)).then_some(())?;
    found(if above == b"docker" { Engine::Docker } else { Engine::Other }, part)
}

/// The name of a virtual machine: libvirt's `machine-qemu\x2d3\x2dwin11.scope`, or a number of Proxmox.
fn machine(above: &[u8], part: &[u8]) -> Option<Vec<u8>> {
    let name = part.strip_suffix(b".scope").filter(|name| !name.is_empty())?;
    if above == b"qemu.slice" {
        return Some(name.to_vec());
    }
    let name = unescaped(name.strip_prefix(b"machine-")?);
    let rest = is_virtual(&name).then(|| name.splitn(3, |byte| *byte == b'-').nth(2))??;
    (!rest.is_empty()).then(|| rest.to_vec())
}

fn is_virtual(name: &[u8]) -> bool {
    name.starts_with(b"qemu-") || name.starts_with(b"xen-") || name.starts_with(b"vmm-")
}

/// `pod<uid>`, `kubepods-besteffort-pod<uid with underscores>.slice`.
fn pod(part: &[u8]) -> Option<Vec<u8>> {
    let stem = part.strip_suffix(b".slice").unwrap_or(part);
    let uid = match stem.strip_prefix(b"pod") {
        Some(uid) => uid,
        None => {
            let at = stem.starts_with(b"kubepods").then(|| stem.windows(4).rposition(|part| part == b"-pod"))??;
            &stem[at + 4..]
        }
    };
    let uid: Vec<u8> = uid.iter().map(|byte| if *byte == b'_' { b'-' } else { *byte }).collect();
    (uid.len() >= 32 && uid.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')).then_some(uid)
}

fn user(part: &[u8]) -> Option<u32> {
    let number = part.strip_prefix(b"user-").and_then(|rest| rest.strip_suffix(b".slice"));
    std::str::from_utf8(number?).ok()?.parse().ok()
}

/// `app[-launcher]-<id>-<n>.scope`, `app[-launcher]-<id>[@<n>].service`, `dbus-:1.2-<id>@<n>.service`,
/// `snap.<name>.<app>[-<n>].{scope,service}`.
fn app(part: &[u8]) -> Option<App> {
    let (stem, scope) = match (part.strip_suffix(b".scope"), part.strip_suffix(b".service")) {
        (Some(stem), _) => (stem, true),
        (_, Some(stem)) => (stem, false),
        _ => return None,
    };
    if let Some(rest) = stem.strip_prefix(b"snap.") {
        return snap(rest);
    }
    // Without the random end that keeps two of the same apart.
    let cut = |stem: &'_ [u8], at: u8| stem.iter().rposition(|byte| *byte == at).unwrap_or(stem.len());
    let found = |kind, id: &[u8]| {
        let id = unescaped(id).into_owned();
        (!id.is_empty()).then_some(App { kind, id })
    };
    if let Some(rest) = stem.strip_prefix(b"dbus-") {
        let rest = &rest[..cut(rest, b'@')];
        return found(AppKind::Desktop, &rest[rest.iter().position(|byte| *byte == b'-')? + 1..]);
    }
    let rest = stem.strip_prefix(b"app-")?;
    let rest = if scope { &rest[..rest.iter().rposition(|byte| *byte == b'-')?] } else { &rest[..cut(rest, b'@')] };
    if let Some(id) = rest.strip_prefix(b"flatpak-") {
        return found(AppKind::Flatpak, id);
    }
    let dash = rest.iter().position(|byte| *byte == b'-');
    let launcher = dash.filter(|at| LAUNCHERS.contains(&&*unescaped(&rest[..*at])));
    let id = unescaped(&rest[launcher.map_or(0, |at| at + 1)..]).into_owned();
    // `firefox_firefox` is the snap's own `.desktop` file and is found as such.
    found(AppKind::Desktop, &id)
}

fn snap(rest: &[u8]) -> Option<App> {
    let mut words = rest.splitn(2, |byte| *byte == b'.');
    let (name, app) = (words.next()?, words.next().unwrap_or_default());
    let app = match app.strip_prefix(b"hook.") {
        Some(_) => b"",
        // A dash and a UUID.
        None => &app[..app.len().checked_sub(37).filter(|at| app[*at] == b'-').unwrap_or(app.len())],
    };
    (!name.is_empty()).then(|| App {
        kind: AppKind::Snap,
        id: if app.is_empty() || app == name { name.to_vec() } else { [name, b".", app].concat() },
    })
}

/// Whether systemd's name of a service is one that a person gave: what `systemd-run` makes up is not.
fn is_named_unit(unit: &[u8]) -> bool {
    let made_up = |prefix: &[u8]| {
        unit.strip_prefix(prefix).is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-'))
    };
    let runs: [&[u8]; 4] = [b"run-u", b"run-r", b"run-p", b"invocation-"];
    !unit.is_empty() && !unit.starts_with(b"user@") && !runs.into_iter().any(made_up)
}

fn is_id(id: &[u8]) -> bool {
    id.len() >= 12 && id.iter().all(u8::is_ascii_hexdigit)
}

fn is_number(word: &[u8]) -> bool {
    !word.is_empty() && word.len() < 20 && word.iter().all(u8::is_ascii_digit)
}

/// Undoes what systemd does to characters that a unit's name may not hold: `\x2d` is a dash.
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        let code = (*first == b'\\' && tail.first() == Some(&b'x'))
            .then(|| std::str::from_utf8(tail.get(1..3)?).ok())
            .flatten()
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        match code {
            Some(byte) => {
                out.push(byte);
                rest = &tail[3..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_damaged_ones_stay() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(*unescaped(text.as_bytes()), *expected.as_bytes());
        }
        check("google\\x2dchrome", "google-chrome");
        check("a\\x2", "a\\x2");
        check("a\\x", "a\\x");
        check("a\\xzz\\", "a\\xzz\\");
        check("a\\x+1", "a\\x+1");
        check("", "");
    }

    #[test]
    fn a_group_without_a_name_names_nothing() {
        #[track_caller]
        fn check(path: &str, expected: Place) {
            assert_eq!(parse(format!("0::{path}\n").as_bytes()), expected);
        }
        check("/qemu.slice/.scope", Place::default());
        check("/machine.slice/machine-.scope", Place::default());
        let service = Some(b"systemd-nspawn@.service".to_vec());
        check("/machine.slice/systemd-nspawn@.service", Place { unit: service, ..Place::default() });
    }

    #[test]
    fn a_container_below_a_unit_is_in_both() {
        let id = "3f2a9c0d1e2f".repeat(5) + "3f2a";
        let place = parse(format!("0::/system.slice/ollama.service/libpod-payload-{id}\n").as_bytes());
        assert_eq!(place.container, Some(Container { engine: Engine::Podman, id: id.clone().into_bytes() }));
        assert_eq!(place.unit.as_deref(), Some(&b"ollama.service"[..]));
        let place = parse(
            format!("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-conmon-{id}.scope\n")
                .as_bytes(),
        );
        assert_eq!((place.container, place.unit, place.user), (None, None, Some(1000)));
    }
}
