//! How a person wants the tray's icon, as data: what `config` reads and the tray follows.

/// How the icon says how busy the machine is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IconStyle {
    /// A tile that fills.
    #[default]
    Bar,
    /// The same, and the percent in digits where they can be read.
    Digits,
}

impl IconStyle {
    /// Every style, with the word that stands for it in the config file.
    pub const WORDS: &[(IconStyle, &'static str)] = &[(IconStyle::Bar, "bar"), (IconStyle::Digits, "digits")];

    /// As it is written in the file.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(style, _)| *style == self).map_or("", |(_, word)| word)
    }
}
