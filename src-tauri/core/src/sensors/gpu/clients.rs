//! From a process that a driver tells of to a named [`GpuUse`].
//!
//! A name costs some 45 µs of CPU and changes at most once or twice in a life, so it is kept while the process is told
//! of, and read again 5 s and 60 s after it was met: by then a program has replaced the shell that started it, and has
//! given itself its title. A process that is not told of for a whole round is forgotten, because its number may be given
//! to another one. Deliberately not here: where the figures come from, and what is done with them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::identity::{Identities, shown};
use crate::model::{GpuUse, Source};
use crate::sensors::Roots;
use crate::untrusted::Untrusted;

/// A name is read again this long after its process was met.
const RENEWALS: &[Duration] = &[Duration::from_secs(5), Duration::from_secs(60)];

/// What a driver itself calls the process with this number.
pub(crate) type Told<'a> = &'a dyn Fn(u32) -> Option<String>;

/// What a process does on a GPU; what is not known is `None`, which is not zero. See [`GpuUse`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    pub share: Option<f64>,
    pub vram: Option<u64>,
    pub busy: Option<f64>,
    pub encoder: Option<f64>,
    pub decoder: Option<f64>,
}

/// See the module.
pub(crate) struct Clients {
    identities: Identities,
    known: BTreeMap<u32, Client>,
    round: u64,
}

struct Client {
    started: Option<u64>,
    key: Untrusted,
    label: Untrusted,
    uid: Option<u32>,
    exe: Option<Untrusted>,
    command: Option<Untrusted>,
    met: Duration,
    renewals: usize,
    /// The round in which it was last told of.
    round: u64,
}

impl Clients {
    /// Of the machine at `roots`.
    pub(crate) fn new(roots: &Roots) -> Clients {
        Clients { identities: Identities::new(roots), known: BTreeMap::new(), round: 0 }
    }

    /// Begins a round: forgets who was not told of in the last one.
    pub(crate) fn begin(&mut self) {
        let last = self.round;
        self.known.retain(|_, client| client.round == last);
        self.round += 1;
    }

    /// Puts a name to what the process with this number does on a GPU. The number is of our own `/proc`, or the host's
    /// where a `driver` told it, which is asked for the name of a process that `/proc` does not show.
    pub(crate) fn name(
        &mut self,
        source: &Arc<Source>,
        pid: u32,
        figures: Figures,
        boot: Duration,
        driver: Option<Told<'_>>,
    ) -> GpuUse {
        let due = |client: &Client| {
            RENEWALS.get(client.renewals).is_some_and(|after| boot.saturating_sub(client.met) >= *after)
        };
        if self.known.get(&pid).is_none_or(due) {
            let before = self.known.remove(&pid);
            let client = self.meet(pid, before, boot, driver);
            self.known.insert(pid, client);
        }
        let client = self.known.get_mut(&pid).expect("it was there, or was just put in");
        client.round = self.round;
        let Figures { share, vram, busy, encoder, decoder } = figures;
        GpuUse {
            source: source.clone(),
            pid,
            started: client.started,
            key: client.key.clone(),
            identity: client.label.clone(),
            uid: client.uid,
            exe: client.exe.clone(),
            command: client.command.clone(),
            share,
            vram,
            busy,
            encoder,
            decoder,
        }
    }

    fn meet(&mut self, pid: u32, before: Option<Client>, boot: Duration, driver: Option<Told<'_>>) -> Client {
        let (started, mut identity) = match driver {
            Some(_) => self.identities.of_driver(pid),
            None => self.identities.of_process(pid),
        };
        let before = before.filter(|before| before.started == started);
        if let (Some(started), Some(_)) = (started, &before) {
            identity = self.identities.renew(pid, started);
        }
        let (met, renewals) = before.as_ref().map_or((boot, 0), |before| (before.met, before.renewals + 1));
        let round = self.round;
        let (mut key, mut label, uid) = (identity.key.clone(), identity.label.clone(), identity.user);
        let mut command = identity.command.clone();
        // In a container the numbers are those of other processes, and the driver would look into the same `/proc`.
        if started.is_none()
            && let Some(driver) = driver
            && self.identities.sees_host()
            && let Some(told) = driver(pid)
            && let Some(program) = program(&told)
        {
            (key, label) = (Untrusted::new(format!("program:{program}")), Untrusted::from(program));
            command = Some(label.clone());
        }
        let exe = started.and_then(|started| self.identities.file(pid, started));
        Client { started, key, label, uid, exe, command, met, renewals, round }
    }
}

/// The program in what a driver calls a process: its path, or whatever it wrote over its arguments. Only the first word
/// is kept, because nobody can tell the blank in a path from the one before an argument, and arguments hold secrets.
fn program(told: &str) -> Option<&str> {
    let path = told.split_ascii_whitespace().next().filter(|path| !path.starts_with('-'))?;
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).trim_end_matches(':');
    shown(name.as_bytes()).and_then(|name| std::str::from_utf8(name).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceKind;

    const TAIL: &str = "S 1 1 1 0 -1 0 0 0 0 0 9 0 0 0 20 0 1 0";

    struct Machine {
        _folder: tempfile::TempDir,
        roots: Roots,
        clients: Clients,
        source: Arc<Source>,
    }

    impl Machine {
        fn new() -> Machine {
            let folder = tempfile::tempdir().unwrap();
            let roots = Roots::at(folder.path());
            let source = Source::whole(SourceKind::Gpu, "gpu:1", "x");
            Machine { clients: Clients::new(&roots), roots, source, _folder: folder }
        }

        fn process(&self, pid: u32, started: u64, program: &str) {
            let folder = self.roots.proc.join(pid.to_string());
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("stat"), format!("{pid} ({program}) {TAIL} {started} 1000000 25 0\n")).unwrap();
            std::fs::write(folder.join("status"), "Uid:\t1000\t1000\t1000\t1000\n").unwrap();
            std::fs::write(folder.join("cmdline"), format!("/usr/bin/{program}\0")).unwrap();
        }

        fn use_at(&mut self, pid: u32, second: u64, told: Option<&str>) -> GpuUse {
            self.clients.begin();
            let boot = Duration::from_secs(second);
            let told = |_| told.map(str::to_owned);
            self.clients.name(&self.source, pid, Figures::default(), boot, Some(&told))
        }
    }

    #[test]
    fn a_name_is_read_again_once_a_program_has_settled() {
        let mut machine = Machine::new();
        machine.process(7, 900, "first");
        let met = machine.use_at(7, 10, None);
        assert_eq!((met.started, met.uid, met.identity), (Some(900), Some(1000), "first".into()));
        assert_eq!(met.command, Some("first".into()));
        machine.process(7, 900, "second");
        assert_eq!(machine.use_at(7, 14, None).identity, "first".into());
        let renewed = machine.use_at(7, 15, None);
        assert_eq!((renewed.identity, renewed.command), ("second".into(), Some("second".into())));
        machine.process(7, 900, "third");
        assert_eq!(machine.use_at(7, 69, None).identity, "second".into());
        assert_eq!(machine.use_at(7, 70, None).identity, "third".into());
        machine.process(7, 900, "fourth");
        assert_eq!(machine.use_at(7, 7000, None).identity, "third".into());
        // Its number is given to another process.
        machine.process(7, 5000, "fifth");
        machine.clients.begin();
        let other = machine.use_at(7, 7001, None);
        assert_eq!((other.started, other.identity), (Some(5000), "fifth".into()));
    }

    #[test]
    fn a_hidden_process_goes_by_the_name_that_the_driver_has() {
        let mut machine = Machine::new();
        let hidden = machine.use_at(8, 10, Some("/opt/work/train --token=secret"));
        assert_eq!((hidden.started, hidden.uid), (None, None));
        assert!(hidden.is_named(), "{hidden:?}");
        assert_eq!((hidden.key, hidden.identity), ("program:train".into(), "train".into()));
        let nameless = machine.use_at(9, 10, None);
        assert!(!nameless.is_named() && nameless.command.is_none(), "{nameless:?}");
    }

    #[test]
    fn the_program_is_told_apart_from_what_it_is_a_part_of() {
        let mut machine = Machine::new();
        let folder = machine.roots.proc.join("7");
        machine.process(7, 900, "python3");
        std::fs::write(folder.join("cgroup"), "0::/system.slice/training.service\n").unwrap();
        std::fs::write(folder.join("cmdline"), "/opt/env/bin/python3.12\0-m\0trainer.main\0--token=hunter2\0").unwrap();
        let met = machine.use_at(7, 10, None);
        assert_eq!((met.identity, met.command.clone()), ("training".into(), Some("python3.12".into())));
        // It is the same text in each tick, and not a copy.
        let again = machine.use_at(7, 11, None).command.unwrap();
        assert!(std::ptr::eq(met.command.unwrap().as_bytes(), again.as_bytes()));
        let folder = machine.roots.proc.join("8");
        machine.process(8, 900, "x");
        std::fs::write(folder.join("cmdline"), format!("/opt/{}\0", "long-".repeat(30))).unwrap();
        assert_eq!(machine.use_at(8, 10, None).command.unwrap().as_bytes().len(), 64);
    }

    #[test]
    fn in_a_container_the_numbers_of_a_driver_are_others() {
        let mut machine = Machine::new();
        machine.process(7, 900, "innocent");
        let space = machine.roots.proc.join("self/ns");
        std::fs::create_dir_all(&space).unwrap();
        std::os::unix::fs::symlink("pid:[4026532999]", space.join("pid")).unwrap();
        let unnamed = machine.use_at(7, 10, Some("/usr/bin/innocent"));
        assert_eq!((unnamed.started, unnamed.uid, unnamed.key), (None, None, "hidden".into()));
        // Those of fdinfo are not: they stand in the same `/proc`.
        machine.clients = Clients::new(&machine.roots);
        let own = machine.clients.name(&machine.source, 7, Figures::default(), Duration::from_secs(10), None);
        assert_eq!((own.started, own.uid, own.identity), (Some(900), Some(1000), "innocent".into()));
    }

    #[test]
    fn of_what_a_driver_says_only_the_program_is_kept() {
        for (told, expected) in [
            ("/usr/bin/python3", Some("python3")),
            ("/opt/google/chrome/chrome --type=gpu-process --token=1", Some("chrome")),
            (r"C:\Games\game.exe", Some("game.exe")),
            ("plain", Some("plain")),
            ("mytool sk-abcdef0123456789abcdef0123 hunter2", Some("mytool")),
            ("/opt/x/agent password=hunter2 --q", Some("agent")),
            ("/opt/x/agent /home/me/hunter2/key", Some("agent")),
            ("/opt/x/agent\thunter2", Some("agent")),
            ("answering: what is the dose of hunter2 for my child", Some("answering")),
            ("postgres: hunter2 [local] idle", Some("postgres")),
            ("sk-abcdef0123456789abcdef0123", None),
            ("PASSWORD=hunter2 /opt/x/agent", None),
            ("/", None),
            ("", None),
            (" -x", None),
        ] {
            assert_eq!(program(told), expected, "{told:?}");
        }
    }
}
