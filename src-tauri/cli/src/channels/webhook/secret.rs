//! The file with the secret: nobody else may read it.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;

use hoofbeat_core::config::SecretFile;

/// Longer than any token.
const LONGEST: u64 = 4096;

/// Why the secret is not used: one sentence with the remedy.
#[derive(Debug)]
pub struct SecretError(String);

impl std::fmt::Display for SecretError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the secret.
///
/// # Errors
/// The file is missing, not ours, open to others, or holds no token.
pub fn read(file: &SecretFile) -> Result<String, SecretError> {
    let shown = file.as_str();
    let refuse = |reason: String| SecretError(format!("{shown} {reason}"));
    let path = file
        .path(std::env::var_os("HOME").map(PathBuf::from))
        .ok_or_else(|| refuse("cannot be found: HOME is not set; write its whole path".into()))?;
    // Without waiting for whom a pipe of this name would need at its other end.
    let options = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let mut opened = OpenOptions::new().read(true).custom_flags(options).open(&path).map_err(|error| {
        refuse(match error.kind() {
            ErrorKind::NotFound => "does not exist; write the token into it, and chmod 600 it".to_owned(),
            _ => format!("cannot be read: {error}"),
        })
    })?;
    check(&opened).map_err(&refuse)?;
    let mut text = String::new();
    Read::by_ref(&mut opened)
        .take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let token = text.trim();
    if token.is_empty() || text.len() as u64 > LONGEST || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(refuse("holds no token; write one into it, in one line without spaces".into()));
    }
    Ok(token.to_owned())
}

/// Looks at the opened file, which nobody can put another one in the place of.
fn check(file: &File) -> Result<(), String> {
    let meta = file.metadata().map_err(|error| format!("cannot be read: {error}"))?;
    let mode = meta.permissions().mode() & 0o777;
    if !meta.is_file() {
        Err("is not a regular file; write the token into one".to_owned())
    } else if meta.uid() != rustix::process::geteuid().as_raw() {
        Err("belongs to another user; make one of your own".to_owned())
    } else if mode & 0o077 != 0 {
        Err(format!("can be read by others (mode {mode:o}); chmod 600 it"))
    } else {
        Ok(())
    }
}
