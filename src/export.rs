//! Exports an account as JSON lines, and imports it again, so that no data is locked in.
//!
//! The first line has the version and the account. Then follow the names given to callers and the
//! voicemails, newest first, one per line. Times are milliseconds since the epoch. Which spans have
//! been fetched is not exported: they are fetched again.
//!
//! An import merges the lines into the store and removes nothing:
//!
//! - Missing voicemails are added. Server data of existing ones is not changed.
//! - Read and starred are set if either side has them set.
//! - Done and called back are set if either side has them set; the later time is kept.
//! - Of two notes or names, the last edited one is kept; if the times are equal, the stored one.
//! - Tags of both sides are combined; the stored spelling is kept.
//! - Stored waveforms are not changed.
//!
//! Importing a file again therefore changes nothing. Files are streamed, never held in memory.

mod decode;
mod read;
mod write;

pub use read::{Bad, ImportError, Imported, Whose, import};
pub use write::{ExportError, export};
