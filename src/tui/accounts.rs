//! The accounts of the settings, one of which is on screen.

/// An account that can be switched to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name in the settings.
    pub name: String,
    /// Region and app ID, in words.
    pub about: String,
}

/// The overlay in which one is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switching {
    /// The one where the user is.
    pub at: usize,
}

impl Switching {
    /// The one before or after, of `count`; stays at the ends.
    pub fn step(&mut self, by: isize, count: usize) {
        self.at = self.at.saturating_add_signed(by).min(count.saturating_sub(1));
    }
}
