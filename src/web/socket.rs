//! The Unix socket that `ssh -R` creates to forward sound, and its removal.
//!
//! sshd leaves the socket file behind when the connection ends, and then refuses to forward to the same
//! path (unless the administrator has set `StreamLocalBindUnlink`). So vmail removes it.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long connecting to the socket may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// What happened to the socket file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// It did not exist.
    Absent,
    /// It was stale and was removed.
    Removed,
    /// A process is listening: it was left alone.
    InUse,
    /// It is not a socket, or belongs to another user: it was left alone.
    NotOurs,
}

/// Removes the forwarded socket at `path` if it belongs to this user and nobody is listening. The folder
/// should be private: otherwise others could replace the file in the meantime. Needs a Tokio runtime with I/O
/// and time.
///
/// # Errors
/// When the file cannot be inspected or removed.
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
        // Only a refused connection means that nobody is listening; a full queue, for example, does not.
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
