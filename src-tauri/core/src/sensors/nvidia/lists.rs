//! The processes that hold a GPU: the driver's three lists, merged.
//!
//! One process may stand in several lists (compute and graphics), and in one list more than once (clients of CUDA's
//! multi-process service). A list that the driver does not have is not asked for again; one that could not be read this
//! time, because processes came faster than its buffer grew, stands as it was. Deliberately not here: what the processes
//! are called and what they do.

use nvml_wrapper::Device;
use nvml_wrapper::error::NvmlError;

use super::faults::{self, Fault};
use super::raw::{self, List, Row, Rows};
use crate::model::Health;
use crate::say;

const LISTS: [List; 3] = [List::Compute, List::Graphics, List::Mps];

/// The lists of one GPU, or of one instance of it.
#[derive(Debug, Default)]
pub(super) struct Lists {
    known: [Known; LISTS.len()],
    /// Why processes are missing.
    missing: Option<(Health, &'static str)>,
}

#[derive(Debug, Default)]
struct Known {
    off: bool,
    rows: Vec<Row>,
}

impl Lists {
    /// Whether anybody but us has memory and programs on the GPU, be they idle. That a desktop's programs hold it open to
    /// draw does not count: on a notebook some of them do so all the time.
    pub(super) fn show_work(&self) -> bool {
        let own = std::process::id();
        let mut lists = LISTS.into_iter().zip(&self.known).filter(|(list, _)| *list != List::Graphics);
        lists.any(|(_, known)| known.rows.iter().any(|row| row.pid != own))
    }

    /// Whether the driver tells who works, as far as that was asked for. Graphics alone is not enough, and clients of the
    /// multi-process service are few.
    pub(super) fn are_told(&self) -> bool {
        self.missing.is_none() && !self.known[0].off
    }

    /// Why processes are missing that may be there.
    pub(super) fn missing(&self) -> Option<(Health, &'static str)> {
        self.missing
    }

    /// Every process once, in the order of their numbers.
    ///
    /// # Errors
    /// The GPU or the whole driver is out of reach.
    pub(super) fn read(&mut self, gpu: &Device<'_>, buffer: &mut Rows) -> Result<Vec<Row>, NvmlError> {
        if self.missing.is_none() && raw::has_longer_rows(gpu) {
            let reason = say!("this version of NVIDIA's driver cannot tell who uses the GPU; another version can");
            self.missing = Some((Health::Unsupported, reason));
        }
        for (list, known) in LISTS.into_iter().zip(&mut self.known).filter(|(_, known)| !known.off) {
            match raw::processes(gpu, list, buffer, &mut known.rows) {
                Ok(()) => {}
                Err(NvmlError::NoPermission) => {
                    *known = Known { off: true, rows: Vec::new() };
                    let reason = say!("the driver does not let this user see who uses the GPU");
                    self.missing = Some((Health::Denied, reason));
                }
                // Nobody.
                Err(NvmlError::NotFound) => known.rows.clear(),
                Err(error) => match faults::of(&error) {
                    Fault::Unsupported => *known = Known { off: true, rows: Vec::new() },
                    Fault::Passing => {}
                    Fault::Gpu | Fault::Driver => return Err(error),
                },
            }
        }
        let mut all = Vec::with_capacity(self.known.iter().map(|known| known.rows.len()).sum());
        all.extend(self.known.iter().flat_map(|known| &known.rows));
        Ok(merged(all))
    }
}

/// The largest memory that a list knows counts: the lists tell the same memory, and not parts of it.
fn merged(mut all: Vec<Row>) -> Vec<Row> {
    all.retain(|row| row.pid != 0);
    all.sort_unstable_by_key(|row| (row.pid, row.instance, std::cmp::Reverse(row.memory)));
    all.dedup_by_key(|row| (row.pid, row.instance));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_in_several_lists_is_one_and_unknown_is_not_zero() {
        let row = |pid, memory, instance| Row { pid, memory, instance };
        let lists = vec![
            row(7, Some(100), None),
            row(9, None, None),
            row(0, Some(5), None),
            row(7, None, None),
            row(7, Some(120), None),
            row(8, Some(1), Some((2, 0))),
            row(8, Some(2), Some((3, 0))),
        ];
        let expected =
            [row(7, Some(120), None), row(8, Some(1), Some((2, 0))), row(8, Some(2), Some((3, 0))), row(9, None, None)];
        assert_eq!(merged(lists), expected);
    }
}
