//! Callers by libphonenumber's rules: how a number is written, and where it is from.
//!
//! The first number costs about 6 ms (metadata), so this is called when a row is stored and never
//! while drawing.

/// A caller in every form that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerForms {
    /// What the list shows: `+91 98765 43210`, what came when it is no number, empty if withheld.
    pub display: String,
    /// `+919876543210`, if it is a valid number.
    pub e164: Option<String>,
    /// The two letters of its country (ISO 3166-1), if known.
    pub country: Option<String>,
}
