//! The unix socket that `ssh -R` makes for the desk's sound.
//!
//! sshd leaves its socket file behind when the connection ends, and then refuses to forward to that
//! path again (unless its administrator has set `StreamLocalBindUnlink`). So the program clears the
//! way itself.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long somebody who listens may take to be reached.
const PATIENCE: Duration = Duration::from_secs(1);

/// What became of a socket file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// Nothing was in the way.
    Absent,
    /// A socket that nobody listened on was removed.
    Removed,
    /// Somebody listens: it works and was left alone.
    InUse,
    /// It is no socket, or it is another user's: it was left alone.
    NotOurs,
}

/// Removes the socket at `path` if it is this user's and nobody listens on it any more. The folder
/// should be private: in one that others write to, they could put another file there meanwhile.
/// Needs a Tokio runtime with I/O and time.
///
/// # Errors
/// When the file cannot be looked at or removed.
pub async fn clear(path: &Path) -> io::Result<Cleared> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Cleared::Absent),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() || found.uid() != rustix::process::geteuid().as_raw() {
        return Ok(Cleared::NotOurs);
    }
    match timeout(PATIENCE, UnixStream::connect(path)).await {
        // Only a refusal says that nobody is there; a full queue, for one, does not.
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        _ => return Ok(Cleared::InUse),
    }
    match fs::remove_file(path) {
        Ok(()) => Ok(Cleared::Removed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Cleared::Absent),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::{Cleared, clear};

    #[tokio::test]
    async fn only_a_socket_that_nobody_listens_on_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound");
        assert_eq!(clear(&path).await.unwrap(), Cleared::Absent);

        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(clear(&path).await.unwrap(), Cleared::InUse);
        assert!(path.exists());

        drop(listener);
        assert!(path.exists(), "the system removes it by itself");
        assert_eq!(clear(&path).await.unwrap(), Cleared::Removed);
        assert!(!path.exists());
        UnixListener::bind(&path).unwrap();
    }

    #[tokio::test]
    async fn what_is_no_socket_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (file, stale, link) =
            (folder.path().join("file"), folder.path().join("stale"), folder.path().join("link"));
        std::fs::write(&file, "kept").unwrap();
        drop(UnixListener::bind(&stale).unwrap());
        symlink(&stale, &link).unwrap();
        for path in [&file, &link, &folder.path().to_owned()] {
            assert_eq!(clear(path).await.unwrap(), Cleared::NotOurs, "{path:?}");
            assert!(path.symlink_metadata().is_ok());
        }
    }
}
