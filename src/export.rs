//! Everything of an account as lines of JSON, and back: nothing is locked in.
//!
//! The first line names the version and the account. Then come the names that were given to
//! callers, a line each, and the voicemail, a line each, newest first. Times are milliseconds since
//! the epoch. Which stretches of time were fetched is not in it: the server is asked again.
//!
//! Import brings the lines together with what is there. Nothing that is there is taken away:
//!
//! - Voicemail that are not there come in. What the server said of one that is there stays.
//! - Read and starred: if either side says so.
//! - Done and called back: if either side says so; of two times, the later one.
//! - Notes and names: the one that was edited last; of two edited at the same time, the one that
//!   is there.
//! - Tags: those of both sides; a spelling that is there stays.
//! - What a recording looks like: what is there stays.
//!
//! So importing a file twice does nothing the second time. Files are never held in memory.

mod line;
mod read;
mod write;

pub use read::{Bad, ImportError, Imported, Whose, import};
pub use write::{ExportError, export};
