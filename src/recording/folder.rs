//! The folder: what its files are called, how one appears in it, and which ones go.
//!
//! Every name is made from identities, and never from a server's text. A file that is being written is
//! in a folder of its own until it is whole: see `draft.rs`.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::hash::Hasher as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use siphasher::sip::SipHasher13;

use super::draft::{self, Draft, Files, Left};
use crate::model::{AccountKey, VoicemailId};
use crate::private;
use crate::telecmi::{AudioFormat, Bookmark};

/// The folder in it where recordings are until they are whole.
const DRAFTS: &str = "parts";

/// How long a draft is left for another run to go on with. By then the voicemail is forgotten, or it
/// is fetched anew.
const DRAFT_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A recording that is on the disk, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where.
    pub path: PathBuf,
    /// How large it is.
    pub bytes: u64,
    /// What its first bytes said it is.
    pub format: AudioFormat,
}

/// What [`super::Recordings::evict`] let go of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    /// How many recordings, whole or begun.
    pub files: usize,
    /// What they took, in bytes.
    pub bytes: u64,
    /// What those take that are left, in bytes.
    pub left: u64,
}

/// The folder below `root` for the recordings of `account`: `global-1111113`, and where the server is
/// not TeleCMI's own, a hash of which one it is.
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

/// The folder of one account's recordings.
#[derive(Clone, Debug)]
pub(super) struct Folder(Arc<Path>);

impl Folder {
    /// Makes the folder where it is missing, and sweeps out the drafts that nobody will go on with.
    pub(super) fn open(path: PathBuf, now: SystemTime) -> io::Result<Folder> {
        let folder = Folder(path.into());
        private::make_folder(&folder.0)?;
        for left in draft::at_rest(&folder.drafts(), None)? {
            // One of the future was written before the clock was set.
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

    /// Where the recording of `id` is or will be.
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

    /// A new draft of the recording of `id`. The folder may have been deleted since it was opened.
    pub(super) fn begin(&self, id: VoicemailId, format: AudioFormat) -> io::Result<Draft> {
        Draft::create(&self.drafts(), id, format)
    }

    /// What an earlier run left of the recording of `id`, and where to go on with it.
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
        for Entry { what, id, bytes, .. } in entries {
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

    /// Every recording that is kept, and every draft that nobody writes.
    fn entries(&self) -> io::Result<Vec<Entry>> {
        let draft = |Left { files, bytes, written }| {
            let id = files.id;
            Entry { what: What::Draft(files), id, bytes, heard: written }
        };
        let mut entries: Vec<_> = draft::at_rest(&self.drafts(), None)?.into_iter().map(draft).collect();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let Some(id) = id_of(&entry.file_name().to_string_lossy()) else { continue };
            // One that is gone by now takes no room.
            let Ok(file) = entry.metadata() else { continue };
            if file.is_file() {
                let (what, bytes) = (What::Whole(entry.path()), file.len());
                entries.push(Entry { what, id, bytes, heard: file.modified()? });
            }
        }
        Ok(entries)
    }
}

/// What takes room, with when it was heard last, or else written.
struct Entry {
    what: What,
    id: VoicemailId,
    bytes: u64,
    heard: SystemTime,
}

enum What {
    Whole(PathBuf),
    Draft(Arc<Files>),
}

/// Does `work` on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await?
}

fn unless_gone(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Whose recording the file `name` is, if [`Folder::path`] gives that name.
fn id_of(name: &str) -> Option<VoicemailId> {
    let (id, extension) = name.split_once('.')?;
    let ours = AudioFormat::ALL.iter().any(|format| format.extension() == extension);
    identity(id).filter(|_| ours)
}

/// The identity that is written as `text`, whole and in small letters.
pub(super) fn identity(text: &str) -> Option<VoicemailId> {
    let (first, last) = VoicemailId::with_prefix(text)?;
    (first == last && first.to_string() == text).then_some(first)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{account_folder, id_of};
    use crate::model::{AccountKey, Region, VoicemailId};

    #[test]
    fn a_name_gives_its_identity_back() {
        for bits in [0, 1, 0x0123_4567_89ab_cdef, u64::MAX] {
            let id = VoicemailId::from_bits(bits);
            assert_eq!(id_of(&format!("{id}.mp3")), Some(id));
            assert_eq!(id_of(&format!("{id}.wav")), Some(id));
            for other in ["ogg", "mp3.bak", "MP3", ""] {
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
