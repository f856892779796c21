//! Saving where the user wants it.

use std::fs;
use std::path::Path;

use futures_util::future::join_all;
use tempfile::TempDir;
use vmail::recording::SaveError;

use crate::recording::support::{Reply, ScriptedServer, Shelf, id, limits, mp3};

/// Large enough to take a while.
const LENGTH: usize = 8_000_000;

async fn shelf() -> Shelf {
    let shelf = Shelf::new(limits());
    let server = ScriptedServer::start([Reply::audio(mp3(LENGTH))]).await;
    shelf.fetch(&server, 1).await.unwrap();
    shelf
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn a_copy_appears_and_nothing_else() {
    let (shelf, dir) = (shelf().await, TempDir::new().unwrap());
    let target = dir.path().join("a.mp3");
    for overwrite in [false, true] {
        shelf.recordings.save_as(id(1), &target, overwrite).await.unwrap();
        assert!(fs::read(&target).unwrap() == mp3(LENGTH));
        assert_eq!(files(dir.path()), 1);
    }
    assert!(shelf.recordings.kept(id(1)).is_some(), "it is a copy");
}

#[tokio::test]
async fn nothing_is_overwritten_unless_told() {
    let (shelf, dir) = (shelf().await, TempDir::new().unwrap());
    let target = dir.path().join("a.mp3");
    fs::write(&target, "precious").unwrap();
    let refused = shelf.recordings.save_as(id(1), &target, false).await;
    assert_eq!(refused, Err(SaveError::Exists));
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    shelf.recordings.save_as(id(1), &target, true).await.unwrap();
    assert_eq!(fs::read(&target).unwrap().len(), LENGTH);
    assert_eq!(files(dir.path()), 1);
}

#[tokio::test]
async fn of_many_that_save_under_one_name_one_wins() {
    let (shelf, dir) = (shelf().await, TempDir::new().unwrap());
    let target = dir.path().join("a.mp3");
    let tries = (0..16).map(|_| shelf.recordings.save_as(id(1), &target, false));
    let mut saved = join_all(tries).await;
    saved.sort_unstable_by_key(Result::is_err);
    assert_eq!(saved.remove(0), Ok(()));
    assert!(saved.iter().all(|saved| *saved == Err(SaveError::Exists)), "{saved:?}");
    assert!(fs::read(&target).unwrap() == mp3(LENGTH));
    assert_eq!(files(dir.path()), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_a_file_that_is_there() {
    let (shelf, dir) = (shelf().await, TempDir::new().unwrap());
    let target = dir.path().join("a.mp3");
    std::os::unix::fs::symlink("nowhere", &target).unwrap();
    let refused = shelf.recordings.save_as(id(1), &target, false).await;
    assert_eq!(refused, Err(SaveError::Exists));
    assert!(!dir.path().join("nowhere").exists());
}

#[tokio::test]
async fn what_cannot_be_saved_says_why_and_leaves_nothing() {
    let (shelf, dir) = (shelf().await, TempDir::new().unwrap());
    let missing = dir.path().join("missing/a.mp3");
    let error = shelf.recordings.save_as(id(1), &missing, false).await.unwrap_err();
    assert!(matches!(error, SaveError::Disk { .. }), "{error:?}");

    let folder = dir.path().join("folder");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("x"), "").unwrap();
    let error = shelf.recordings.save_as(id(1), &folder, true).await.unwrap_err();
    assert!(matches!(error, SaveError::Disk { .. }), "{error:?}");
    assert_eq!(shelf.recordings.save_as(id(1), &folder, false).await, Err(SaveError::Exists));
    assert_eq!(shelf.recordings.save_as(id(2), &missing, true).await, Err(SaveError::NotKept));
    assert_eq!((files(dir.path()), files(&folder)), (1, 1));
}

/// Whoever is killed in between leaves nothing: a name is there only for the whole.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_other_name_is_ever_in_the_folder() {
    use std::mem::MaybeUninit;

    use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
    use rustix::fs::{Mode, OFlags, open};

    let (shelf, dir) = (shelf().await, TempDir::new().unwrap());
    if open(dir.path(), OFlags::TMPFILE | OFlags::WRONLY, Mode::RUSR).is_err() {
        // Not every file system knows files without a name.
        return;
    }
    let watch = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&watch, dir.path(), WatchFlags::CREATE | WatchFlags::MOVED_TO).unwrap();
    shelf.recordings.save_as(id(1), &dir.path().join("a.mp3"), false).await.unwrap();

    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = Reader::new(&watch, &mut buffer);
    let mut names = Vec::new();
    while let Ok(event) = events.next() {
        names.extend(event.file_name().map(|name| name.to_str().unwrap().to_owned()));
    }
    assert_eq!(names, ["a.mp3"]);
}
