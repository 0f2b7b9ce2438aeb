//! The one table that a run prints, as Markdown, so that README can quote it as it is.

/// Lines of measure, value, goal.
#[derive(Default)]
pub struct Report {
    lines: Vec<[String; 3]>,
}

impl Report {
    /// Adds a line, and prints it at once to standard error: some measurements take minutes.
    pub fn line(&mut self, measure: &str, value: String, goal: &str) {
        eprintln!("{measure}: {value}");
        self.lines.push([measure.to_owned(), value, goal.to_owned()]);
    }

    /// Prints the table to standard output.
    pub fn print(&self) {
        println!("| measure | here | goal |\n|---|---|---|");
        for [measure, value, goal] in &self.lines {
            println!("| {} | {value} | {goal} |", measure.replacen("  ", "· ", 1));
        }
    }
}
