//! A recording that is being written: its bytes, and what it takes to go on with them in another run.
//!
//! A draft is two files. The part has the recording's bytes from the start; its writer holds a lock on
//! it for as long as it lives, which tells it from what a crash left. The notes beside it say in their
//! first line of which version of which recording the bytes are, and after every write how many there
//! are by then, with their hash: what no hash vouches for is cut off before anything is added. No name
//! is used twice, so a part that can be locked and still has its name is nobody else's.

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

use super::folder::{blocking, identity};
use crate::model::VoicemailId;
use crate::private;
use crate::telecmi::{AudioFormat, Bookmark, SavedBookmark};

/// How much is gathered before it is written: few trips to a blocking thread, and little that is lost
/// with the process.
const WRITE_AT: usize = 64 << 10;

/// The most that is read of the notes of a draft, in bytes: what a recording of a gigabyte has.
const NOTES_MAX: u64 = 1 << 20;

/// How the name of a part ends.
const PART: &str = "part";

/// How the name of its notes ends.
const NOTES: &str = "notes";

/// The number of the next draft of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A recording that is being written. Dropping it leaves the draft for another run, where that can be
/// gone on with, and else deletes it: a few system calls.
pub(super) struct Draft {
    files: Arc<Files>,
    format: AudioFormat,
    /// What the notes begin with; `None` where another run could not go on.
    saved: Option<SavedBookmark>,
    has_notes: bool,
    unwritten: Vec<u8>,
    /// What was written.
    vouched: Vouched,
    renamed: bool,
}

/// So many bytes from the start, and their hash.
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
    /// A new draft of the recording of `id` in `folder`, which is made where it is missing.
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

    /// The draft of the recording of `id` that has the most, and where to go on with it. Those that
    /// nobody can go on with are deleted.
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

    /// Takes up what the notes of `files` vouch for; `None` where that is nothing.
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

    /// Adds `bytes`, after which the transfer stands at `bookmark`.
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

    /// What is to be written, and what is to be noted of it then.
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

    /// Writes the rest, has the disk hold all of it, and only then gives it the name that `path` makes of
    /// its format. Returns that, how large it is and what it is.
    pub(super) async fn keep(
        mut self,
        path: impl FnOnce(AudioFormat) -> PathBuf,
    ) -> io::Result<(PathBuf, u64, AudioFormat)> {
        let (path, format) = (path(self.format), self.format);
        blocking(move || {
            // Whole as it is, nobody goes on with it.
            self.saved = None;
            self.files.file().write_all(&self.unwritten)?;
            self.files.file().sync_all()?;
            let bytes = self.files.file().metadata()?.len();
            fs::rename(&self.files.part, &path)?;
            self.renamed = true;
            // Where it cannot be deleted, the next sweep may.
            let _ = fs::remove_file(self.files.notes());
            Ok((path, bytes, format))
        })
        .await
    }

    /// Deletes it.
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
            // What is not written is fetched again.
            let _ = self.files.append(&bytes, &notes);
        }
    }
}

/// The files of a draft. The part is locked for as long as anybody has this.
#[derive(Debug)]
pub(super) struct Files {
    /// Whose recording it is.
    pub(super) id: VoicemailId,
    part: PathBuf,
    file: File,
    /// Where locks do not work, nobody could tell whether it is still written: nobody goes on with it.
    locked: bool,
}

impl Files {
    fn create(folder: &Path, id: VoicemailId) -> io::Result<Files> {
        private::make_folder(folder)?;
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let part = folder.join(format!("{id}-{}-{number}.{PART}", process::id()));
            let file = match private::options().read(true).write(true).create_new(true).open(&part) {
                Ok(file) => file,
                // An earlier process of that number left it, or one in another container has it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            let locked = file.lock().is_ok();
            // Before it was locked, another process may have taken it for a leftover.
            if part.try_exists()? {
                return Ok(Files { id, part, file, locked });
            }
        }
    }

    /// The draft whose part is `part`, if nobody has it.
    fn claim(part: PathBuf, id: VoicemailId) -> io::Result<Option<Files>> {
        let file = OpenOptions::new().read(true).write(true).open(&part)?;
        // Before it was locked, its writer may have made a whole recording of it.
        let claimed = file.try_lock().is_ok() && part.try_exists()?;
        Ok(claimed.then_some(Files { id, part, file, locked: true }))
    }

    /// The part, to be read, written and moved in.
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
        private::options().append(true).create(true).open(self.notes())?.write_all(notes.as_bytes())
    }

    /// Deletes the draft. Where that fails, the next sweep may.
    pub(super) fn delete(&self) {
        let _ = fs::remove_file(&self.part);
        let _ = fs::remove_file(self.notes());
    }
}

/// A draft that nobody writes, and that nobody can take up while this is there.
pub(super) struct Left {
    pub(super) files: Arc<Files>,
    /// How large the part is.
    pub(super) bytes: u64,
    /// When it was written last.
    pub(super) written: SystemTime,
}

impl Left {
    /// Whether there is anything to go on by.
    pub(super) fn has_notes(&self) -> bool {
        self.files.notes().exists()
    }
}

/// The drafts in `folder` that nobody writes: of all recordings, or of one, so that those of others can
/// be taken up meanwhile. Notes whose part is gone are deleted.
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
            // A part is there before its notes are.
            if !path.with_extension(PART).try_exists()? {
                let _ = fs::remove_file(path);
            }
            continue;
        }
        // One that cannot be opened is gone by now, or no file.
        let Ok(Some(files)) = Files::claim(path, id) else { continue };
        let part = files.file().metadata()?;
        drafts.push(Left { files: Arc::new(files), bytes: part.len(), written: part.modified()? });
    }
    Ok(drafts)
}

/// Whose draft the file `name` belongs to, and whether it is the notes, if it is one of ours.
fn whose(name: &str) -> Option<(VoicemailId, bool)> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (stem, end) = name.split_once('.')?;
    let (id, numbers) = stem.split_once('-')?;
    let (process, count) = numbers.split_once('-')?;
    let ours = number(process) && number(count) && [PART, NOTES].contains(&end);
    identity(id).filter(|_| ours).map(|id| (id, end == NOTES))
}

/// How many bytes a line of the notes is about, and their hash. A line that is cut off is none.
fn checkpoint(line: &str) -> Option<(u64, u64)> {
    let (count, hash) = line.strip_suffix('\n')?.split_once(' ')?;
    Some((count.parse().ok()?, u64::from_str_radix(hash, 16).ok()?))
}

/// Takes bytes in and gives their hash.
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
    use crate::model::VoicemailId;

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
