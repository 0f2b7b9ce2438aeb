//! The name under which an identity is learnt: without versions, hashes and folders of builds, so that tomorrow's
//! update of a program is no stranger.
//!
//! Deliberately not here: who is what identity (`identity`), whose keys are already the same on each day but for what
//! programs and containers put into their own names.

use crate::untrusted::Untrusted;

/// Kinds of keys whose names are numbers that mean something: games, virtual machines.
const EXACT: &[&str] = &["steam", "vm", "app", "flatpak", "snap", "kernel"];

/// Folders that a build makes, and that say nothing of what was built.
const BUILDS: &[&str] = &["target", "build", "_build", "debug", "release", "dist", "deps", "out", "tmp"];

/// Marks of what is no release yet; they follow a version.
const EARLY: &[&str] = &["rc", "beta", "alpha", "pre", "dev", "nightly", "git"];

/// What separates the parts of a name.
const SEPARATORS: &[char] = &['-', '_', '.', '@', '+', ' ', '~'];

/// The letters of which Kubernetes makes the ends of pods' names: no vowels, and nothing that looks like one.
const POD: &str = "bcdfghjklmnpqrstvwxz2456789";

/// Stands for a name of which nothing is left.
const NOTHING: &str = "#";

/// The same key for all versions of an identity. `label` helps where the key is nothing but a number that is different
/// each time, as that of a container without a name.
pub(super) fn normalised(key: &Untrusted, label: &Untrusted) -> Untrusted {
    let text = key.json();
    let Some((kind, name)) = text.split_once(':') else { return key.clone() };
    if EXACT.contains(&kind) {
        return key.clone();
    }
    let name = match kind {
        "pod" => pod(name),
        _ => path(name),
    };
    let name = if name.is_empty() { path(&label.json()) } else { name };
    let name = if name.is_empty() { NOTHING.to_owned() } else { name };
    Untrusted::from(format!("{kind}:{name}").as_str())
}

/// The parts of a path that are worth something, each without versions.
fn path(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').collect();
    let (last, folders) = parts.split_last().map_or(("", &[][..]), |(last, folders)| (*last, folders));
    let folders = folders.iter().filter(|folder| !BUILDS.contains(folder)).map(|folder| words(folder));
    let kept: Vec<String> = folders.chain([words(last)]).filter(|part| !part.is_empty()).collect();
    kept.join("/")
}

/// A pod's name without the two ends that each of its lives gets.
fn pod(text: &str) -> String {
    let made = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.chars().all(|c| POD.contains(c))
    };
    let mut parts: Vec<&str> = text.split('-').collect();
    if parts.len() > 2 && made(parts[parts.len() - 1], 5..=5) && made(parts[parts.len() - 2], 6..=10) {
        parts.truncate(parts.len() - 2);
    }
    path(&parts.join("-"))
}

/// A name without the words that are versions or hashes. What stands first is its name, unless it is a hash.
fn words(text: &str) -> String {
    let text = without_uuid(text);
    let mut out = String::new();
    let mut after_version = false;
    let mut rest = text.as_str();
    let mut separator = "";
    loop {
        let end = rest.find(SEPARATORS).unwrap_or(rest.len());
        let word = &rest[..end];
        let version = !out.is_empty() && (is_version(word) || (after_version && is_early(word)));
        if !word.is_empty() && !version && !is_hash(word) {
            if !out.is_empty() {
                out.push_str(separator);
            }
            out.push_str(word);
        }
        after_version = version;
        let Some(next) = rest[end..].chars().next() else { break };
        separator = &rest[end..end + next.len_utf8()];
        rest = &rest[end + next.len_utf8()..];
    }
    out
}

/// `4`, `v12`, `0rc1`.
fn is_version(word: &str) -> bool {
    let digits = word.strip_prefix(['v', 'V', 'r']).unwrap_or(word);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    end > 0 && (end == digits.len() || is_early(&digits[end..]))
}

/// `rc1`, `beta`.
fn is_early(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    EARLY.contains(&word)
}

/// A number that a computer made: letters and digits of base 16 in any mixture, or many of base 32.
fn is_hash(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let mixed = digits > 0 && digits < word.len();
    let hex = word.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    let base32 = word.chars().all(|c| c.is_ascii_digit() || c.is_ascii_lowercase());
    hex && (mixed && word.len() >= 7 || word.len() >= 12 && digits > 0) || base32 && mixed && word.len() >= 26
}

/// The text without the first number in the form of a UUID.
fn without_uuid(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let fits = |from: usize| {
        chars.get(from..from + 36).is_some_and(|part| {
            part.iter().enumerate().all(|(at, c)| match at {
                8 | 13 | 18 | 23 => *c == '-',
                _ => c.is_ascii_hexdigit(),
            })
        })
    };
    match (0..chars.len()).find(|from| fits(*from)) {
        Some(from) => without_uuid(&chars[..from].iter().chain(&chars[from + 36..]).collect::<String>()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_update_is_the_same_identity_and_another_program_is_not() {
        #[track_caller]
        fn check(key: &str, label: &str, expected: &str) {
            assert_eq!(normalised(&key.into(), &label.into()), Untrusted::from(expected));
        }
        check("program:blender", "Blender", "program:blender");
        check("program:blender-4.2.1", "Blender", "program:blender");
        check("program:blender-4.3.0-rc1", "Blender", "program:blender");
        check("program:python3.11", "python3.11", "program:python3");
        check("script:train_v2.py", "train_v2.py", "script:train.py");
        check("appimage:Cura-5.9.1", "Cura", "appimage:Cura");
        check("docker:ollama-1", "Ollama in ollama-1", "docker:ollama");
        check("docker:ollama", "Ollama in ollama", "docker:ollama");
        check("docker:3f2a9c0d1e2f", "train.py in container 3f2a9c0d1e2f", "docker:train.py in container");
        check("pod:ml/web-7d4b9c6f5-x2k9q", "serve.py in pod", "pod:ml/web");
        check("pod:ml/llm-0", "serve.py in pod ml/llm-0", "pod:ml/llm");
        check("pod:ml/queen-serve", "x", "pod:ml/queen-serve");
        check("program:tests-0f3a9c0d1e2f4b5a", "tests", "program:tests");
        check("program:/home/ada/src/nn/target/debug/nn", "nn", "program:home/ada/src/nn/nn");
        check(
            "program:/nix/store/0c0r5y4p3a9m1k2j3h4g5f6d7s8a9q0w-blender-4.2/bin/blender",
            "x",
            "program:nix/store/blender/bin/blender",
        );
        check("unit:vllm@llama.service", "vLLM", "unit:vllm@llama.service");
        check("script:job-550e8400-e29b-41d4-a716-446655440000.py", "x", "script:job.py");
        // Numbers that are names.
        check("steam:570", "Dota 2", "steam:570");
        check("vm:104", "104 (virtual machine)", "vm:104");
        check("app:org.kde.kdenlive", "Kdenlive", "app:org.kde.kdenlive");
        check("program:7z", "7z", "program:7z");
        check("hidden", "a process that cannot be seen", "hidden");
        check("docker:3f2a9c0d1e2f", "3f2a9c0d1e2f", "docker:#");
        // Words that are written with the letters of a hash alone.
        check("program:facade", "facade", "program:facade");
        check("program:deadbeef", "deadbeef", "program:deadbeef");
    }

    proptest! {
        #[test]
        fn a_name_that_was_made_simple_stays_as_it_is(key in "[a-z]{1,8}:[a-z0-9v._/@ -]{0,40}", label in "[a-z0-9. -]{0,20}") {
            let (key, label) = (Untrusted::from(key.as_str()), Untrusted::from(label.as_str()));
            let once = normalised(&key, &label);
            prop_assert_eq!(&normalised(&once, &label), &once);
        }

        #[test]
        fn the_number_of_a_version_says_nothing(name in "[g-z]{1,9}", a in 0u32..999, b in 0u32..99, c in 0u32..99) {
            let label = Untrusted::from("x");
            let of = |key: String| normalised(&Untrusted::from(key.as_str()), &label);
            prop_assert_eq!(of(format!("program:{name}-{a}.{b}.{c}")), of(format!("program:{name}")));
        }

        #[test]
        fn whatever_bytes_come_it_ends(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let text = Untrusted::new(bytes);
            normalised(&text, &text);
        }
    }
}
