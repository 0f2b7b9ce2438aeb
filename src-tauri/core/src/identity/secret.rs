//! Whether a word of a command line looks like a secret.
//!
//! Only names of scripts, modules, models and programs ever leave a command line, and each of them passes here before:
//! a token that stands where a script is expected must not be stored. It errs on the side of hiding. Deliberately not
//! here: secrets that look like ordinary words; these stay out because values of options are never shown.

/// How services begin their tokens. What follows has to be long, because `sk-learn` is no token.
const PREFIXES: &[&str] = &[
    "sk-",
    "sk_",
    "pk_",
    "rk_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "hf_",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "akia",
    "asia",
    "aiza",
    "ya29.",
    "eyj",
    "npm_",
    "pypi-",
    "dckr_pat_",
    "nvapi-",
    "gsk_",
    "r8_",
    "sg.",
    "whsec_",
    "dop_v1_",
    "shpat_",
    "-----begin",
];

/// The fewest characters after such a beginning, and the fewest of a piece that is random all over.
const LONG: usize = 12;
const RANDOM: usize = 16;

/// The longest text that is taken over from outside, in bytes; a file name has at most 255.
const LONGEST: usize = 120;

/// The word, if it may be shown, as long as a name may be.
pub(crate) fn shown(word: &[u8]) -> Option<&[u8]> {
    let word = word.trim_ascii();
    if word.is_empty() || is_secret(word) {
        return None;
    }
    Some(cut(word))
}

/// As much of a name as is kept; what is text stays text.
pub(super) fn cut(name: &[u8]) -> &[u8] {
    cut_at(name, LONGEST)
}

/// At most so many bytes of a name; what is text stays text.
pub(super) fn cut_at(name: &[u8], most: usize) -> &[u8] {
    let mut end = name.len().min(most);
    while end > 0 && end < name.len() && name[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    &name[..end]
}

/// Whether the word may be a secret or hold one.
pub(super) fn is_secret(word: &[u8]) -> bool {
    // `TOKEN=…`, `https://user:password@host`, `https://host/?key=…`.
    if word.contains(&b'=') || word.windows(3).any(|part| part == b"://") {
        return true;
    }
    let at = word.iter().rposition(|byte| *byte == b'@');
    if at.is_some_and(|at| word[..at].contains(&b':')) {
        return true;
    }
    let lower = word.to_ascii_lowercase();
    let starts = |at: usize| at == 0 || !lower[at - 1].is_ascii_alphanumeric();
    let tokens = |at: usize| lower[at..].iter().filter(|byte| byte.is_ascii_alphanumeric()).count() >= LONG;
    let known = |prefix: &&str| {
        let prefix = prefix.as_bytes();
        let mut found = lower.windows(prefix.len()).enumerate().filter(|(_, part)| *part == prefix);
        found.any(|(at, _)| starts(at) && tokens(at + prefix.len()))
    };
    PREFIXES.iter().any(known) || is_random(word)
}

/// Whether there is a long piece in which letters and digits alternate as in no name, or a UUID.
fn is_random(word: &[u8]) -> bool {
    let pieces: Vec<&[u8]> = word.split(|byte| !byte.is_ascii_alphanumeric()).collect();
    let uuid = |pieces: &[&[u8]]| {
        let hex = |piece: &&[u8]| piece.iter().all(u8::is_ascii_hexdigit);
        pieces.iter().map(|piece| piece.len()).eq([8, 4, 4, 4, 12]) && pieces.iter().all(hex)
    };
    pieces.iter().any(|piece| alternates(piece)) || pieces.windows(5).any(uuid)
}

/// At least every fourth step is one between small letters and capitals or between a letter and a digit, but for the
/// one after a word's first letter: `Qwen2Instruct` has one in twelve, a random number in base 16 or 64 every second.
fn alternates(piece: &[u8]) -> bool {
    let class = |byte: &u8| match byte {
        b'0'..=b'9' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let (mut switches, mut before, mut run) = (0, 0, 0);
    for now in piece.iter().map(class) {
        let same = before == now;
        switches += usize::from(before != 0 && !same && !(run == 1 && (before, now) == (2, 3)));
        run = if same { run + 1 } else { 1 };
        before = now;
    }
    // Numbers of cards and accounts do not alternate.
    let digits = piece.iter().filter(|byte| byte.is_ascii_digit()).count();
    piece.len() >= RANDOM && (switches * 4 >= piece.len() || digits * 10 >= piece.len() * 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_secret_and_names_are_not() {
        for secret in [
            "sk-proj-abcdefghijklmnopqrst",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "hf_abcdefghijklmnopqrstuvwxyz",
            "model-hf_abcdefghijklmnopqrstuvwxyz",
            "AKIAIOSFODNN7EXAMPLE",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
            "token=x",
            "https://bob:pw@host/x.py",
            "bob:pw@host",
            "6a0746a1ec1aef3e7ec53868f220ff6e389f6f8ef87a01d77c96807de94ca2aa",
            "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
            "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
            "4111111111111111",
            "0000aaaa-a00a-400a-8000-00aa00aaa0aa/app.asar",
        ] {
            assert!(is_secret(secret.as_bytes()), "{secret}");
        }
        for name in [
            "train.py",
            "train_tokenizer_v2_final_really_final.py",
            "sk-learn",
            "Llama-3.1-8B-Instruct-Q4_K_M",
            "DeepSeek-R1-Distill-Qwen2.5-7B",
            "gemma-3n-E4B-it-Q4_K_M",
            "meta-llama/Llama-3.3-70B-Instruct",
            "llama3:8b",
            "Cyberpunk2077.exe",
            "VLLM::EngineCore_DP0",
            "gnome-terminal-server",
            "2024-05-17-evaluation-run.py",
        ] {
            assert!(!is_secret(name.as_bytes()), "{name}");
        }
        assert_eq!(shown(b" "), None);
        assert_eq!(shown(&b"x".repeat(500)).map(<[u8]>::len), Some(LONGEST));
        let name = "é".repeat(100);
        assert!(shown(name.as_bytes()).is_some_and(|name| std::str::from_utf8(name).is_ok()));
    }
}
