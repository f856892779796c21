//! The folder: what its files are called, how one appears in it, and which ones go.
//!
//! Every name is made here, from identities, and never from a server's text. A file that is being
//! written has another name until it is whole, and its writer holds a lock on it for as long as it
//! lives: that is how another process tells it from what a crash left.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::Hasher as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use siphasher::sip::SipHasher13;

use crate::model::{AccountKey, VoicemailId};
use crate::telecmi::AudioFormat;

/// How the name of a file begins that is being written. The process and a number follow.
const TEMP_PREFIX: &str = ".vmail-part-";

/// The number of the next such file of this process.
static NEXT_TEMP: AtomicU64 = AtomicU64::new(0);

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
    /// How many recordings.
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
    /// Makes the folder where it is missing, and sweeps it.
    pub(super) fn open(path: PathBuf) -> io::Result<Folder> {
        let folder = Folder(path.into());
        folder.make()?;
        folder.sweep()?;
        Ok(folder)
    }

    /// Makes the folder where it is missing, for this user alone.
    fn make(&self) -> io::Result<()> {
        let mut folder = DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(&self.0)
    }

    /// Deletes the files that nobody writes any more.
    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            if !is_temp(&entry.file_name().to_string_lossy()) {
                continue;
            }
            // Where locks do not work, it cannot be told whether it is written: then it stays.
            if let Ok(file) = File::open(entry.path())
                && file.try_lock().is_ok()
            {
                // Another process may have been faster.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
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

    /// A new file for what is not whole yet. The folder may have been deleted since it was opened.
    pub(super) fn temp(&self) -> io::Result<Temp> {
        self.make()?;
        Temp::create(&self.0, Some(0o600))
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
        Ok(())
    }

    pub(super) fn evict(&self, limit: u64, keep: &dyn Fn(VoicemailId) -> bool) -> io::Result<Evicted> {
        let mut entries = self.entries()?;
        entries.sort_unstable_by_key(|entry| (entry.heard, entry.id));
        let mut evicted =
            Evicted { left: entries.iter().map(|entry| entry.bytes).sum(), ..Evicted::default() };
        for Entry { path, id, bytes, .. } in entries {
            if evicted.left <= limit {
                break;
            }
            if !keep(id) {
                fs::remove_file(path).or_else(unless_gone)?;
                evicted.files += 1;
                evicted.bytes += bytes;
                evicted.left -= bytes;
            }
        }
        Ok(evicted)
    }

    /// Every recording that is kept.
    fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let Some(id) = id_of(&entry.file_name().to_string_lossy()) else { continue };
            // One that is gone by now takes no room.
            let Ok(file) = entry.metadata() else { continue };
            if file.is_file() {
                entries.push(Entry { path: entry.path(), id, bytes: file.len(), heard: file.modified()? });
            }
        }
        Ok(entries)
    }
}

/// A recording that is kept, with when it was heard last, or else fetched.
struct Entry {
    path: PathBuf,
    id: VoicemailId,
    bytes: u64,
    heard: SystemTime,
}

/// A file that is being written and locked. Dropping it deletes it, which is one system call.
#[derive(Debug)]
pub(super) struct Temp {
    file: Arc<File>,
    path: PathBuf,
    renamed: bool,
}

impl Temp {
    /// A new file in `folder`, which must be there. `mode` is for Unix, where `None` is the user's
    /// own choice.
    pub(super) fn create(folder: &Path, mode: Option<u32>) -> io::Result<Temp> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if let Some(mode) = mode {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        }
        #[cfg(not(unix))]
        let _ = mode;
        loop {
            let number = NEXT_TEMP.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{TEMP_PREFIX}{}-{number}", process::id()));
            let file = match options.open(&path) {
                Ok(file) => Arc::new(file),
                // An earlier process of that number left it, or one in another container has it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            let temp = Temp { file, path, renamed: false };
            // Where locks do not work, nobody sweeps either.
            let _ = temp.file.lock();
            // Before it was locked, another process may have taken it for a leftover.
            if temp.path.try_exists()? {
                return Ok(temp);
            }
        }
    }

    /// The file, to be written to from another thread.
    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Has the disk hold what was written, then gives it the name `path`. Returns how large it is.
    pub(super) fn rename(mut self, path: &Path) -> io::Result<u64> {
        self.file.sync_all()?;
        let bytes = self.file.metadata()?.len();
        fs::rename(&self.path, path)?;
        self.renamed = true;
        Ok(bytes)
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        if !self.renamed {
            // Where it cannot be deleted, the next sweep may.
            let _ = fs::remove_file(&self.path);
        }
    }
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

/// Whether `name` is one that [`Temp::create`] gives.
fn is_temp(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = name.strip_prefix(TEMP_PREFIX).and_then(|rest| rest.split_once('-'));
    numbers.is_some_and(|(process, count)| number(process) && number(count))
}

/// Whose recording the file `name` is, if [`Folder::path`] gives that name.
fn id_of(name: &str) -> Option<VoicemailId> {
    let (id, extension) = name.split_once('.')?;
    if !AudioFormat::ALL.iter().any(|format| format.extension() == extension) {
        return None;
    }
    // Crockford's base 32, as an identity is shown.
    let digits = "0123456789abcdefghjkmnpqrstvwxyz";
    let bits = id.chars().try_fold(0, |bits: u64, c| Some((bits << 5) | digits.find(c)? as u64))?;
    // Also turns down what is too short or too long.
    Some(VoicemailId::from_bits(bits)).filter(|found| found.to_string() == id)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{TEMP_PREFIX, account_folder, id_of, is_temp};
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
    fn only_our_own_names_are_swept() {
        assert!(is_temp(&format!("{TEMP_PREFIX}1-0")));
        for other in ["", "1", "1-", "-1", "1-2.mp3", "a-1", "1-+1", "1-1-1"] {
            assert!(!is_temp(&format!("{TEMP_PREFIX}{other}")), "{other}");
        }
        assert!(!is_temp("1-0"));
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
