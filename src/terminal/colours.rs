//! How many colours a terminal has.

/// The colour depth of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The 16 colours of the terminal's palette.
    Sixteen,
    /// 256 colours; all but the first 16 are fixed.
    Palette,
    /// 24-bit colours.
    True,
}

impl Depth {
    /// Returns how many colours a terminal has, by its name and its terminfo entry: querying it takes a
    /// round trip, and many terminals do not answer.
    pub fn detect(colorterm: Option<&str>, term: &str) -> Depth {
        match colorterm {
            Some("truecolor" | "24bit") => Depth::True,
            _ if term.ends_with("-direct") => Depth::True,
            Some(_) => Depth::Palette,
            None if term.contains("256color") => Depth::Palette,
            None => Depth::Sixteen,
        }
    }
}
