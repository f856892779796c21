//! Checks the keys and colours in the settings, as the inbox does.

use crate::config::{KeyFault, OwnColour, OwnKeys, OwnView};
use crate::tui::keymap::own;
use crate::tui::theme;

/// Returns an error message if `written`, in the settings, is not a key.
pub(in crate::cli) fn key(written: &str) -> Result<(), String> {
    own::key(written).map(drop)
}

/// Returns the errors in the user's keys, including conflicts with the keys of `views`.
pub(in crate::cli) fn keys(keys: &[OwnKeys], views: &[OwnView]) -> Vec<KeyFault> {
    own::faults(keys, views)
}

/// Returns an error message if the colour in the settings cannot be read.
pub(in crate::cli) fn colour(colour: &OwnColour) -> Result<(), String> {
    theme::own::read(colour).map(drop)
}
