//! The dialog for naming a caller. Plain data; [`crate::tui::update`] changes it.

use crate::core::triage::CallerKey;
use crate::tui::field::Field;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The dialog for naming a caller.
#[derive(Clone, Debug)]
pub struct NameForm {
    /// The caller.
    pub key: CallerKey,
    /// The number as shown in the list.
    pub number: String,
    /// The current name, given in vmail or from a contact file; empty if there is none.
    pub shown: String,
    /// The new name.
    pub input: Field,
}
