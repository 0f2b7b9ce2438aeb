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

/// Between two columns.
const GAP: &str = "  ";

/// A column of names, or the text that ends a row, is not cut below this.
const NARROWEST: usize = 12;

/// So much of a name says whose it is: before it is cut any shorter, other columns go.
const READABLE: usize = 24;

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
    /// Whether a person looks at stdout, and not a program.
    terminal: bool,
    /// Whether the answer shall be JSON.
    pub json: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Lines of the terminal.
    height: usize,
    /// Whether what was printed can be taken back.
    pub redraws: bool,
    /// How many lines of a draft stand on the terminal.
    drafted: usize,
}

impl Output {
    /// Stdout in the form that the options ask for.
    pub fn new(global: &Global) -> Output {
        let terminal = io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || dumb;
        let colored = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !unwanted,
        };
        let (width, height) = if terminal { terminal_size() } else { (PLAIN_WIDTH, 0) };
        let out = BufWriter::new(io::stdout().lock());
        let redraws = terminal && !dumb;
        Output { out, colored, terminal, json: global.json, width, height, redraws, drafted: 0 }
    }

    /// Whether a person sees the answer.
    pub fn is_seen(&self) -> bool {
        self.terminal && !self.json
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

    /// Prints what is to be answered on the same line, at once.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn ask(&mut self, question: &str) -> io::Result<()> {
        write!(self.out, "{question}")?;
        self.out.flush()
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

    /// Prints rows with their columns aligned, each on one line: on a terminal what is too wide is cut, elsewhere nothing.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn table(&mut self, rows: &[Vec<Cell>]) -> io::Result<()> {
        let limit = if self.terminal { self.width } else { usize::MAX };
        let rows = &fitting(rows, limit);
        let columns = columns(rows, limit);
        for row in rows {
            let (mut line, mut left) = (String::new(), limit);
            for (at, cell) in row.iter().enumerate() {
                let last = at + 1 == row.len();
                let width = if last && !cell.right { left } else { columns[at].min(left) };
                let text = if cell.name { cut_inside(&cell.text, width) } else { cut(&cell.text, width) };
                let painted = self.paint(cell.style, &text);
                let padding = " ".repeat(columns[at].min(left).saturating_sub(text.chars().count()));
                match (cell.right, last) {
                    (true, _) => line.extend([padding.as_str(), painted.as_str()]),
                    (false, true) => line.push_str(&painted),
                    (false, false) => line.extend([painted.as_str(), padding.as_str()]),
                }
                if !last {
                    line.push_str(GAP);
                    left = left.saturating_sub(columns[at] + GAP.len());
                }
            }
            self.line(line.trim_end())?;
        }
        Ok(())
    }

    /// Prints a table that stands until [`Output::replace_draft`], and what it lacks, at once. A terminal alone can do it.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn draft(&mut self, rows: &[Vec<Cell>], note: &str) -> io::Result<()> {
        // What scrolled away cannot be taken back.
        let rows = &rows[..rows.len().min(self.height.saturating_sub(2))];
        // Nor can lines be counted where a name with wide letters makes the terminal break one.
        self.raw(b"\x1b[?7l")?;
        self.table(rows)?;
        self.line(self.paint(Style::Dim, note))?;
        self.raw(b"\x1b[?7h")?;
        self.drafted = rows.len() + 1;
        self.out.flush()
    }

    /// Takes the draft back, so that the answer stands in its place.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn replace_draft(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.drafted) {
            0 => Ok(()),
            lines => write!(self.out, "\x1b[{lines}A\r\x1b[J"),
        }
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    text: String,
    style: Style,
    right: bool,
    name: bool,
    /// Of a head: when its column goes where the terminal is too narrow for all, the highest first; 0 is never.
    spare: u8,
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

    /// A number in words, or a dash where it is not known.
    pub fn known(text: Option<String>) -> Cell {
        Cell::number(text.unwrap_or_else(|| "–".to_string()))
    }

    /// What tells one row from the others: of a long one both ends are shown.
    pub fn name(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), name: true, ..Cell::default() }
    }

    /// The head of a column that goes where the terminal is too narrow for all: of several the one with the highest number
    /// first. One that says nothing stays.
    pub fn spare(self, spare: u8) -> Cell {
        Cell { spare, ..self }
    }

    /// The same in another style.
    pub fn style(self, style: Style) -> Cell {
        Cell { style, ..self }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// The rows without the columns that a terminal of this width has no room for.
fn fitting(rows: &[Vec<Cell>], limit: usize) -> Vec<Vec<Cell>> {
    let mut rows = rows.to_vec();
    let needed = |rows: &[Vec<Cell>]| {
        let mut widths = widths(rows);
        if let Some(widest) = widths.iter_mut().max() {
            *widest = (*widest).min(READABLE);
        }
        widths
    };
    while excess(&rows, &needed(&rows), limit) > 0 {
        let heads = rows.first().into_iter().flatten().enumerate();
        let spare = heads.filter(|(_, cell)| cell.spare > 0).max_by_key(|(_, cell)| cell.spare);
        let Some(at) = spare.map(|(at, _)| at) else { break };
        for row in rows.iter_mut().filter(|row| at < row.len()) {
            row.remove(at);
        }
    }
    rows
}

/// By how much the widest row is too wide.
fn excess(rows: &[Vec<Cell>], widths: &[usize], limit: usize) -> usize {
    let needed = |row: &Vec<Cell>| {
        let end = row.last().filter(|cell| !cell.right).map_or(0, |cell| cell.width().min(NARROWEST));
        let before = row.len() - usize::from(end > 0);
        widths[..before].iter().sum::<usize>() + GAP.len() * row.len().saturating_sub(1) + end
    };
    rows.iter().map(needed).max().unwrap_or(0).saturating_sub(limit)
}

/// How wide each column is, so that a table fits into `limit`: beyond that the widest column gives way, which is the one
/// with the names.
fn columns(rows: &[Vec<Cell>], limit: usize) -> Vec<usize> {
    let mut widths = widths(rows);
    let excess = excess(rows, &widths, limit);
    if let Some(widest) = widths.iter_mut().max().filter(|_| excess > 0) {
        *widest = widest.saturating_sub(excess).max((*widest).min(NARROWEST));
    }
    widths
}

/// How wide each column is by what stands in it. The text that ends a row moves nothing aside, and takes what is left.
fn widths(rows: &[Vec<Cell>]) -> Vec<usize> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; count];
    for row in rows {
        for (at, cell) in row.iter().enumerate().filter(|(at, cell)| cell.right || at + 1 < row.len()) {
            widths[at] = widths[at].max(cell.width());
        }
    }
    widths
}

/// Text from outside (a label, a source's id), fit for a terminal.
pub fn text(outside: &str) -> String {
    Untrusted::from(outside).terminal()
}

/// The same, cut to at most `width` characters.
pub fn short_text(outside: &str, width: usize) -> String {
    cut(&text(outside), width)
}

/// A name from outside, cut to at most `width` characters. What tells two of one make apart stands at the end.
pub fn short_name(outside: &str, width: usize) -> String {
    cut_inside(&text(outside), width)
}

fn cut_inside(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width || width < 3 {
        return cut(text, width);
    }
    let end = (width - 1) / 2;
    text.chars().take(width - 1 - end).chain(['…']).chain(text.chars().skip(count - end)).collect()
}

fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        Some(_) if width == 0 => String::new(),
        // The sign of the cut takes the place of the last character.
        Some(_) => text.chars().take(width - 1).chain(['…']).collect(),
        None => text.to_string(),
    }
}

/// Columns and lines.
fn terminal_size() -> (usize, usize) {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
    let columns = size.filter(|size| size.ws_col >= 20).map_or(80, |size| usize::from(size.ws_col));
    let lines = size.filter(|size| size.ws_row >= 4).map_or(24, |size| usize::from(size.ws_row));
    (columns, lines)
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
        check("abc", 1, "…");
        check("abc", 0, "");
        assert_eq!(short_name("SSD 980 PRO (sda)", 20), "SSD 980 PRO (sda)");
        assert_eq!(short_name("SSD 980 PRO (sda)", 12), "SSD 98…(sda)");
        assert_eq!(short_name("\x1b[2Jäöü", 5), "\u{fffd}[…öü");
        assert_eq!(short_name("abc", 2), "a…");
    }

    #[test]
    fn a_name_is_read_before_a_number() {
        let head = |text: &str, spare| Cell::number(text).spare(spare);
        let rows = |letters: usize| {
            let numbers = ["1 min", "8.2 GiB", "4.1 Wh"].map(Cell::number);
            vec![
                vec![Cell::new("NAME"), head("GPU TIME", 1), head("PEAK VRAM", 3), head("ENERGY", 2)],
                [vec![Cell::name("n".repeat(letters))], numbers.to_vec()].concat(),
            ]
        };
        let shown = |letters: usize, limit: usize| {
            let rows = fitting(&rows(letters), limit);
            let heads: Vec<String> = rows[0].iter().map(|cell| cell.text.clone()).collect();
            (heads.join(" "), columns(&rows, limit)[0])
        };
        let all = "NAME GPU TIME PEAK VRAM ENERGY".to_owned();
        assert_eq!(shown(20, 60), (all.clone(), 20));
        assert_eq!(shown(50, 60), (all.clone(), 31), "what is left of it says whose it is");
        assert_eq!(shown(20, 45), ("NAME GPU TIME ENERGY".to_owned(), 20));
        assert_eq!(shown(50, 20).0, "NAME");
    }

    #[test]
    fn a_narrow_terminal_shows_the_columns_that_tell_most() {
        let table = |heads: &[Cell]| {
            let cells = heads.iter().map(|head| Cell { text: "x".repeat(10), spare: 0, ..head.clone() });
            vec![heads.to_vec(), cells.collect()]
        };
        let head = |text: &str, spare| Cell::number(text).spare(spare);
        let rows = table(&[head("A", 1), head("B", 3), head("C", 2), Cell::new("NAME")]);
        let heads = |limit| {
            let rows = fitting(&rows, limit);
            assert!(rows.iter().all(|row| row.len() == rows[0].len()));
            rows[0].iter().map(|cell| cell.text.clone()).collect::<String>()
        };
        assert_eq!(heads(usize::MAX), "ABCNAME");
        assert_eq!([46, 45, 33, 21, 5].map(heads), ["ABCNAME", "ACNAME", "ANAME", "NAME", "NAME"]);
    }

    #[test]
    fn the_widest_column_gives_way_and_the_end_of_a_row_moves_nothing_aside() {
        #[track_caller]
        fn check(rows: &[&[Cell]], limit: usize, expected: &[usize]) {
            let rows: Vec<_> = rows.iter().map(|row| row.to_vec()).collect();
            assert_eq!(columns(&rows, limit), expected);
        }
        let text = |width: usize| Cell::new("x".repeat(width));
        let number = |width: usize| Cell::number("9".repeat(width));
        check(&[&[text(5), text(50)], &[text(3), text(4), text(60)]], usize::MAX, &[5, 4, 0]);
        check(&[&[text(5), text(50)], &[text(3), text(4), text(60)]], 40, &[5, 4, 0]);
        check(&[&[text(30), number(8), text(7)]], 80, &[30, 8, 0]);
        check(&[&[text(90), number(8), text(7)]], 40, &[21, 8, 0]);
        check(&[&[text(90), number(8), text(99)]], 40, &[16, 8, 0]);
        check(&[&[text(90), number(8)]], 10, &[12, 8]);
        check(&[], 10, &[]);
    }
}
