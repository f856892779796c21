//! For `vmail doctor`: checks the data on disk: the store and the recordings. Creates, repairs and deletes
//! nothing.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::cli::World;
use crate::cli::environment::shown;
use crate::cli::settings::xdg;
use crate::cli::verbs::doctor::{Check, Finding, within};
use crate::config::Settings;
use crate::core::humanize;
use crate::error::Failure;
use crate::paths;
use crate::store::{Inspection, inspect};

/// The time limit for checking the store.
const STORE_LIMIT: Duration = Duration::from_secs(30);

/// The time limit for counting the recordings.
const RECORDINGS_LIMIT: Duration = Duration::from_secs(10);

/// The free space that a disk should have, in bytes.
const ROOM: u64 = 100 << 20;

/// Checks the store and the recordings on disk.
pub(super) fn check(demo: bool, settings: &Settings, world: &World) -> Vec<Finding> {
    if demo {
        return vec![
            Finding::ok(Check::Store, "in memory (demo)"),
            Finding::ok(Check::Recordings, "in a temporary folder (demo)"),
        ];
    }
    let (store, recordings) = (paths::store_file(&xdg(world)), paths::recordings_folder(&xdg(world)));
    let homeless = |check, variable: &str| {
        Finding::fault(check, Failure::Other, "no home folder").advice(format!("set {variable}"))
    };
    let store = match &store {
        Some(path) => look_at_store(path, world),
        None => vec![homeless(Check::Store, "XDG_DATA_HOME")],
    };
    let recordings = match &recordings {
        Some(folder) => look_at_recordings(folder, settings.cache, world),
        None => homeless(Check::Recordings, "XDG_CACHE_HOME"),
    };
    store.into_iter().chain([recordings]).collect()
}

fn look_at_store(path: &Path, world: &World) -> Vec<Finding> {
    let place = shown(Some(path), world);
    let fault = |said: String| Finding::fault(Check::Store, Failure::Other, format!("{place}: {said}"));
    let bytes = match fs::metadata(path) {
        Ok(file) => file.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let none = Finding::ok(Check::Store, format!("{place}: none yet, created on first start"));
            return std::iter::once(none).chain(room(path)).collect();
        }
        Err(error) => return vec![fault(error.to_string()).advice("check the permissions of its folder")],
    };
    let file = path.to_owned();
    let found = match within(STORE_LIMIT, move || inspect(&file)) {
        Some(Ok(Inspection { damage: Some(damage), .. })) => fault(format!("damaged: {damage}"))
            .advice("start vmail: it copies what can be read to a new file and keeps the damaged one"),
        Some(Ok(Inspection { version, known, .. })) if version > known => {
            fault(format!("written by a newer vmail (version {version}, supported up to {known})"))
                .advice("update vmail")
        }
        Some(Ok(Inspection { version, known, voicemail, accounts, .. })) => {
            let due = if version < known { ", upgraded at the next start" } else { "" };
            let accounts =
                if accounts == 1 { "1 account".to_owned() } else { format!("{accounts} accounts") };
            let voicemails = humanize::voicemails(voicemail);
            Finding::ok(
                Check::Store,
                format!(
                    "{place}: OK, {voicemails} in {accounts}, {}, version {version}{due}",
                    humanize::bytes(bytes)
                ),
            )
        }
        Some(Err(error)) => fault(error.to_string()),
        None => Finding::warning(
            Check::Store,
            format!("{place}: {}, check timed out after {} s", humanize::bytes(bytes), STORE_LIMIT.as_secs()),
        ),
    };
    std::iter::once(found).chain(unwritable(path, &place)).chain(room(path)).collect()
}

/// Warns if the user cannot write the store, or if others can read it.
#[cfg(unix)]
fn unwritable(path: &Path, place: &str) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).ok()?.permissions().mode();
    if rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err() {
        let said = format!("cannot write {place}: vmail works in memory and saves nothing");
        return Some(Finding::warning(Check::Store, said).advice("check its owner and permissions"));
    }
    (mode & 0o077 != 0).then(|| {
        Finding::warning(
            Check::Store,
            format!("other users have access to {place} (mode {:o})", mode & 0o777),
        )
        .advice("run `chmod 600` on it")
    })
}

#[cfg(not(unix))]
fn unwritable(path: &Path, place: &str) -> Option<Finding> {
    let said = || format!("cannot write {place}: vmail works in memory and saves nothing");
    fs::metadata(path).ok()?.permissions().readonly().then(|| Finding::warning(Check::Store, said()))
}

/// Warns if the disk is nearly full.
fn room(path: &Path) -> Option<Finding> {
    let free = path.ancestors().find(|folder| folder.exists()).and_then(free)?;
    (free < ROOM).then(|| {
        let said = format!("only {} free on the disk of the store", humanize::bytes(free));
        Finding::warning(Check::Store, said).advice("free up space: on a full disk nothing can be saved")
    })
}

/// Returns the free space for an ordinary user on the disk of `path`, in bytes.
#[cfg(unix)]
fn free(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

fn look_at_recordings(folder: &Path, limit: u64, world: &World) -> Finding {
    let place = shown(Some(folder), world);
    if !folder.exists() {
        return Finding::ok(
            Check::Recordings,
            format!("{place}: none yet (limit {})", humanize::bytes(limit)),
        );
    }
    let owned = folder.to_owned();
    match within(RECORDINGS_LIMIT, move || taken(&owned)) {
        Some(Ok((files, bytes))) => {
            let plural = if files == 1 { "" } else { "s" };
            let (files, bytes) = (humanize::count(files as u64), humanize::bytes(bytes));
            let limit = humanize::bytes(limit);
            Finding::ok(Check::Recordings, format!("{place}: {files} file{plural}, {bytes} of {limit}"))
        }
        Some(Err(error)) => Finding::warning(Check::Recordings, format!("{place}: {error}"))
            .advice("check its permissions: without the cache, recordings are fetched each time"),
        None => Finding::warning(
            Check::Recordings,
            format!("{place}: check timed out after {} s", RECORDINGS_LIMIT.as_secs()),
        ),
    }
}

/// Returns the number of files below `root` and their size in bytes.
fn taken(root: &Path) -> io::Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // Deleted in the meantime.
            let Ok(file) = entry.metadata() else { continue };
            if file.is_dir() {
                folders.push(entry.path());
            } else if file.is_file() {
                files += 1;
                bytes += file.len();
            }
        }
    }
    Ok((files, bytes))
}
