//! The dialog for naming a caller. Plain data; [`super::update`] changes it.

use crate::triage::CallerKey;
use crate::tui::field::Field;

/// The dialog for naming a caller.
#[derive(Clone, Debug)]
pub struct Naming {
    /// The caller.
    pub key: CallerKey,
    /// The number as shown in the list.
    pub number: String,
    /// The current name, given in vmail or from a contact file; empty if there is none.
    pub shown: String,
    /// The new name.
    pub input: Field,
}
