//! Puts together what is known of a process: its place, its family, its game, and what it says of itself.
//!
//! Deliberately not here: how each of these is found out.

use std::sync::Arc;

use super::cgroup::{self, AppKind, Engine, Place};
use super::known::{self, Role};
use super::program::{Member, Program, Sort};
use super::secret::cut;
use super::{Identities, Identity, Seen, container, steam};
use crate::parse::lines;
use crate::procfs::stat::program_name;
use crate::untrusted::Untrusted;

/// A name that was chosen, with the key of what belongs together.
struct Name {
    key: Vec<u8>,
    label: Vec<u8>,
    parent: Option<Vec<u8>>,
    icon: Option<Vec<u8>>,
    role: Option<Role>,
    /// It is the program's own name.
    own: bool,
}

impl Identities {
    /// `None` where the process cannot be seen.
    pub(super) fn name(&mut self, pid: u32, started: u64) -> Option<Identity> {
        let own = self.meet(pid, |seen| seen == started)?;
        let folder = self.folder.as_mut()?;
        let uid = folder.uid(pid);
        if own.program.sort == Sort::Kernel {
            return Some(Identity {
                key: joined(b"kernel:", &own.program.name),
                label: Untrusted::new(own.program.name.clone()),
                role: Role::Kernel,
                user: uid,
                ..Identity::hidden()
            });
        }
        let place = folder.read_file(pid, "cgroup").map(cgroup::parse).unwrap_or_default();
        let user = uid.or(place.user);
        let ancestors = self.ancestors(&own, 0);
        let head = head(&own, &ancestors);
        let game = std::iter::once(&own).chain(ancestors.iter()).find_map(|seen| seen.program.game);
        let game = game.or_else(|| self.game_of(&own));
        let mut name = self.choose(pid, &head.program, &place, game, user);
        // Containers, units and applications can be given a name of nothing but blanks.
        if name.label.trim_ascii().is_empty() {
            name.label = b"unnamed".to_vec();
        }
        let details = details(&own, head, &name);
        let via = via(head, &ancestors, &place, &name);
        Some(Identity {
            key: Untrusted::new(name.key),
            label: Untrusted::new(name.label),
            detail: (!details.is_empty()).then(|| Untrusted::new(details)),
            role: name.role.or(head.program.known.map(|known| known.role)).unwrap_or(Role::Program),
            icon: name.icon.map(Untrusted::new),
            user,
            command: own.program.command.clone().map(Untrusted::new),
            parent: name.parent.map(Untrusted::new),
            via: via.map(Untrusted::from),
        })
    }

    /// In the order of trust.
    fn choose(&mut self, pid: u32, head: &Program, place: &Place, game: Option<u32>, user: Option<u32>) -> Name {
        if let Some(machine) = &place.machine {
            return Name {
                key: [b"vm:", cut(machine)].concat(),
                label: [cut(machine), b" (virtual machine)"].concat(),
                parent: None,
                icon: None,
                role: Some(Role::Program),
                own: false,
            };
        }
        if place.container.is_some() || place.pod.is_some() {
            return self.in_container(head, place, user);
        }
        // Recorder and window start each other, so the place of one says nothing of the other.
        if head.sort == Sort::File && head.known.is_some_and(|known| known.role == Role::Own) {
            return self.by_itself(head, user);
        }
        if let Some(game) = game {
            let label = user.and_then(|user| steam::name(&self.roots, user, game));
            return Name {
                key: format!("steam:{game}").into_bytes(),
                label: label.unwrap_or_else(|| format!("Steam game {game}").into_bytes()),
                parent: None,
                icon: Some(format!("steam_icon_{game}").into_bytes()),
                role: Some(Role::Program),
                own: false,
            };
        }
        if let Some(name) = self.application(pid, head, place, user) {
            return name;
        }
        let job = place.job.as_ref().map(|job| [b"Slurm job ", &job[..]].concat());
        if let Some(name) = place.unit.as_ref().filter(|_| job.is_none()).and_then(|unit| unit_name(unit)) {
            return name;
        }
        if let Some(name) = self.app_image(pid, head, user) {
            return name;
        }
        Name { parent: job, ..self.by_itself(head, user) }
    }

    fn in_container(&mut self, head: &Program, place: &Place, user: Option<u32>) -> Name {
        let inside = self.by_itself(head, None);
        let pod = place.pod.as_ref().map(|uid| match self.containers.pod(&self.roots, uid) {
            Some(name) => name,
            None => cut(&uid[..uid.len().min(8)]).to_vec(),
        });
        if let Some(pod) = pod {
            return Name {
                key: [b"pod:", &pod[..]].concat(),
                label: [&inside.label[..], b" in pod ", &pod].concat(),
                parent: Some([b"Kubernetes pod ", &pod[..]].concat()),
                ..inside
            };
        }
        let Some(container) = &place.container else { return inside };
        let name = self.containers.container(&self.roots, container, place.user.or(user));
        let (short, engine) = (container::short(&container.id), container.engine);
        let shown = name.as_deref().map(cut).unwrap_or(short);
        let whole = [b"container ", shown].concat();
        let parent = match engine {
            Engine::Other => whole.clone(),
            engine => [engine.name().as_bytes(), b" ", &whole[..]].concat(),
        };
        let key = match engine {
            Engine::Other => b"container".to_vec(),
            engine => engine.name().to_ascii_lowercase().into_bytes(),
        };
        Name {
            key: [&key[..], b":", shown].concat(),
            label: [&inside.label[..], b" in ", if name.is_some() { shown } else { &whole }].concat(),
            parent: Some(parent),
            ..inside
        }
    }

    /// The desktop's, Flatpak's or snap's application, unless it is one in which others run that have names.
    fn application(&mut self, pid: u32, head: &Program, place: &Place, user: Option<u32>) -> Option<Name> {
        let (kind, id) = match &place.app {
            Some(app) => (app.kind, app.id.clone()),
            None => (AppKind::Flatpak, self.flatpak_of(pid, head)?),
        };
        let id = cut(&id);
        let (id, entry) = match kind {
            AppKind::Snap => {
                let (name, app) = id.split_at(id.iter().position(|byte| *byte == b'.').unwrap_or(id.len()));
                let app = app.strip_prefix(b".").unwrap_or(name);
                // The `.desktop` file of one of its programs; the snap as a whole is what belongs together.
                (name, self.applications.of_id(&self.roots, user, &[name, b"_", app].concat()))
            }
            _ => (id, self.applications.of_id(&self.roots, user, id)),
        };
        let last = id.rsplit(|byte| *byte == b'.').next().unwrap_or(id);
        // A program that happens to be called as a terminal is none.
        let of_last = || known::named(last).filter(|known| !known.role.is_place_for_others());
        let known = known::named(id).or_else(of_last);
        let itself = || head.known.is_some_and(|own| Some(own) == known) && head.sort == Sort::File;
        let hosts = known.is_some_and(|known| known.role.is_place_for_others()) && !itself();
        if hosts || entry.as_ref().is_some_and(|entry| entry.hosts) && !itself() {
            return None;
        }
        let (word, parent): (&[u8], Option<&[u8]>) = match kind {
            AppKind::Desktop => (b"app:", None),
            AppKind::Flatpak => (b"flatpak:", Some(b"Flatpak ")),
            AppKind::Snap => (b"snap:", Some(b"snap ")),
        };
        let (label, icon) = match entry {
            Some(entry) => (entry.name, entry.icon),
            None => (known.map_or(last, |known| known.name.as_bytes()).to_vec(), None),
        };
        Some(Name {
            key: [word, id].concat(),
            label,
            parent: parent.map(|parent| [parent, id].concat()),
            icon,
            role: Some(known.map_or(Role::Program, |known| known.role)),
            own: false,
        })
    }

    /// What Flatpak writes into the sandbox, where its scope does not tell; programs in it lie in `/app`.
    fn flatpak_of(&mut self, pid: u32, head: &Program) -> Option<Vec<u8>> {
        head.path.starts_with(b"/app/").then_some(())?;
        let text = self.folder.as_mut()?.read_file(pid, "root/.flatpak-info")?;
        let group = lines(text).skip_while(|line| *line != b"[Application]").skip(1);
        let mut group = group.take_while(|line| !line.starts_with(b"["));
        group.find_map(|line| line.strip_prefix(b"name=")).map(<[u8]>::to_vec).filter(|name| !name.is_empty())
    }

    /// An AppImage is mounted under a name that changes at each start; its file's name stands in the environment.
    fn app_image(&mut self, pid: u32, head: &Program, user: Option<u32>) -> Option<Name> {
        head.path.windows(8).any(|part| part == b"/.mount_").then_some(())?;
        let file = self.environment(pid, b"APPIMAGE").and_then(|path| program_name(&path).map(<[u8]>::to_vec))?;
        let stem = file.strip_suffix(b".AppImage").or_else(|| file.strip_suffix(b".appimage")).unwrap_or(&file);
        // `Obsidian-1.5.3`, `krita-5.2.2-x86_64`: the version is no part of the name.
        let stem = super::secret::shown(stem)?;
        let version = stem.windows(2).position(|part| matches!(part[0], b'-' | b'_') && part[1].is_ascii_digit());
        let name = &stem[..version.filter(|at| *at > 0).unwrap_or(stem.len())];
        let name = name.strip_suffix(b"-x86_64").unwrap_or(name);
        let entry = self.applications.of_program(&self.roots, user, name);
        let known = known::named(name);
        let label = known.map_or(name, |known| known.name.as_bytes()).to_vec();
        Some(Name {
            key: [b"appimage:", name].concat(),
            label: entry.as_ref().map_or(label, |entry| entry.name.clone()),
            parent: None,
            icon: entry.and_then(|entry| entry.icon),
            role: known.map(|known| known.role),
            own: true,
        })
    }

    /// What Steam tells a game of itself, where nobody above says that it was Steam.
    fn game_of(&mut self, own: &Seen) -> Option<u32> {
        let program = &own.program;
        let folder = b"/steamapps/common/";
        let plausible = program.sort == Sort::Windows || program.path.windows(folder.len()).any(|part| part == folder);
        plausible.then_some(())?;
        let number = self.environment(own.pid, b"SteamAppId")?;
        std::str::from_utf8(&number).ok()?.parse().ok().filter(|number| *number != 0)
    }

    /// One variable of the environment, which only its own user may read.
    fn environment(&mut self, pid: u32, name: &[u8]) -> Option<Vec<u8>> {
        let text = self.folder.as_mut()?.read_file(pid, "environ")?;
        let mut variables = text.split(|byte| *byte == 0);
        let value = variables.find_map(|variable| variable.strip_prefix(name)?.strip_prefix(b"="))?;
        Some(value.to_vec())
    }

    /// By its script, module or program, and what the table or its `.desktop` file calls that.
    fn by_itself(&mut self, head: &Program, user: Option<u32>) -> Name {
        let file = program_name(&head.path).unwrap_or(&head.name);
        let entry = if head.sort == Sort::File { self.applications.of_program(&self.roots, user, file) } else { None };
        let label = match (head.known, &entry) {
            (Some(known), _) => known.name.as_bytes().to_vec(),
            (None, Some(entry)) => entry.name.clone(),
            (None, None) => head.name.clone(),
        };
        let key = match head.known {
            Some(known) => [b"program:", known.name.to_ascii_lowercase().as_bytes()].concat(),
            None => [head.sort.word().as_bytes(), b":", &head.name].concat(),
        };
        Name { key, label, parent: None, icon: entry.and_then(|entry| entry.icon), role: None, own: true }
    }
}

fn joined(a: &[u8], b: &[u8]) -> Untrusted {
    Untrusted::new([a, b].concat())
}

/// Whose name the process goes by.
fn head<'a>(own: &'a Arc<Seen>, ancestors: &'a [Arc<Seen>]) -> &'a Arc<Seen> {
    let (mut head, mut above) = (own, ancestors);
    if own.program.member == Member::OfParent {
        let outside = above.iter().position(|seen| seen.program.member != Member::OfParent);
        // Those whose parent is gone were adopted by one who starts everything.
        let adopted = |seen: &Seen| seen.program.known.is_some_and(|known| known.role.is_place_for_others());
        match outside.filter(|at| !adopted(&above[*at])) {
            Some(at) => (head, above) = (&above[at], &above[at + 1..]),
            None => return own,
        }
    }
    if head.program.member == Member::OfSameProgram && !head.program.path.is_empty() {
        let same = above.iter().take_while(|seen| seen.program.path == head.program.path);
        head = same.last().unwrap_or(head);
    }
    head
}

/// What the label does not say: which program of a place it is, its role, its model.
fn details(own: &Seen, head: &Seen, name: &Name) -> Vec<u8> {
    let mut details: Vec<&[u8]> = Vec::new();
    let program = own.program.known.map_or(&own.program.name[..], |known| known.name.as_bytes());
    let role = own.program.member != Member::Not;
    let generic =
        own.program.member == Member::OfSameProgram || role && own.program.details.iter().any(|one| one == b"worker");
    let said =
        name.own && own.pid == head.pid || name.label.to_ascii_lowercase().starts_with(&program.to_ascii_lowercase());
    if !said && !generic {
        details.push(program);
    }
    details.extend(own.program.details.iter().map(Vec::as_slice));
    if own.pid != head.pid && details.is_empty() && !said {
        details.push(program);
    }
    details.join(&b", "[..])
}

/// The nearest ancestor that people start things with.
fn via(head: &Seen, ancestors: &[Arc<Seen>], place: &Place, name: &Name) -> Option<&'static str> {
    if place.container.is_some() || place.machine.is_some() {
        return None;
    }
    let starter = ancestors.iter().skip_while(|seen| seen.started > head.started || seen.pid == head.pid);
    let starter = starter.filter_map(|seen| seen.program.known).find(|known| known.role.starts());
    let unit = || {
        let unit = place.unit.as_deref()?.strip_suffix(b".service")?;
        known::named(unit).filter(|known| known.role.starts())
    };
    let found = starter.or_else(unit)?;
    // A terminal is not started via itself.
    (found.name.as_bytes() != &name.label[..]).then_some(found.name)
}

/// The name of a service, unless it is one in which others run that have names.
fn unit_name(unit: &[u8]) -> Option<Name> {
    let unit = cut(unit);
    let stem = unit.strip_suffix(b".service").unwrap_or(unit);
    let at = stem.iter().position(|byte| *byte == b'@').unwrap_or(stem.len());
    let (template, instance) = (&stem[..at], stem.get(at + 1..).unwrap_or_default());
    let known = known::named(stem).or_else(|| known::named(template));
    if known.is_some_and(|known| known.role.is_place_for_others()) {
        return None;
    }
    let name = known.map_or(template, |known| known.name.as_bytes());
    // Nothing but an instance (`@tty1.service`) is no name.
    if name.is_empty() {
        return None;
    }
    let label = if instance.is_empty() { name.to_vec() } else { [name, b" (", instance, b")"].concat() };
    Some(Name {
        key: [b"unit:", unit].concat(),
        label,
        parent: Some(unit.to_vec()),
        icon: None,
        role: known.map(|known| known.role),
        own: false,
    })
}
