//! Text that strangers choose: process names, device labels, mount points.
//!
//! Any local user picks a process name, any USB stick its label, so such text may hold markup, escape sequences, line
//! breaks or bytes that are no text at all. [`Untrusted`] keeps the bytes as they came and has no `Display`: the only
//! ways out are the methods named after the place where the text will stand. Deliberately not here: command lines,
//! which are never kept whole because secrets live in them.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The longest text, in characters, that a notification shows of one name.
const NAME_CHARS: usize = 60;
/// The longest line, in characters, that a notification shows.
const LINE_CHARS: usize = 400;

/// Bytes from outside. A clone shares them: a name goes with every sample of who it names.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Untrusted(Arc<[u8]>);

impl Untrusted {
    /// Wraps bytes as they came.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Untrusted(bytes.into().into())
    }

    /// The bytes, for comparing and storing.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For HTML and for notification servers that show markup: one line, `& < > " '` escaped.
    pub fn html(&self) -> String {
        let mut out = String::new();
        for c in self.visible().chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                c => out.push(c),
            }
        }
        out
    }

    /// A name in a sentence of a notification without markup, a tooltip or a menu: one line, at most 60 characters, so
    /// that the longest name leaves the sentence to be read.
    pub fn notification(&self) -> String {
        self.cut(NAME_CHARS)
    }

    /// For a finished sentence, names and all, in the same places: one line, at most 400 characters.
    pub fn sentence(&self) -> String {
        self.cut(LINE_CHARS)
    }

    fn cut(&self, most: usize) -> String {
        let text = self.visible();
        match text.char_indices().nth(most) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.into_owned(),
        }
    }

    /// For a terminal: one line, no control or direction characters.
    pub fn terminal(&self) -> String {
        self.visible().into_owned()
    }

    /// For one cell of a CSV file: quoted where needed, and made harmless for spreadsheets, which run a cell that
    /// starts with `= + - @` as a formula.
    pub fn csv(&self) -> String {
        let text = self.visible();
        let formula = text.trim_start_matches([' ', '\u{a0}']).starts_with(['=', '+', '-', '@']);
        let text = if formula { format!("'{text}") } else { text.into_owned() };
        if text.contains([',', '"', ';']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    }

    /// For a JSON string: the text with invalid bytes replaced. The JSON writer does the quoting; control characters
    /// stay, because JSON carries them safely and a reader may want them.
    pub fn json(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The text with everything that could move the cursor, break the line or turn the reading direction replaced.
    fn visible(&self) -> Cow<'_, str> {
        let text = String::from_utf8_lossy(&self.0);
        if text.chars().any(is_dangerous) {
            Cow::Owned(text.chars().map(|c| if is_dangerous(c) { '\u{fffd}' } else { c }).collect())
        } else {
            text
        }
    }
}

/// C0 and C1 controls, line separators, and the bidirectional and invisible format characters.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Untrusted(text.as_bytes().into())
    }
}

/// Shows escaped ASCII, so that a log line stays one line.
impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_harmless_in_every_place() {
        #[track_caller]
        fn check(bytes: &[u8], html: &str, terminal: &str, csv: &str) {
            let text = Untrusted::new(bytes);
            assert_eq!(text.html(), html);
            assert_eq!(text.terminal(), terminal);
            assert_eq!(text.csv(), csv);
            assert_eq!(text.as_bytes(), bytes);
        }
        check(b"blender", "blender", "blender", "blender");
        check(b"a\nb", "a\u{fffd}b", "a\u{fffd}b", "a\u{fffd}b");
        check(b"\x1b[31mred", "\u{fffd}[31mred", "\u{fffd}[31mred", "\u{fffd}[31mred");
        check(b"</b><img>", "&lt;/b&gt;&lt;img&gt;", "</b><img>", "</b><img>");
        check(b"=cmd|' /C'", "=cmd|&#39; /C&#39;", "=cmd|' /C'", "'=cmd|' /C'");
        check(b" +1,\"x\"", " +1,&quot;x&quot;", " +1,\"x\"", "\"' +1,\"\"x\"\"\"");
        check(b"\xff\xfe", "\u{fffd}\u{fffd}", "\u{fffd}\u{fffd}", "\u{fffd}\u{fffd}");
        check("evil\u{202e}gnp.exe".as_bytes(), "evil\u{fffd}gnp.exe", "evil\u{fffd}gnp.exe", "evil\u{fffd}gnp.exe");
    }

    #[test]
    fn a_notification_shows_a_long_name_in_part() {
        let long = Untrusted::new(vec![b'x'; 4 << 20]);
        assert_eq!(long.notification(), format!("{}…", "x".repeat(60)));
        assert_eq!(long.sentence(), format!("{}…", "x".repeat(400)));
        let fits = "ü".repeat(60);
        assert_eq!(Untrusted::from(fits.as_str()).notification(), fits);
    }

    #[test]
    fn no_character_that_turns_the_reading_direction_comes_out() {
        let turning = ['\u{61c}', '\u{200e}', '\u{200f}'].into_iter();
        for c in turning.chain('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            let text = Untrusted::from(format!("a{c}b").as_str());
            for shown in [text.notification(), text.sentence(), text.terminal(), text.html(), text.csv()] {
                assert_eq!(shown, "a\u{fffd}b", "{:x}", u32::from(c));
            }
        }
    }
}
