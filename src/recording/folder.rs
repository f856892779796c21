//! The cache folder: file names, adding, removing and evicting files.
//!
//! Names are made from IDs, never from text sent by a server. Partial files are in a folder of their own
//! until they are complete: see `draft.rs`.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::Hasher as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use siphasher::sip::SipHasher13;

use super::draft::{self, Draft, Files, Left};
use crate::audio::AudioFormat;
use crate::core::model::{AccountKey, VoicemailId};
use crate::private_fs;
use crate::telecmi::Bookmark;

/// The subfolder for partial files.
const DRAFTS: &str = "parts";

/// How long a partial file is kept for resuming. After that, the voicemail is forgotten or fetched again.
const DRAFT_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A cached recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its path.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its format, according to its first bytes.
    pub format: AudioFormat,
}

/// What [`super::Recordings::evict`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    /// The number of recordings, complete or partial.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// The size of the remaining ones, in bytes.
    pub left: u64,
}

/// Held while a recording is fetched ahead: see [`super::Recordings::lock_ahead`].
#[derive(Debug)]
pub struct AheadLock(#[expect(dead_code, reason = "dropping it unlocks")] Option<File>);

/// Returns the folder below `root` for the recordings of `account`, such as `global-1111113`. For a server
/// other than TeleCMI's, a hash of its URL is appended.
pub fn account_folder(root: &Path, account: &AccountKey) -> PathBuf {
    let (owner, server) = match account.as_str().split_once('@') {
        Some((owner, server)) => (owner, Some(server)),
        None => (account.as_str(), None),
    };
    let mut name = owner.replace('/', "-");
    if let Some(server) = server {
        let mut hasher = SipHasher13::new();
        hasher.write(server.as_bytes());
        let _ = write!(name, "-{:016x}", hasher.finish());
    }
    root.join(name)
}

/// The cache folder of one account.
#[derive(Clone, Debug)]
pub(super) struct Folder(Arc<Path>);

impl Folder {
    /// Creates the cache folder if it is missing, and deletes partial files that nobody will resume.
    pub(super) fn open(path: PathBuf, now: SystemTime) -> io::Result<Folder> {
        let folder = Folder(path.into());
        private_fs::make_folder(&folder.0)?;
        for left in draft::at_rest(&folder.drafts(), None)? {
            // A time in the future was recorded before the clock was set.
            let age = now.duration_since(left.written).unwrap_or_default();
            if age > DRAFT_LIFETIME || !left.has_notes() || folder.kept(left.files.id).is_some() {
                left.files.delete();
            }
        }
        Ok(folder)
    }

    fn drafts(&self) -> PathBuf {
        self.0.join(DRAFTS)
    }

    /// Returns the path in the cache folder for the recording of `id`, whether it exists or not.
    pub(super) fn path(&self, id: VoicemailId, format: AudioFormat) -> PathBuf {
        self.0.join(format!("{id}.{}", format.extension()))
    }

    pub(super) fn kept(&self, id: VoicemailId) -> Option<Kept> {
        AudioFormat::ALL.into_iter().find_map(|format| {
            let path = self.path(id, format);
            let file = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
            Some(Kept { path, bytes: file.len(), format })
        })
    }

    /// Creates a draft in the cache folder for the recording of `id`. Also works if the folder was deleted
    /// since it was opened.
    pub(super) fn begin(&self, id: VoicemailId, format: AudioFormat) -> io::Result<Draft> {
        Draft::create(&self.drafts(), id, format)
    }

    /// Returns the partial file of the recording of `id`, and the position to resume from.
    pub(super) fn begun(&self, id: VoicemailId) -> io::Result<Option<(Draft, Bookmark)>> {
        Draft::find(&self.drafts(), id)
    }

    pub(super) fn touch(&self, id: VoicemailId, now: SystemTime) -> io::Result<()> {
        let Some(kept) = self.kept(id) else { return Ok(()) };
        match OpenOptions::new().write(true).open(kept.path) {
            Ok(file) => file.set_modified(now),
            Err(error) => unless_gone(error),
        }
    }

    /// Makes the recording of `id` older than any that was fetched for the user or played, in the order in
    /// which they were fetched.
    pub(super) fn put_behind(&self, id: VoicemailId) -> io::Result<()> {
        let Some(kept) = self.kept(id) else { return Ok(()) };
        let written = fs::metadata(kept.path)?.modified()?;
        let since = written.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.touch(id, SystemTime::UNIX_EPOCH + since / 1_000)
    }

    /// Locks the folder, unless another process has: `None` then. Where that is not possible, nothing is
    /// locked.
    pub(super) fn try_lock(&self) -> Option<AheadLock> {
        let Ok(folder) = File::open(&self.0) else { return Some(AheadLock(None)) };
        match folder.try_lock() {
            Ok(()) => Some(AheadLock(Some(folder))),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Error(_)) => Some(AheadLock(None)),
        }
    }

    pub(super) fn used(&self) -> io::Result<u64> {
        Ok(self.entries()?.iter().map(|entry| entry.bytes).sum())
    }

    pub(super) fn remove(&self, id: VoicemailId) -> io::Result<()> {
        for format in AudioFormat::ALL {
            fs::remove_file(self.path(id, format)).or_else(unless_gone)?;
        }
        for left in draft::at_rest(&self.drafts(), Some(id))? {
            left.files.delete();
        }
        Ok(())
    }

    pub(super) fn evict(&self, limit: u64, keep: &dyn Fn(VoicemailId) -> bool) -> io::Result<Evicted> {
        let mut entries = self.entries()?;
        entries.sort_unstable_by_key(|entry| (entry.heard, entry.id));
        let mut evicted =
            Evicted { left: entries.iter().map(|entry| entry.bytes).sum(), ..Evicted::default() };
        for CachedFile { what, id, bytes, .. } in entries {
            if evicted.left <= limit {
                break;
            }
            if !keep(id) {
                match what {
                    What::Whole(path) => fs::remove_file(path).or_else(unless_gone)?,
                    What::Draft(files) => files.delete(),
                }
                evicted.files += 1;
                evicted.bytes += bytes;
                evicted.left -= bytes;
            }
        }
        Ok(evicted)
    }

    /// Returns all cached recordings, and the partial files that nobody is writing.
    fn entries(&self) -> io::Result<Vec<CachedFile>> {
        let draft = |Left { files, bytes, written }| {
            let id = files.id;
            CachedFile { what: What::Draft(files), id, bytes, heard: written }
        };
        let mut entries: Vec<_> = draft::at_rest(&self.drafts(), None)?.into_iter().map(draft).collect();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let Some(id) = id_of(&entry.file_name().to_string_lossy()) else { continue };
            // A file that has disappeared takes no space.
            let Ok(file) = entry.metadata() else { continue };
            if file.is_file() {
                let (what, bytes) = (What::Whole(entry.path()), file.len());
                entries.push(CachedFile { what, id, bytes, heard: file.modified()? });
            }
        }
        Ok(entries)
    }
}

/// A file that takes space, and when it was last played or else written.
struct CachedFile {
    what: What,
    id: VoicemailId,
    bytes: u64,
    heard: SystemTime,
}

enum What {
    Whole(PathBuf),
    Draft(Arc<Files>),
}

fn unless_gone(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Parses a file name as made by [`Folder::path`].
fn id_of(name: &str) -> Option<VoicemailId> {
    let (id, extension) = name.split_once('.')?;
    let ours = AudioFormat::ALL.iter().any(|format| format.extension() == extension);
    VoicemailId::parse(id).filter(|_| ours)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{account_folder, id_of};
    use crate::core::model::{AccountKey, Region, VoicemailId};

    #[test]
    fn a_name_gives_its_identity_back() {
        for bits in [0, 1, 0x0123_4567_89ab_cdef, u64::MAX] {
            let id = VoicemailId::from_bits(bits);
            assert_eq!(id_of(&format!("{id}.mp3")), Some(id));
            assert_eq!(id_of(&format!("{id}.wav")), Some(id));
            assert_eq!(id_of(&format!("{id}.ogg")), Some(id));
            for other in ["txt", "mp3.bak", "MP3", ""] {
                assert_eq!(id_of(&format!("{id}.{other}")), None);
            }
            assert_eq!(id_of(&id.to_string()), None);
            assert_eq!(id_of(&format!("{}.mp3", &id.to_string()[1..])), None);
            assert_eq!(id_of(&format!("0{id}.mp3")), None);
        }
        assert_eq!(id_of("zzzzzzzzzzzzz.mp3"), None, "beyond 64 bits");
        assert_eq!(id_of(".mp3"), None);
        assert_eq!(id_of("müller-und-co.mp3"), None);
    }

    #[test]
    fn accounts_have_folders_of_their_own() {
        let folder =
            |region, app_id, url| account_folder(Path::new("r"), &AccountKey::new(region, app_id, url));
        assert_eq!(folder(Region::Global, 1_111_113, None), Path::new("r/global-1111113"));
        assert_eq!(folder(Region::India, 1_111_113, None), Path::new("r/india-1111113"));
        let (a, b) = (Some("https://a.example/../../x"), Some("https://b.example/../../x"));
        let (a, b) = (folder(Region::Global, 1, a), folder(Region::Global, 1, b));
        assert_ne!(a, b);
        assert_eq!(a.parent(), Some(Path::new("r")));
        assert!(a.to_string_lossy().starts_with("r/global-1-"), "{a:?}");
    }
}
