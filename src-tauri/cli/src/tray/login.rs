//! Starting with the person's session: an entry in the autostart folder of their desktop.
//!
//! The entry is the only memory of it, so that the desktop's own settings and a person with an editor can take it back.
//! <https://specifications.freedesktop.org/autostart-spec/latest/> Deliberately not here: servers without a desktop.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hoofbeat_core::paths;

/// The name of the entry.
const FILE: &str = "hoofbeat.desktop";

/// What is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start<'a> {
    /// Our own program.
    pub program: &'a Path,
    /// The folder to record into.
    pub recording: &'a Path,
    /// The config file, where it is not at its usual place.
    pub config: Option<PathBuf>,
}

/// Where the entry is, or would be. `None` where nothing tells where a person's settings are.
pub fn entry() -> Option<PathBuf> {
    Some(paths::autostart_folder()?.join(FILE))
}

/// Whether the entry is there and not switched off, as desktops do that instead of removing it.
pub fn is_on(entry: &Path) -> bool {
    let text = fs::read_to_string(entry).unwrap_or_default();
    let is_off = |line: &str| matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false");
    text.lines().any(|line| line.starts_with("Exec=")) && !text.lines().any(is_off)
}

/// Makes the entry, or takes it away.
///
/// # Errors
/// One sentence: the file cannot be written, or a path in it cannot be told.
pub fn set(entry: &Path, start: Option<&Start<'_>>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", entry.display());
    let Some(start) = start else {
        return match fs::remove_file(entry) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        };
    };
    let text = start.text()?;
    let folder = entry.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).and_then(|()| fs::write(entry, text)).map_err(failed)
}

impl Start<'_> {
    fn text(&self) -> Result<String, String> {
        let mut words = Vec::new();
        if let Some(config) = &self.config {
            words.extend(["env".to_owned(), format!("HOOFBEAT_CONFIG={}", plain(config)?)]);
        }
        words.extend([plain(self.program)?, "--data-dir".to_owned(), plain(self.recording)?, "watch".to_owned()]);
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

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    /// The words of an `Exec` line, by the specification.
    fn words(exec: &str) -> Vec<String> {
        let value = exec.replace(r"\\", "\\");
        let (mut words, mut rest) = (Vec::new(), value.chars().peekable());
        while let Some(c) = rest.next() {
            assert_eq!(c, '"');
            let mut word = String::new();
            loop {
                match rest.next().expect("a quote has an end") {
                    '"' => break,
                    '\\' => word.push(rest.next().expect("something is escaped")),
                    '%' => {
                        assert_eq!(rest.next(), Some('%'));
                        word.push('%');
                    }
                    c => word.push(c),
                }
            }
            words.push(word);
            assert!(matches!(rest.next(), None | Some(' ')));
        }
        words
    }

    fn exec(text: &str) -> &str {
        text.lines().find_map(|line| line.strip_prefix("Exec=")).expect("something is started")
    }

    proptest! {
        #[test]
        fn any_path_is_started_as_it_is(name in "[ -~äß/]{1,30}") {
            let (program, recording) = (PathBuf::from(format!("/opt/{name}")), PathBuf::from(format!("/data/{name}")));
            let config = Some(PathBuf::from(format!("/etc/{name}")));
            let text = Start { program: &program, recording: &recording, config }.text().unwrap();
            let expected = ["env".to_owned(), format!("HOOFBEAT_CONFIG=/etc/{name}"), format!("/opt/{name}"),
                "--data-dir".to_owned(), format!("/data/{name}"), "watch".to_owned()];
            prop_assert_eq!(words(exec(&text)), expected);
        }
    }

    #[test]
    fn it_is_switched_on_and_off_and_a_desktop_may_switch_it_off_too() {
        let folder = tempfile::tempdir().unwrap();
        let entry = folder.path().join("config/autostart").join(FILE);
        let start = Start { program: Path::new("/usr/bin/hoofbeat"), recording: Path::new("/data"), config: None };
        assert!(!is_on(&entry));
        set(&entry, None).unwrap();
        set(&entry, Some(&start)).unwrap();
        assert!(is_on(&entry));
        let mut text = fs::read_to_string(&entry).unwrap();
        assert_eq!(exec(&text), r#""/usr/bin/hoofbeat" "--data-dir" "/data" "watch""#);
        let _ = writeln!(text, "Hidden=true");
        fs::write(&entry, text).unwrap();
        assert!(!is_on(&entry));
        set(&entry, Some(&start)).unwrap();
        assert!(is_on(&entry));
        set(&entry, None).unwrap();
        assert!(!entry.exists());
    }

    #[test]
    fn what_cannot_be_written_is_said_in_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let start = Start { program: Path::new("/a\nb"), recording: Path::new("/data"), config: None };
        let said = set(&folder.path().join(FILE), Some(&start)).unwrap_err();
        assert!(said.ends_with("cannot be named in an autostart entry"), "{said}");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let start = Start { program: Path::new("/a"), ..start };
        let said = set(&file.join(FILE), Some(&start)).unwrap_err();
        assert!(said.starts_with(&*file.join(FILE).to_string_lossy()), "{said}");
    }
}
