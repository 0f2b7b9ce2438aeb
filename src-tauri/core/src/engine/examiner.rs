//! What is in the files of programs at work on GPUs, asked for beside the tick.
//!
//! One thread with the lowest priority reads one file after the other, [`PIECE`] by piece with rests, so that the largest
//! takes a minute and about a hundredth of a core meanwhile. Questions wait in a short queue; what finds no room is asked again at the next
//! tick. A running program is asked about again now and then, because it may have started itself anew in the same
//! process; that costs a look at its file's times. Deliberately not here: how a file is read (`fingerprint`), and what its
//! content says (`alerts::binaries`).

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use super::Event;
use crate::alerts::expect::Used;
use crate::fingerprint::{Fingerprint, Fingerprints, PIECE};
use crate::paths::Roots;
use crate::untrusted::Untrusted;

/// Bytes a second; a binary of the usual size is read within some seconds.
const PACE: usize = 4 << 20;

/// The rest after each piece.
const REST: Duration = Duration::from_millis((1000 * PIECE / PACE) as u64);

/// So many questions wait.
const QUEUE: usize = 16;

/// The same process is asked about again after this long.
const AGAIN: Duration = Duration::from_secs(600);

/// So many processes are followed at the same time.
const MOST: usize = 256;

/// The lowest priority; see setpriority(2).
const NICE: i32 = 19;

/// It reads one file at a time into memory of its own.
const STACK: usize = 128 << 10;

/// A program at work whose file is to be looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    /// What it did when it was asked.
    pub used: Used,
    /// Unix seconds of that.
    pub ts: i64,
    /// One of its processes.
    pub pid: u32,
    /// The path of its file.
    pub path: Untrusted,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Examined {
    pub question: Question,
    /// `None` where the file could not be read, or the process runs another one by now.
    pub content: Option<String>,
}

/// The engine's end.
#[derive(Debug)]
pub(super) struct Examiner {
    questions: SyncSender<Question>,
    /// By process, its start and its file: boot time of the question.
    asked: HashMap<(u32, Option<u64>, Untrusted), Duration>,
}

impl Examiner {
    /// With the other end of the queue.
    pub fn new() -> (Examiner, Receiver<Question>) {
        let (questions, asked) = sync_channel(QUEUE);
        (Examiner { questions, asked: HashMap::new() }, asked)
    }

    /// Forgets whom to ask about again.
    pub fn begin(&mut self, boot: Duration) {
        self.asked.retain(|_, asked| boot.saturating_sub(*asked) < AGAIN);
    }

    /// Whether a process, by its number and its start, was not asked about for a while, and may be.
    pub fn is_due(&self, (pid, started): (u32, Option<u64>), path: &Untrusted) -> bool {
        self.asked.len() < MOST && !self.asked.contains_key(&(pid, started, path.clone()))
    }

    /// Asks about a process of this start; never waits.
    pub fn ask(&mut self, question: Question, started: Option<u64>, boot: Duration) {
        let key = (question.pid, started, question.path.clone());
        match self.questions.try_send(question) {
            Err(TrySendError::Full(_)) => {}
            // A thread that is gone will not come back.
            Ok(()) | Err(TrySendError::Disconnected(_)) => {
                self.asked.insert(key, boot);
            }
        }
    }
}

/// Starts the thread that answers. It ends when the engine drops its end; nobody waits for that.
pub(super) fn spawn(roots: &Roots, questions: Receiver<Question>, events: Sender<Event>) -> std::io::Result<()> {
    let mut fingerprints = Fingerprints::new(roots);
    let serve = move || {
        // On Linux this is the thread's own; where it is refused, the rests suffice.
        let _ = rustix::process::setpriority_process(None, NICE);
        for question in questions {
            let found = fingerprints.of(question.pid, || thread::sleep(REST));
            let examined = Examined { content: content(&question, found), question };
            if events.send(Event::Examined(examined)).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("hb-examiner".to_owned()).stack_size(STACK).spawn(serve).map(drop)
}

/// The content of the file that was asked about, and of no other that the process runs by now.
fn content(question: &Question, found: Option<Fingerprint>) -> Option<String> {
    found.filter(|found| found.path == question.path).map(|found| found.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(pid: u32, path: &str) -> Question {
        let used = Used {
            gpu: "gpu:1".into(),
            key: "program:x".into(),
            label: "x".into(),
            uid: None,
            files: Vec::new(),
            share: None,
            vram: None,
        };
        Question { used, ts: 1, pid, path: path.into() }
    }

    fn ask(examiner: &mut Examiner, pid: u32, second: u64) {
        let boot = Duration::from_secs(second);
        examiner.begin(boot);
        if examiner.is_due((pid, Some(1)), &"/x".into()) {
            examiner.ask(question(pid, "/x"), Some(1), boot);
        }
    }

    #[test]
    fn a_process_is_asked_about_once_and_again_after_a_while() {
        let (mut examiner, questions) = Examiner::new();
        let mut asked = |second| {
            ask(&mut examiner, 7, second);
            questions.try_iter().count()
        };
        assert_eq!((asked(0), asked(1), asked(599), asked(600), asked(601)), (1, 0, 0, 1, 0));
    }

    #[test]
    fn what_finds_no_room_is_asked_later_and_nobody_waits() {
        let (mut examiner, questions) = Examiner::new();
        (0..40).for_each(|pid| ask(&mut examiner, pid, 0));
        assert_eq!(questions.try_iter().count(), QUEUE);
        (0..40).for_each(|pid| ask(&mut examiner, pid, 1));
        let next: Vec<u32> = questions.try_iter().map(|question| question.pid).collect();
        assert_eq!(next, (16..32).collect::<Vec<_>>());
        drop(questions);
        ask(&mut examiner, 50, 2);
        assert!(examiner.asked.contains_key(&(50, Some(1), "/x".into())));
        (1000..2000).for_each(|pid| ask(&mut examiner, pid, 3));
        assert_eq!(examiner.asked.len(), MOST);
    }

    #[test]
    fn the_thread_answers_and_another_file_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("proc/7")).unwrap();
        std::fs::write(folder.path().join("tool"), "abc").unwrap();
        std::os::unix::fs::symlink("/tool", folder.path().join("proc/7/exe")).unwrap();
        let (examiner, questions) = Examiner::new();
        let (events, answers) = std::sync::mpsc::channel();
        spawn(&Roots::at(folder.path()), questions, events).unwrap();
        for (pid, path, found) in [(7, "/tool", true), (7, "/other", false), (8, "/tool", false)] {
            examiner.questions.send(question(pid, path)).unwrap();
            let answer = answers.recv_timeout(Duration::from_secs(60)).unwrap();
            let Event::Examined(examined) = answer else { panic!("{answer:?}") };
            assert_eq!((examined.question.pid, examined.content.is_some()), (pid, found), "{path}");
        }
    }
}
