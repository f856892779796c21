//! Names of callers: the one that is being given.

use crate::triage::CallerKey;
use crate::tui::field::Field;

/// The overlay in which a caller is given a name.
#[derive(Clone, Debug)]
pub struct Naming {
    /// What the caller is named by.
    pub key: CallerKey,
    /// The number as people write it.
    pub number: String,
    /// The name that is shown until now, given in the program or from the contact files; empty where
    /// there is none.
    pub shown: String,
    /// The name.
    pub input: Field,
}
