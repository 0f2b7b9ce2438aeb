//! Where answers go: stdout, in colour where a person looks at it, as JSON where a program does.
//!
//! Text from outside reaches a terminal only through [`text`]. Deliberately not here: messages about what went wrong,
//! which go to stderr (`failure`, the log).

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use hoofbeat_core::untrusted::Untrusted;
use serde::Serialize;

use crate::args::{Color, Global};

/// The width that is assumed where stdout is no terminal.
const PLAIN_WIDTH: usize = 100;

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As the terminal shows it.
    #[default]
    Plain,
    /// Less important.
    Dim,
    /// A heading.
    Bold,
    /// All is well.
    Good,
    /// Look at it.
    Warning,
    /// Broken.
    Bad,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Dim => "2",
            Style::Bold => "1",
            Style::Good => "32",
            Style::Warning => "33",
            Style::Bad => "31",
        }
    }
}

/// Stdout, with what was asked about its form.
pub struct Output {
    out: BufWriter<StdoutLock<'static>>,
    colored: bool,
    /// Whether the answer shall be JSON.
    pub json: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Output {
    /// Stdout in the form that the options ask for.
    pub fn new(global: &Global) -> Output {
        let terminal = io::stdout().is_terminal();
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let colored = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !unwanted,
        };
        let width = if terminal { terminal_width() } else { PLAIN_WIDTH };
        Output { out: BufWriter::new(io::stdout().lock()), colored, json: global.json, width }
    }

    /// Prints a value as JSON, one line.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn json<T: Serialize>(&mut self, value: &T) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.line("")
    }

    /// Prints a line.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn line(&mut self, line: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.out, "{}", line.as_ref())
    }

    /// Prints bytes as they are.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// The text with the codes of its style.
    pub fn paint(&self, style: Style, text: &str) -> String {
        if !self.colored || style == Style::Plain || text.is_empty() {
            return text.to_string();
        }
        format!("\x1b[{}m{text}\x1b[0m", style.code())
    }

    /// Prints rows with their columns aligned.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn table(&mut self, rows: &[Vec<Cell>]) -> io::Result<()> {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|at| rows.iter().filter_map(|row| row.get(at)).map(Cell::width).max().unwrap_or(0))
            .collect();
        for row in rows {
            let mut line = String::new();
            for (at, cell) in row.iter().enumerate() {
                let padding = " ".repeat(widths[at].saturating_sub(cell.width()));
                let painted = self.paint(cell.style, &cell.text);
                match (cell.right, at + 1 == row.len()) {
                    (true, _) => line.extend([padding.as_str(), painted.as_str()]),
                    (false, true) => line.push_str(&painted),
                    (false, false) => line.extend([painted.as_str(), padding.as_str()]),
                }
                if at + 1 < row.len() {
                    line.push_str("  ");
                }
            }
            self.line(line.trim_end())?;
        }
        Ok(())
    }

    /// Hands everything over.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// One cell of a table.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    style: Style,
    right: bool,
}

impl Cell {
    /// Plain text, aligned left.
    pub fn new(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// Plain text, aligned right, for numbers.
    pub fn number(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), right: true, ..Cell::default() }
    }

    /// The same in another style.
    pub fn style(self, style: Style) -> Cell {
        Cell { style, ..self }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// Text from outside (a label, a source's id), fit for a terminal.
pub fn text(outside: &str) -> String {
    Untrusted::from(outside).terminal()
}

/// The same, cut to at most `width` characters.
pub fn short_text(outside: &str, width: usize) -> String {
    let text = text(outside);
    match text.char_indices().nth(width) {
        // The sign of the cut takes the place of the last character.
        Some(_) => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
        None => text,
    }
}

fn terminal_width() -> usize {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col >= 20 => usize::from(size.ws_col),
        _ => 80,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_is_cut_and_cannot_move_the_cursor() {
        #[track_caller]
        fn check(outside: &str, width: usize, expected: &str) {
            assert_eq!(short_text(outside, width), expected);
        }
        check("sda", 10, "sda");
        check("abcdef", 6, "abcdef");
        check("abcdefg", 6, "abcde…");
        check("\x1b[2Jx", 10, "\u{fffd}[2Jx");
        check("äöüß", 3, "äö…");
    }
}
