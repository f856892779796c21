//! Where secrets go. No test here touches the keyring of whoever runs it: those that ask one run in
//! a child without a D-Bus session, or with one that says nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use vmail::credentials::{
    FileError, LazySecret, LoadError, Loaded, Removed, SecretPlace, SecretStore, Stored,
};
use vmail::secret::Secret;

/// Holds what TOML has to escape.
const SECRET: &str = "s3cr\"et\\ \u{7f}\n# ü";

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn file(folder: &Path) -> SecretPlace {
    SecretPlace::File(folder.join("credentials.toml"))
}

#[track_caller]
fn assert_kept(store: &SecretStore, account: &str, expected: Option<&str>) {
    let loaded = store.load(account).unwrap();
    assert_eq!(loaded.as_ref().map(|loaded| loaded.secret.expose()), expected, "{account}");
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn each_account_has_its_own_secret() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::in_file(folder.path());
    assert_kept(&store, "main", None);
    for (account, text) in [("main", SECRET), ("a.b \"c\"", "two"), ("büro", "three"), ("main", "four")] {
        let stored = store.store(account, &secret(text)).unwrap();
        assert_eq!(stored, Stored { place: file(folder.path()), instead_of_keyring: None });
        assert_kept(&store, account, Some(text));
    }
    assert_kept(&store, "a.b \"c\"", Some("two"));
    assert_kept(&store, "büro", Some("three"));
    assert_kept(&store, "other", None);
    let loaded = store.load("main").unwrap().unwrap();
    assert_eq!(loaded, Loaded { secret: secret("four"), place: file(folder.path()), open_to_others: None });
    assert_eq!(names(folder.path()), ["credentials.toml"]);
}

#[cfg(unix)]
#[test]
fn a_linked_file_stays_a_link_and_nothing_stays_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let (link, there) = (folder.path().join("credentials.toml"), folder.path().join("elsewhere.toml"));
    std::os::unix::fs::symlink("elsewhere.toml", &link).unwrap();
    let store = SecretStore::in_file(folder.path());
    store.store("main", &secret("one")).unwrap();
    assert_kept(&store, "main", Some("one"));
    assert!(link.is_symlink() && fs::read_to_string(&there).unwrap().contains("one"));
    store.remove("main").unwrap();
    assert!(!there.exists(), "the secret is still there");
}

#[test]
fn what_is_removed_is_gone_and_the_rest_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::in_file(folder.path());
    let nowhere = Removed { places: vec![], keyring_not_asked: None };
    let from_file = Removed { places: vec![file(folder.path())], keyring_not_asked: None };
    assert_eq!(store.remove("main").unwrap(), nowhere);
    store.store("main", &secret("one")).unwrap();
    store.store("other", &secret("two")).unwrap();
    assert_eq!(store.remove("main").unwrap(), from_file);
    assert_eq!(store.remove("main").unwrap(), nowhere);
    assert_kept(&store, "main", None);
    assert_kept(&store, "other", Some("two"));
    assert!(!fs::read_to_string(folder.path().join("credentials.toml")).unwrap().contains("one"));
    assert_eq!(store.remove("other").unwrap(), from_file);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn who_was_asked_in_vain_is_not_asked_again_before_it_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::in_file(folder.path());
    let supply = LazySecret::stored(store.clone(), "main", "`vmail login`");
    let missing = supply.get().unwrap_err().to_string();
    assert_eq!(missing, "No secret for main. Run `vmail login`.");
    store.store("main", &secret("s3cret")).unwrap();
    supply.get().unwrap_err();
    supply.ask_again();
    assert_eq!(supply.get().unwrap(), secret("s3cret"));
    assert!(!format!("{supply:?} {:?}", LazySecret::AtHand(secret("s3cret"))).contains("s3cret"));
}

#[test]
fn nothing_shows_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::in_file(folder.path());
    let path = folder.path().join("credentials.toml");
    store.store("main", &secret("s3cret")).unwrap();
    let shown = format!("{store:?} {:?}", store.load("main"));
    assert!(!shown.contains("s3cret"), "{shown}");
    for (text, line) in [
        ("[secrets]\nmain = \"s3cret", 2),
        ("[secrets]\n\nmain = s3cret\n", 3),
        ("s3cret = 1\n", 1),
        ("[secrets]\nmain = [\"s3cret\"]\n", 2),
        ("secrets = \"s3cret\"\n", 1),
    ] {
        fs::write(&path, text).unwrap();
        let error = store.load("main").unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains(&format!("credentials.toml:{line}: expected a table")), "{shown}");
        // What cannot be read is not overwritten either: it may be the only copy.
        assert!(matches!(store.store("main", &secret("new")), Err(FileError::Malformed { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::{FileError, LoadError, SecretStore, assert_kept, fs, names, secret};

    fn mode(path: &std::path::Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_file_is_for_its_owner_alone_and_so_is_a_new_folder() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("new/vmail");
        let store = SecretStore::in_file(&folder);
        store.store("main", &secret("one")).unwrap();
        let path = folder.join("credentials.toml");
        assert_eq!((mode(&path), mode(&folder)), (0o600, 0o700));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(store.load("main").unwrap().unwrap().open_to_others, Some(0o644));
        // Written anew it is private again.
        store.store("other", &secret("two")).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(store.load("main").unwrap().unwrap().open_to_others, None);
    }

    #[test]
    fn a_write_that_fails_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = SecretStore::in_file(folder.path());
        store.store("main", &secret("one")).unwrap();
        // Nothing can be put in the place of a folder that is not empty.
        let path = folder.path().join("credentials.toml");
        let kept = fs::read(&path).unwrap();
        let elsewhere = folder.path().join("kept");
        fs::rename(&path, &elsewhere).unwrap();
        fs::create_dir_all(path.join("full")).unwrap();
        assert!(matches!(store.load("main"), Err(LoadError::File(FileError::Read { .. }))));
        assert!(matches!(store.store("main", &secret("two")), Err(FileError::Read { .. })));
        fs::remove_dir_all(&path).unwrap();
        assert_eq!(fs::read(&elsewhere).unwrap(), kept);

        // A name where the new file would go first, which is a folder: the old one stays.
        fs::rename(&elsewhere, &path).unwrap();
        let beside = folder.path().join(format!(".credentials.toml.{}", std::process::id()));
        fs::create_dir(&beside).unwrap();
        assert!(matches!(store.store("main", &secret("two")), Err(FileError::Write { .. })));
        assert_eq!(fs::read(&path).unwrap(), kept);
        fs::remove_dir(&beside).unwrap();

        // A file left there by one that was killed, or put there to be written through, is not used.
        let trap = folder.path().join("trap");
        fs::write(&trap, "").unwrap();
        symlink(&trap, &beside).unwrap();
        store.store("main", &secret("two")).unwrap();
        assert_kept(&store, "main", Some("two"));
        assert_eq!(fs::read(&trap).unwrap(), b"");
        let mut left = names(folder.path());
        left.sort();
        assert_eq!(left, ["credentials.toml", "trap"]);
    }
}

#[cfg(target_os = "linux")]
mod without_a_keyring {
    use std::os::unix::net::UnixListener;
    use std::time::Instant;

    use super::{Duration, Path, SecretPlace, SecretStore, fs, secret};
    use crate::child::{child, given, printed};

    /// Names the folder in which the child is to work.
    const FOLDER: &str = "VMAIL_TEST_CREDENTIALS_FOLDER";

    const PATIENCE: Duration = Duration::from_secs(5);

    #[test]
    #[ignore = "another test runs it in a process of its own"]
    fn loads_stores_and_removes() {
        let folder = given(FOLDER);
        let folder = Path::new(&folder);
        let patience = if folder.join("hung").exists() { Duration::from_millis(300) } else { PATIENCE };
        let store = SecretStore::new(folder, patience);
        println!("not found: {}", store.load("main").unwrap_err());
        let stored = store.store("main", &secret("s3cret")).unwrap();
        assert_eq!(stored.place, SecretPlace::File(folder.join("credentials.toml")));
        println!("stored: {}", stored.instead_of_keyring.unwrap());
        let loaded = store.load("main").unwrap().unwrap();
        assert_eq!((loaded.secret, loaded.place), (secret("s3cret"), stored.place.clone()));
        let removed = store.remove("main").unwrap();
        assert_eq!(removed.places, [stored.place]);
        println!("removed: {}", removed.keyring_not_asked.unwrap());
    }

    /// What [`loads_stores_and_removes`] prints in an environment, and how long it took.
    fn said(folder: &Path, bus: Option<&str>) -> (String, Duration) {
        let mut command = child(loads_stores_and_removes);
        command.env(FOLDER, folder);
        command.env_remove("XDG_RUNTIME_DIR").env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("DISPLAY");
        command.envs(bus.map(|bus| ("DBUS_SESSION_BUS_ADDRESS", bus)));
        let began = Instant::now();
        let output = command.output().unwrap();
        let took = began.elapsed();
        let said = printed(output);
        assert!(!said.contains("s3cret"), "{said}");
        for line in ["not found: no secret in ", "stored: the system keyring cannot be used: ", "removed: "] {
            assert!(said.contains(line), "{said}");
        }
        (said, took)
    }

    #[test]
    fn without_a_session_it_says_so_at_once_and_the_file_is_used() {
        for bus in [None, Some("unix:path=/nonexistent/bus"), Some("nonsense")] {
            let folder = tempfile::tempdir().unwrap();
            let (said, took) = said(folder.path(), bus);
            assert!(took < PATIENCE, "{took:?}: {said}");
            assert!(!said.contains("timed out after"), "{said}");
        }
    }

    #[test]
    fn a_session_that_says_nothing_is_not_waited_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("bus");
        let _listener = UnixListener::bind(&socket).unwrap();
        fs::write(folder.path().join("hung"), "").unwrap();
        let (said, _) = said(folder.path(), Some(&format!("unix:path={}", socket.display())));
        assert!(said.contains("the system keyring cannot be used: timed out after 0.3 s"), "{said}");
    }
}
