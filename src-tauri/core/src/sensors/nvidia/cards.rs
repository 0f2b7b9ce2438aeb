//! What NVIDIA's driver tells of a card in `/proc/driver/nvidia`, without its library. To be read of a card that is awake:
//! that the answers come from memory is what the driver's manual suggests and nobody promises.
//!
//! Deliberately not here: how cards are found, and whether one may be read (`sensors/gpu`).

use crate::sensors::Roots;
use crate::sensors::input::attribute;

/// What the driver tells of one card, where it was in use since the driver was loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// `GPU-…`.
    pub(super) uuid: Option<String>,
    /// What it is called.
    pub(super) model: Option<String>,
}

impl Told {
    /// Reads what is told of the card at `address`.
    pub(super) fn read(roots: &Roots, address: &str) -> Told {
        let text = read(roots, address, "information");
        Told {
            // A driver that nobody has used yet tells question marks.
            uuid: told(&text, "GPU UUID").filter(|uuid| uuid.starts_with("GPU-") && !uuid.contains('?')),
            model: told(&text, "Model").filter(|model| !model.contains('?') && model != "Unknown"),
        }
    }
}

/// Whether the driver says that it never lets the card sleep: it cannot, or was told not to. Most desktop cards are so,
/// whatever the kernel would allow.
pub(super) fn stays_awake(roots: &Roots, address: &str) -> bool {
    let status = told(&read(roots, address, "power"), "Runtime D3 status");
    status.is_some_and(|status| status.starts_with("Disabled") || status.starts_with("Not supported"))
}

fn read(roots: &Roots, address: &str, file: &str) -> Vec<u8> {
    attribute(&roots.proc.join("driver/nvidia/gpus").join(address).join(file)).unwrap_or_default()
}

/// The value of a line `KEY: \t VALUE`, by its key and never by its place: drivers change the order.
pub(crate) fn told(text: &[u8], key: &str) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_their_key() {
        let text =
            b"Model: \t\t NVIDIA GeForce RTX 3060\nIRQ:   \t\t 129\nGPU UUID: \t GPU-1\nVideo BIOS: \t ??.??.??\n";
        assert_eq!(told(text, "GPU UUID").as_deref(), Some("GPU-1"));
        assert_eq!(told(text, "Model").as_deref(), Some("NVIDIA GeForce RTX 3060"));
        assert_eq!(told(text, "Serial"), None);
        assert_eq!(told(b"Model:\n", "Model"), None);
    }

    #[test]
    fn a_card_is_told_by_what_its_driver_knows_of_it() {
        #[track_caller]
        fn check(information: &str, power: &str, uuid: Option<&str>, awake: bool) {
            let folder = tempfile::tempdir().unwrap();
            let roots = Roots::at(folder.path());
            let card = roots.proc.join("driver/nvidia/gpus/0000:01:00.0");
            std::fs::create_dir_all(&card).unwrap();
            std::fs::write(card.join("information"), information).unwrap();
            std::fs::write(card.join("power"), power).unwrap();
            let told = Told::read(&roots, "0000:01:00.0");
            assert_eq!(told.uuid.as_deref(), uuid);
            assert_eq!(told.model.is_some(), uuid.is_some());
            assert_eq!(stays_awake(&roots, "0000:01:00.0"), awake);
        }
        let asked = "Model: \t\t NVIDIA X\nGPU UUID: \t GPU-0b0b\n";
        check(asked, "Runtime D3 status:          Enabled (fine-grained)\n", Some("GPU-0b0b"), false);
        check(asked, "Video Memory:  Active\nRuntime D3 status:  Not supported\n", Some("GPU-0b0b"), true);
        check(
            "Model: \t\t Unknown\nGPU UUID: \t GPU-????????-????\n",
            "Runtime D3 status: Disabled by default",
            None,
            true,
        );
        check("", "Runtime D3 status:          ?\n", None, false);
        check("GPU UUID: \t 0\n", "", None, false);
    }
}
