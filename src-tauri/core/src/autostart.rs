//! Starting with the person's session: an entry in the autostart folder of their desktop.
//!
//! The entry is the only memory of it, so that the desktop's own settings and a person with an editor can take it back.
//! <https://specifications.freedesktop.org/autostart-spec/latest/> Deliberately not here: servers without a desktop, and
//! which face offers it.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::paths;

/// The name of the entry.
const FILE: &str = "hoofbeat.desktop";

/// What the kernel writes behind the path of a program whose file was replaced under it, as each update does.
const REPLACED: &[u8] = b" (deleted)";

/// What is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The recorder's program.
    pub program: PathBuf,
    /// The folder to record into.
    pub recording: PathBuf,
    /// The config file, where it is not at its usual place.
    pub config: Option<PathBuf>,
}

/// The path of the program that runs, which after an update is that of the new one.
pub fn own_program() -> Option<PathBuf> {
    std::env::current_exe().ok().map(standing)
}

/// Where a program stands now: at its path, or where that path was before its file was replaced.
fn standing(path: PathBuf) -> PathBuf {
    if path.exists() {
        return path;
    }
    let bytes = path.as_os_str().as_bytes();
    let before = bytes.strip_suffix(REPLACED).map(|before| PathBuf::from(OsString::from_vec(before.to_vec())));
    before.filter(|before| before.is_file()).unwrap_or(path)
}

/// The file of the entry, whether it is there or not. `None` where nothing tells where a person's settings are.
pub fn file() -> Option<PathBuf> {
    Some(paths::autostart_folder()?.join(FILE))
}

/// What an entry says; that of a missing one is nothing.
#[derive(Debug)]
pub struct Entry(String);

impl Entry {
    /// Reads it.
    pub fn read(file: &Path) -> Entry {
        Entry(fs::read_to_string(file).unwrap_or_default())
    }

    /// Whether it is there and not switched off, as desktops do that instead of removing it.
    pub fn is_on(&self) -> bool {
        let is_off = |line: &str| matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false");
        self.exec().is_some() && !self.0.lines().any(is_off)
    }

    /// Whether what it starts is gone: it was moved, or the entry was written while its file was being replaced.
    pub fn is_broken(&self) -> bool {
        // What a person wrote without a path is looked for by the desktop.
        let is_before = |word: &String| word == "env" || (word.contains('=') && !word.starts_with('/'));
        let program = self.started().into_iter().find(|word| !is_before(word));
        program.is_some_and(|program| program.starts_with('/') && !Path::new(&program).exists())
    }

    /// The folder that it has recorded into; `None` where it does not say.
    fn recording(&self) -> Option<PathBuf> {
        self.started().into_iter().skip_while(|word| word != "--data-dir").nth(1).map(PathBuf::from)
    }

    /// The words of what it starts.
    fn started(&self) -> Vec<String> {
        self.exec().map(words).unwrap_or_default()
    }

    fn exec(&self) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix("Exec="))
    }
}

/// Writes the entry anew where it is on, records into the same folder, and what it starts is gone; whether it did. One
/// that records elsewhere is another installation's, which may be back tomorrow.
///
/// # Errors
/// As of [`set`].
pub fn mend(file: &Path, start: &Start) -> Result<bool, String> {
    let entry = Entry::read(file);
    let is_other = entry.recording().is_some_and(|recording| recording != start.recording);
    if is_other || !entry.is_on() || !entry.is_broken() {
        return Ok(false);
    }
    set(file, Some(start)).map(|()| true)
}

/// Makes the entry, or takes it away.
///
/// # Errors
/// One sentence: the file cannot be written, or a path in it cannot be told.
pub fn set(file: &Path, start: Option<&Start>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let Some(start) = start else {
        return match fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        };
    };
    let text = start.text()?;
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).and_then(|()| fs::write(file, text)).map_err(failed)
}

impl Start {
    /// This program's way to start `program` as it records now.
    pub fn of(program: PathBuf, recording: &Path) -> Start {
        let config = std::env::var_os("HOOFBEAT_CONFIG").filter(|file| !file.is_empty());
        let config = config.map(|file| paths::absolute(file.as_ref()));
        Start { program, recording: paths::absolute(recording), config }
    }

    /// The same of the program that asks.
    pub fn of_this(recording: &Path) -> Start {
        Start::of(own_program().unwrap_or_else(|| "hoofbeat".into()), recording)
    }

    fn text(&self) -> Result<String, String> {
        let mut words = Vec::new();
        if let Some(config) = &self.config {
            words.extend(["env".to_owned(), format!("HOOFBEAT_CONFIG={}", plain(config)?)]);
        }
        words.extend([plain(&self.program)?, "--data-dir".to_owned(), plain(&self.recording)?, "watch".to_owned()]);
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        Ok(format!(
            "[Desktop Entry]\nType=Application\nName=Hoofbeat\nComment=Records what the GPU does, and shows it in the \
             tray\nComment[de]=Zeichnet auf, was die GPU tut, und zeigt es im Infobereich\nExec={}\nIcon=hoofbeat\nTerminal=false\nX-GNOME-Autostart-enabled=true\n",
            words.join(" ")
        ))
    }
}

/// A path as text: the file is UTF-8, and its lines are lines.
fn plain(path: &Path) -> Result<String, String> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    text.map(str::to_owned).ok_or_else(|| format!("{} cannot be named in an autostart entry", path.display()))
}

/// A word of `Exec`: in double quotes, in which four characters are escaped; then the backslashes once more, as in every
/// value of such a file, and the percent signs, which begin a code.
fn quoted(word: &str) -> String {
    let mut quoted = String::from("\"");
    for c in word.chars() {
        if matches!(c, '"' | '`' | '$' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted.replace('\\', r"\\").replace('%', "%%")
}

/// The words of an `Exec` line, by the same rules; one without quotes ends at a space.
fn words(exec: &str) -> Vec<String> {
    let value = exec.replace(r"\\", "\\");
    let (mut words, mut rest) = (Vec::new(), value.chars().peekable());
    while let Some(first) = rest.next_if(|c| *c != ' ').or_else(|| rest.find(|c| *c != ' ')) {
        let is_quoted = first == '"';
        let mut word = String::new();
        let mut next = if is_quoted { rest.next() } else { Some(first) };
        while let Some(c) = next {
            match c {
                '"' if is_quoted => break,
                ' ' if !is_quoted => break,
                '\\' if is_quoted => word.extend(rest.next()),
                '%' => word.extend(rest.next_if_eq(&'%')),
                c => word.push(c),
            }
            next = rest.next();
        }
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_path_is_started_as_it_is(name in "[ -~äß/]{1,30}") {
            let (program, recording) = (PathBuf::from(format!("/opt/{name}")), PathBuf::from(format!("/data/{name}")));
            let config = Some(PathBuf::from(format!("/etc/{name}")));
            let entry = Entry(Start { program, recording, config }.text().unwrap());
            let expected = ["env".to_owned(), format!("HOOFBEAT_CONFIG=/etc/{name}"), format!("/opt/{name}"),
                "--data-dir".to_owned(), format!("/data/{name}"), "watch".to_owned()];
            prop_assert_eq!(entry.started(), expected);
        }
    }

    #[test]
    fn it_is_switched_on_and_off_and_a_desktop_may_switch_it_off_too() {
        let folder = tempfile::tempdir().unwrap();
        let entry = folder.path().join("config/autostart").join(FILE);
        let start = Start { program: "/usr/bin/hoofbeat".into(), recording: "/data".into(), config: None };
        assert!(!Entry::read(&entry).is_on());
        set(&entry, None).unwrap();
        set(&entry, Some(&start)).unwrap();
        assert!(Entry::read(&entry).is_on());
        let mut text = fs::read_to_string(&entry).unwrap();
        assert_eq!(Entry::read(&entry).exec().unwrap(), r#""/usr/bin/hoofbeat" "--data-dir" "/data" "watch""#);
        let _ = writeln!(text, "Hidden=true");
        fs::write(&entry, text).unwrap();
        assert!(!Entry::read(&entry).is_on());
        set(&entry, Some(&start)).unwrap();
        assert!(Entry::read(&entry).is_on());
        set(&entry, None).unwrap();
        assert!(!entry.exists());
    }

    #[test]
    fn what_cannot_be_written_is_said_in_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let start = Start { program: "/a\nb".into(), recording: "/data".into(), config: None };
        let said = set(&folder.path().join(FILE), Some(&start)).unwrap_err();
        assert!(said.ends_with("cannot be named in an autostart entry"), "{said}");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let start = Start { program: "/a".into(), ..start };
        let said = set(&file.join(FILE), Some(&start)).unwrap_err();
        assert!(said.starts_with(&*file.join(FILE).to_string_lossy()), "{said}");
    }

    #[test]
    fn the_program_that_runs_is_found_after_it_was_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("hoofbeat");
        let replaced = folder.path().join("hoofbeat (deleted)");
        assert_eq!(standing(replaced.clone()), replaced, "nothing is there");
        fs::write(&program, "").unwrap();
        assert_eq!(standing(replaced.clone()), program);
        assert_eq!(standing(program.clone()), program);
        // Somebody may call a program so.
        fs::write(&replaced, "").unwrap();
        assert_eq!(standing(replaced.clone()), replaced);
        assert!(own_program().is_some_and(|own| own.is_file()));
    }

    #[test]
    fn an_entry_that_is_on_and_starts_nothing_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let entry = folder.path().join(FILE);
        let program = folder.path().join("hoof\\beat $1");
        fs::write(&program, "").unwrap();
        let start = Start { program: program.clone(), recording: "/data".into(), config: Some("/c=d.toml".into()) };
        assert_eq!(mend(&entry, &start), Ok(false), "nobody wants one");
        let gone = Start { program: format!("{} (deleted)", program.display()).into(), ..start.clone() };
        set(&entry, Some(&gone)).unwrap();
        assert!(Entry::read(&entry).is_broken());
        let elsewhere = Start { recording: "/other".into(), ..start.clone() };
        assert_eq!(mend(&entry, &elsewhere), Ok(false), "it is another one's");
        assert_eq!(mend(&entry, &start), Ok(true));
        assert!(Entry::read(&entry).started().contains(&program.display().to_string()));
        assert_eq!(mend(&entry, &start), Ok(false), "it is whole");
        // What is off stays as it is, and so does what a person wrote.
        fs::remove_file(&program).unwrap();
        let off = fs::read_to_string(&entry).unwrap() + "Hidden=true\n";
        fs::write(&entry, &off).unwrap();
        assert_eq!(mend(&entry, &start), Ok(false));
        for own in ["Exec=hoofbeat watch\n", "Exec=env A=b hoofbeat watch\n", "Exec=/bin/sh -c \"exec hoofbeat\"\n"] {
            fs::write(&entry, own).unwrap();
            assert_eq!(mend(&entry, &start), Ok(false), "{own}");
        }
        fs::write(&entry, "Exec=/nowhere/hoofbeat watch\n").unwrap();
        assert!(Entry::read(&entry).is_broken());
    }
}
