//! How many interrupts a GPU raises, from the kernel's own count: whoever works on a GPU makes it raise some, and
//! counting them asks no GPU.
//!
//! `/proc/interrupts` is read for all cards of a sensor together, and a card's lines are those with the numbers that lie
//! in its folder `msi_irqs`; the folder is listed anew each time, because a driver that a program opens gets other
//! numbers. A card without message-signalled interrupts has one line, whose number stands in `irq`, and mostly shares it:
//! then nobody knows whose they are. Folder and file are answered from the kernel's memory. Work whose program asks the
//! GPU again and again whether it is done, as CUDA's do unless told otherwise, may raise few: silence proves nothing.
//! Deliberately not here: what follows from it (`rest`).

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use super::cards::Card;
use crate::sensors::Roots;
use crate::sensors::input::{Buffer, Input, attribute, names};
use crate::sensors::parse::{content, lines, number, rate, seconds, words};

/// How often the counters of a card are looked at: five seconds, and a little less, because ticks are not on the dot.
const EVERY: Duration = Duration::from_millis(4_500);

/// A look for another card serves this one, too, if its own last one is at least as long ago as this. So the looks for
/// several cards fall together after the first ones.
const LEAST: Duration = Duration::from_secs(2);

/// The kernel's table, as it was last read; one for all cards of a sensor.
#[derive(Debug)]
pub(crate) struct Interrupts {
    input: Input,
    /// When it was read, and what stood in it; `None` where it cannot be read.
    read: Option<(Duration, Option<Table>)>,
}

/// What stands in the table. Only the lines that are asked for are taken apart: with 64 CPUs and 500 lines that costs
/// 0.5 ms, and 3.4 ms where it is done with all (measured).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    text: Vec<u8>,
    /// How much of the text is the head of the columns: there is one for each CPU that is running. One that comes back
    /// brings what it counted.
    head: usize,
    columns: usize,
    /// Where the line of each interrupt is, behind its number.
    lines: HashMap<u64, Range<usize>>,
}

/// The counters of some lines at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    cpus: Vec<u8>,
    lines: Vec<(u64, u64)>,
}

/// Counts what one GPU raises.
#[derive(Debug)]
pub(super) struct Meter {
    folder: PathBuf,
    shared: PathBuf,
    driver: Vec<u8>,
    before: Option<(Duration, Counts)>,
}

impl Interrupts {
    /// Those of the machine at `roots`. Nothing is read yet.
    pub(crate) fn new(roots: &Roots) -> Interrupts {
        Interrupts { input: Input::new(roots, roots.proc.join("interrupts")), read: None }
    }

    fn read(&mut self, now: Duration, buffer: &mut Buffer) {
        if self.read.as_ref().is_none_or(|(at, _)| *at != now) {
            self.read = Some((now, self.input.read(buffer).ok().and_then(Table::parse)));
        }
    }
}

impl Table {
    pub(crate) fn parse(text: &[u8]) -> Option<Table> {
        let mut rows = lines(text);
        let cpus = rows.next()?;
        let (head, columns) = (cpus.len(), words(cpus).count());
        if columns == 0 || !words(cpus).all(|word| word.strip_prefix(b"CPU").and_then(number).is_some()) {
            return None;
        }
        let mut table = Table { text: text.to_vec(), head, columns, lines: HashMap::new() };
        let mut end = head;
        for row in rows {
            let start = end + 1;
            end = start + row.len();
            // Behind the devices come those of the CPUs themselves, which have names and not numbers.
            let Some(colon) = row.iter().position(|byte| *byte == b':') else { continue };
            let Some(own) = number(row[..colon].trim_ascii()) else { continue };
            table.lines.insert(own, start + colon + 1..end);
        }
        Some(table)
    }

    /// How often this one was raised, and who is called then; nobody in particular where these are several. `None` where it
    /// has not a count for each CPU: the text was cut, or a CPU went while it was written.
    fn line(&self, own: u64) -> Option<(u64, &[u8])> {
        let mut rest = words(&self.text[self.lines.get(&own)?.clone()]);
        let mut count = 0_u64;
        for _ in 0..self.columns {
            count = count.checked_add(number(rest.next()?)?)?;
        }
        // The chip, its own number for it and the trigger come first; whom it calls follows, with commas between.
        let (mut handler, mut is_shared) = (&b""[..], false);
        for word in rest {
            (handler, is_shared) = (word, is_shared || word.ends_with(b","));
        }
        Some((count, if is_shared { b"" } else { handler }))
    }

    /// The counters of all lines.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn all(&self) -> Counts {
        self.counts(self.lines.keys().copied())
    }

    fn counts(&self, numbers: impl Iterator<Item = u64>) -> Counts {
        let lines = numbers.filter_map(|own| Some((own, self.line(own)?.0))).collect();
        Counts { cpus: self.text[..self.head].to_vec(), lines }
    }
}

impl Counts {
    /// How many interrupts a second there were since `before`, which was `passed` seconds ago; `None` where that cannot be
    /// told. A counter that went back was set up anew or has wrapped: it tells nothing this time, nor does a new one.
    pub(crate) fn rate(&self, before: &Counts, passed: f64) -> Option<f64> {
        let grown = |(own, count): &(u64, u64)| {
            let (_, before) = before.lines.iter().find(|(other, _)| other == own)?;
            rate(*before, *count, passed)
        };
        let lines = self.lines.iter().filter(|_| self.cpus == before.cpus);
        lines.filter_map(grown).reduce(|sum, one| sum + one)
    }
}

impl Meter {
    pub(super) fn new(card: &Card) -> Meter {
        let (folder, shared) = (card.device.join("msi_irqs"), card.device.join("irq"));
        Meter { folder, shared, driver: card.driver.clone(), before: None }
    }

    /// How many interrupts a second there were since the last look; `None` where it is not time for one, or it cannot tell.
    pub(super) fn rate(&mut self, interrupts: &mut Interrupts, now: Duration, buffer: &mut Buffer) -> Option<f64> {
        let before = self.before.as_ref().map(|(at, _)| *at);
        let serves = |at: Duration| before.is_some_and(|before| at.saturating_sub(before) >= LEAST);
        let is_served = interrupts.read.as_ref().is_some_and(|(at, _)| serves(*at));
        if !is_served && before.is_none_or(|before| now.saturating_sub(before) >= EVERY) {
            interrupts.read(now, buffer);
        } else if !is_served {
            return None;
        }
        let (at, table) = interrupts.read.as_ref()?;
        let counts = table.as_ref().map(|table| self.counts(table)).unwrap_or_default();
        let (before, old) = self.before.replace((*at, counts))?;
        let (_, counts) = self.before.as_ref()?;
        counts.rate(&old, seconds(before, *at)?)
    }

    /// Forgets what was counted, because from now on the reading of the GPU itself raises some.
    pub(super) fn forget(&mut self) {
        self.before = None;
    }

    fn counts(&self, table: &Table) -> Counts {
        let own: Vec<u64> = names(&self.folder).iter().filter_map(|name| number(name.as_encoded_bytes())).collect();
        if !own.is_empty() {
            return table.counts(own.into_iter());
        }
        let is_own = |own: &u64| {
            let is_driver = |handler: &[u8]| !self.driver.is_empty() && handler.starts_with(&self.driver);
            table.line(*own).is_some_and(|(_, handler)| is_driver(handler))
        };
        let line = attribute(&self.shared).and_then(|text| number(content(&text))).filter(is_own);
        table.counts(line.into_iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "           CPU0       CPU2       CPU3\n  \
          0:         36          0          0   IR-IO-APIC    2-edge      timer\n \
         16:          5          0        900   IR-IO-APIC   16-fasteoi   i801_smbus, i915\n \
         17:          5          0        900   IR-IO-APIC   17-fasteoi   radeon\n\
        143:      70000          1          2   IR-PCI-MSIX-0000:01:00.0    0-edge      nvidia\n\
        NMI:          9          9          9   Non-maskable interrupts\n\
        ERR:          0\n";

    fn of(text: &str, lines: &[u64]) -> Counts {
        Table::parse(text.as_bytes()).unwrap().counts(lines.iter().copied())
    }

    #[test]
    fn a_line_counts_what_all_cpus_had() {
        let table = Table::parse(TABLE.as_bytes()).unwrap();
        let mut counts = table.all().lines;
        counts.sort_unstable();
        assert_eq!(counts, [(0, 36), (16, 905), (17, 905), (143, 70_003)]);
        assert_eq!([16, 17, 143].map(|own| table.line(own).unwrap().1), [&b""[..], b"radeon", b"nvidia"]);
        assert_eq!(table.counts([143, 144].into_iter()).lines, [(143, 70_003)]);
    }

    #[test]
    fn a_text_that_is_no_table_tells_nothing() {
        for text in ["", "\n", "CPU0 CPUx\n1: 2 3 a\n", " 1: 2 3 a\n"] {
            assert_eq!(Table::parse(text.as_bytes()), None, "{text:?}");
        }
        let large = format!("CPU0 CPU1\n1: {0} {0} a\n", u64::MAX);
        for text in ["CPU0 CPU1\n 1: 2 PCI-MSI a\n", "CPU0\n1:", "CPU0\n1", &large] {
            assert_eq!(of(text, &[1]).lines, [], "{text:?}");
        }
        let wide: String = (0..1024).map(|cpu| format!(" CPU{cpu}")).collect();
        let text = format!("{wide}\n 99999: {} ITS-MSI 0 Edge a\n", "4294967295 ".repeat(1024));
        assert_eq!(of(&text, &[99_999]).lines, [(99_999, 1024 * 0xffff_ffff)]);
    }

    #[test]
    fn only_what_is_known_to_be_new_counts() {
        let later = |from: &str, to: &str| of(&TABLE.replace(from, to), &[17, 143]);
        let before = of(TABLE, &[17, 143]);
        assert_eq!(before.rate(&before, 5.0), Some(0.0));
        assert_eq!(later("70000 ", "70100 ").rate(&before, 5.0), Some(20.0));
        // One counter began anew, and the other one stood still.
        assert_eq!(later("70000 ", "100 ").rate(&before, 5.0), Some(0.0));
        assert_eq!(before.rate(&of(TABLE, &[17]), 5.0), Some(0.0), "a line that is new");
        assert_eq!(of(TABLE, &[143]).rate(&of(TABLE, &[17]), 5.0), None);
        assert_eq!(later("CPU2", "CPU1").rate(&before, 5.0), None, "a CPU went, and another one came");
    }

    /// A card in a folder, whose `irq` is the line 17.
    fn card(msi: &[&str], driver: &str) -> (tempfile::TempDir, Meter, Interrupts) {
        let folder = tempfile::tempdir().unwrap();
        let meter = Meter {
            folder: folder.path().join("msi_irqs"),
            shared: folder.path().join("irq"),
            driver: driver.into(),
            before: None,
        };
        msi.iter().for_each(|own| std::fs::create_dir_all(meter.folder.join(own)).unwrap());
        std::fs::write(&meter.shared, "17\n").unwrap();
        let roots = Roots::at(folder.path());
        std::fs::create_dir_all(&roots.proc).unwrap();
        (folder, meter, Interrupts::new(&roots))
    }

    #[test]
    fn a_card_has_the_lines_of_its_folder_or_the_one_that_only_its_driver_has() {
        let table = Table::parse(TABLE.as_bytes()).unwrap();
        for (msi, driver, expected) in [
            (&["143", "144", "x"][..], "nvidia", &[(143, 70_003)][..]),
            (&[], "radeon", &[(17, 905)]),
            (&[], "amdgpu", &[]),
            (&[], "", &[]),
        ] {
            let (_folder, meter, _) = card(msi, driver);
            assert_eq!(meter.counts(&table).lines, expected, "{msi:?} {driver}");
        }
    }

    #[test]
    fn the_table_is_read_once_in_five_seconds_for_all_cards() {
        let (folder, mut one, mut interrupts) = card(&["143"], "nvidia");
        let (_other_folder, mut other, _) = card(&["143"], "nvidia");
        let mut buffer = Buffer::default();
        let (mut reads, mut rates) = (Vec::new(), [Vec::new(), Vec::new()]);
        for second in 0..30_u64 {
            let table = TABLE.replace(" 70000 ", &format!(" {} ", 70_000 + second * 40));
            std::fs::write(folder.path().join("proc/interrupts"), table).unwrap();
            let now = Duration::from_secs(second);
            rates[0].extend(one.rate(&mut interrupts, now, &mut buffer).map(|rate| (second, rate)));
            if second >= 4 {
                rates[1].extend(other.rate(&mut interrupts, now, &mut buffer).map(|rate| (second, rate)));
            }
            reads.extend(interrupts.read.as_ref().filter(|(at, _)| *at == now).map(|_| second));
        }
        assert_eq!(reads, [0, 4, 9, 14, 19, 24, 29]);
        let expected = |seconds: &[u64]| seconds.iter().map(|second| (*second, 40.0)).collect::<Vec<_>>();
        assert_eq!(rates, [expected(&[5, 9, 14, 19, 24, 29]), expected(&[9, 14, 19, 24, 29])]);
        one.forget();
        assert_eq!(
            one.rate(&mut interrupts, Duration::from_secs(30), &mut buffer),
            None,
            "the first look tells nothing"
        );
    }

    #[test]
    fn where_the_kernel_hides_the_table_nothing_is_told_and_that_seldom_asked() {
        let (_folder, mut meter, mut interrupts) = card(&["143"], "nvidia");
        for second in 0..20 {
            assert_eq!(meter.rate(&mut interrupts, Duration::from_secs(second), &mut Buffer::default()), None);
            assert_eq!(interrupts.read.as_ref().unwrap().0.as_secs(), second / 5 * 5);
        }
    }
}
