//! Partial files: recordings being written, which a later run can resume.
//!
//! A draft is two files. The part holds the recording's bytes from the start; its writer keeps it locked,
//! which tells it from one left by a crash. The first line of the notes says which version of which
//! recording the bytes belong to; each further line gives the number of bytes after a write, and their
//! hash. When a draft is resumed, bytes without a valid hash are cut off. File names are never reused, so a
//! part that can be locked and still has its name belongs to nobody else.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::hash::Hasher as _;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use super::blocking;
use crate::audio::AudioFormat;
use crate::core::model::VoicemailId;
use crate::private_fs;
use crate::telecmi::{Bookmark, SavedBookmark};

/// How many bytes to buffer before writing: few switches to a blocking thread, and little to lose in a
/// crash.
const WRITE_AT: usize = 64 << 10;

/// How much of the notes to read, in bytes: enough for a recording of a gigabyte.
const NOTES_MAX: u64 = 1 << 20;

/// The extension of a part.
const PART: &str = "part";

/// The extension of the notes.
const NOTES: &str = "notes";

/// The number of the next draft of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A recording being written. If it can be resumed, dropping it leaves it for a later run; otherwise
/// dropping it deletes it. Dropping takes a few system calls.
pub(super) struct Draft {
    files: Arc<Files>,
    format: AudioFormat,
    /// The first line of the notes; `None` if a later run could not resume it.
    saved: Option<SavedBookmark>,
    has_notes: bool,
    unwritten: Vec<u8>,
    /// The bytes written, with their hash.
    vouched: Vouched,
    renamed: bool,
}

/// A number of bytes from the start, and their hash.
struct Vouched {
    bytes: u64,
    hasher: SipHasher13,
}

/// The first line of the notes.
#[derive(Serialize, Deserialize)]
struct Head {
    id: String,
    #[serde(flatten)]
    version: SavedBookmark,
}

impl Draft {
    /// Creates a draft, a partial file, for the recording of `id`. Creates `folder` if it is missing.
    pub(super) fn create(folder: &Path, id: VoicemailId, format: AudioFormat) -> io::Result<Draft> {
        let files = Arc::new(Files::create(folder, id)?);
        let vouched = Vouched { bytes: 0, hasher: SipHasher13::new() };
        Ok(Draft {
            files,
            format,
            saved: None,
            has_notes: false,
            unwritten: Vec::new(),
            vouched,
            renamed: false,
        })
    }

    /// Returns the longest draft of the recording of `id`, and the position to resume from. Deletes drafts
    /// that cannot be resumed.
    pub(super) fn find(folder: &Path, id: VoicemailId) -> io::Result<Option<(Draft, Bookmark)>> {
        let mut left = at_rest(folder, Some(id))?;
        left.sort_unstable_by_key(|left| left.bytes);
        while let Some(Left { files, .. }) = left.pop() {
            if let Ok(Some(found)) = Draft::reopen(&files) {
                return Ok(Some(found));
            }
            files.delete();
        }
        Ok(None)
    }

    /// Opens a draft with the bytes that its notes confirm; `None` if there are none.
    fn reopen(files: &Arc<Files>) -> io::Result<Option<(Draft, Bookmark)>> {
        let mut notes = String::new();
        File::open(files.notes())?.take(NOTES_MAX).read_to_string(&mut notes)?;
        let mut lines = notes.split_inclusive('\n');
        let head = lines.next().unwrap_or_default();
        let Ok(Head { id, version }) = serde_json::from_str(head) else { return Ok(None) };
        if id != files.id.to_string() {
            return Ok(None);
        }
        let mut sound = head.len();
        let mut vouched = Vouched { bytes: 0, hasher: SipHasher13::new() };
        for line in lines {
            let Some((bytes, hash)) = checkpoint(line) else { break };
            let Some(more) = bytes.checked_sub(vouched.bytes) else { break };
            let mut ahead = Hashed(vouched.hasher);
            let read = io::copy(&mut files.file().take(more), &mut ahead)?;
            if read < more || ahead.0.finish() != hash {
                break;
            }
            vouched = Vouched { bytes, hasher: ahead.0 };
            sound += line.len();
        }
        let Some(bookmark) = version.at(vouched.bytes) else { return Ok(None) };
        files.file().set_len(vouched.bytes)?;
        files.file().seek(SeekFrom::Start(vouched.bytes))?;
        OpenOptions::new().write(true).open(files.notes())?.set_len(sound as u64)?;
        let (files, format, saved) = (Arc::clone(files), version.format, Some(version));
        let draft =
            Draft { files, format, saved, has_notes: true, unwritten: Vec::new(), vouched, renamed: false };
        Ok(Some((draft, bookmark)))
    }

    /// Adds bytes to the draft. The transfer is at `bookmark` after them.
    pub(super) async fn add(&mut self, bytes: &[u8], bookmark: Option<Bookmark>) -> io::Result<()> {
        if self.saved.is_none() && self.files.locked {
            self.saved = bookmark.and_then(|bookmark| bookmark.saved());
        }
        self.unwritten.extend_from_slice(bytes);
        if self.unwritten.len() < WRITE_AT {
            return Ok(());
        }
        let (files, (bytes, notes)) = (Arc::clone(&self.files), self.due());
        blocking(move || files.append(&bytes, &notes)).await
    }

    /// Returns the bytes to write, and the notes about them.
    fn due(&mut self) -> (Vec<u8>, String) {
        let bytes = mem::take(&mut self.unwritten);
        self.vouched.hasher.write(&bytes);
        self.vouched.bytes += bytes.len() as u64;
        let mut notes = String::new();
        if let Some(version) = &self.saved {
            if !mem::replace(&mut self.has_notes, true) {
                let head = Head { id: self.files.id.to_string(), version: version.clone() };
                notes = serde_json::to_string(&head).unwrap_or_default() + "\n";
            }
            let _ = writeln!(notes, "{} {:016x}", self.vouched.bytes, self.vouched.hasher.finish());
        }
        (bytes, notes)
    }

    /// Completes the draft: writes the rest, flushes it to disk, and then moves the file to `path(format)`.
    /// Returns the path, size and format.
    pub(super) async fn keep(
        mut self,
        path: impl FnOnce(AudioFormat) -> PathBuf,
    ) -> io::Result<(PathBuf, u64, AudioFormat)> {
        let (path, format) = (path(self.format), self.format);
        blocking(move || {
            // The recording is complete: there is nothing to resume.
            self.saved = None;
            self.files.file().write_all(&self.unwritten)?;
            self.files.file().sync_all()?;
            let bytes = self.files.file().metadata()?.len();
            fs::rename(&self.files.part, &path)?;
            self.renamed = true;
            // If this fails, a later sweep may delete them.
            let _ = fs::remove_file(self.files.notes());
            Ok((path, bytes, format))
        })
        .await
    }

    /// Deletes the draft.
    pub(super) fn discard(mut self) {
        self.saved = None;
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.renamed {
            return;
        }
        if self.saved.is_none() {
            self.files.delete();
        } else if !self.unwritten.is_empty() {
            let (bytes, notes) = self.due();
            // If this fails, the bytes are fetched again.
            let _ = self.files.append(&bytes, &notes);
        }
    }
}

/// The files of a draft. The part stays locked until this is dropped.
#[derive(Debug)]
pub(super) struct Files {
    /// The voicemail it belongs to.
    pub(super) id: VoicemailId,
    part: PathBuf,
    file: File,
    /// Whether the part is locked. Without locks, nobody could tell whether it is still being written, so
    /// it is not resumed.
    locked: bool,
}

impl Files {
    fn create(folder: &Path, id: VoicemailId) -> io::Result<Files> {
        private_fs::make_folder(folder)?;
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let part = folder.join(format!("{id}-{}-{number}.{PART}", process::id()));
            let file = match private_fs::options().read(true).write(true).create_new(true).open(&part) {
                Ok(file) => file,
                // Left by an earlier process with this ID, or in use by one in another container.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            let locked = file.lock().is_ok();
            // Before it was locked, another process may have deleted it as a leftover.
            if part.try_exists()? {
                return Ok(Files { id, part, file, locked });
            }
        }
    }

    /// Locks the draft with this part; `None` if another process has it.
    fn claim(part: PathBuf, id: VoicemailId) -> io::Result<Option<Files>> {
        let file = OpenOptions::new().read(true).write(true).open(&part)?;
        // Before it was locked, its writer may have completed and moved it.
        let claimed = file.try_lock().is_ok() && part.try_exists()?;
        Ok(claimed.then_some(Files { id, part, file, locked: true }))
    }

    /// The part, opened for reading and writing.
    fn file(&self) -> &File {
        &self.file
    }

    fn notes(&self) -> PathBuf {
        self.part.with_extension(NOTES)
    }

    fn append(&self, bytes: &[u8], notes: &str) -> io::Result<()> {
        self.file().write_all(bytes)?;
        if notes.is_empty() {
            return Ok(());
        }
        private_fs::options().append(true).create(true).open(self.notes())?.write_all(notes.as_bytes())
    }

    /// Deletes the files of the draft. If this fails, a later sweep may delete them.
    pub(super) fn delete(&self) {
        let _ = fs::remove_file(&self.part);
        let _ = fs::remove_file(self.notes());
    }
}

/// A draft that nobody is writing, locked while this exists.
pub(super) struct Left {
    pub(super) files: Arc<Files>,
    /// The size of the part.
    pub(super) bytes: u64,
    /// When it was last written.
    pub(super) written: SystemTime,
}

impl Left {
    /// Returns whether the draft has notes, without which it cannot be resumed.
    pub(super) fn has_notes(&self) -> bool {
        self.files.notes().exists()
    }
}

/// Returns the drafts in `folder` that nobody is writing: those of one recording or all. With `of`, other
/// drafts are not locked meanwhile. Deletes notes without a part.
pub(super) fn at_rest(folder: &Path, of: Option<VoicemailId>) -> io::Result<Vec<Left>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut drafts = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let Some((id, is_notes)) = path.file_name().and_then(|name| whose(name.to_str()?)) else { continue };
        if of.is_some_and(|of| of != id) {
            continue;
        }
        if is_notes {
            // The part is always created before its notes.
            if !path.with_extension(PART).try_exists()? {
                let _ = fs::remove_file(path);
            }
            continue;
        }
        // If it cannot be opened, it has disappeared or is not a file.
        let Ok(Some(files)) = Files::claim(path, id) else { continue };
        let part = files.file().metadata()?;
        drafts.push(Left { files: Arc::new(files), bytes: part.len(), written: part.modified()? });
    }
    Ok(drafts)
}

/// Parses the name of a draft's file: the voicemail, and whether it is the notes.
fn whose(name: &str) -> Option<(VoicemailId, bool)> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (stem, end) = name.split_once('.')?;
    let (id, numbers) = stem.split_once('-')?;
    let (process, count) = numbers.split_once('-')?;
    let ours = number(process) && number(count) && [PART, NOTES].contains(&end);
    VoicemailId::parse(id).filter(|_| ours).map(|id| (id, end == NOTES))
}

/// Parses a line of the notes: the number of bytes, and their hash. Truncated lines are invalid.
fn checkpoint(line: &str) -> Option<(u64, u64)> {
    let (count, hash) = line.strip_suffix('\n')?.split_once(' ')?;
    Some((count.parse().ok()?, u64::from_str_radix(hash, 16).ok()?))
}

/// Hashes the bytes written to it.
struct Hashed(SipHasher13);

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::whose;
    use crate::core::model::VoicemailId;

    #[test]
    fn only_our_own_names_are_drafts() {
        let id = VoicemailId::from_bits(7);
        assert_eq!(whose(&format!("{id}-1-0.part")), Some((id, false)));
        assert_eq!(whose(&format!("{id}-4194304-77.notes")), Some((id, true)));
        for end in ["", "-1-0", "-1-0.mp3", "-1.part", "--1.part", "-1-.part", "-a-1.part", "-1-0.part.x"] {
            assert_eq!(whose(&format!("{id}{end}")), None, "{end}");
        }
        assert_eq!(whose("x-1-0.part"), None);
        assert_eq!(whose("-1-0.part"), None);
    }
}
