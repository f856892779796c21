//! What is kept on disk: the store and the recordings. Nothing is made, mended or deleted.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::{Check, Finding, size, within};
use crate::cli::World;
use crate::cli::screen::shown;
use crate::cli::settings::xdg;
use crate::config::Settings;
use crate::error::Failure;
use crate::paths;
use crate::store::{Inspection, inspect};

/// How long going over the store may take.
const STORE_LIMIT: Duration = Duration::from_secs(30);

/// How long going over the recordings may take.
const RECORDINGS_LIMIT: Duration = Duration::from_secs(10);

/// How many bytes the disk should have left.
const ROOM: u64 = 100 << 20;

/// Looks at store and recordings.
pub(super) fn check(demo: bool, settings: &Settings, world: &World) -> Vec<Finding> {
    if demo {
        return vec![
            Finding::ok(Check::Store, "the demo's is in memory"),
            Finding::ok(Check::Recordings, "the demo's are in a temporary folder"),
        ];
    }
    let (store, recordings) = (paths::store_file(&xdg(world)), paths::recordings_folder(&xdg(world)));
    let homeless = |check, variable: &str| {
        Finding::fault(check, Failure::Other, "there is no home folder").advice(format!("set {variable}"))
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
            let none = Finding::ok(Check::Store, format!("none yet: {place} is made at the first start"));
            return std::iter::once(none).chain(room(path)).collect();
        }
        Err(error) => return vec![fault(error.to_string()).advice("check the permissions of its folder")],
    };
    let file = path.to_owned();
    let found = match within(STORE_LIMIT, move || inspect(&file)) {
        Some(Ok(Inspection { damage: Some(damage), .. })) => fault(format!("it is damaged: {damage}"))
            .advice("start vmail: it keeps the damaged file and makes a new one from what can be read"),
        Some(Ok(Inspection { version, known, .. })) if version > known => {
            fault(format!("a newer vmail wrote it (version {version}, this one knows {known})"))
                .advice("update vmail")
        }
        Some(Ok(Inspection { version, known, voicemail, accounts, .. })) => {
            let due = if version < known { ", brought up to date at the next start" } else { "" };
            let accounts =
                if accounts == 1 { "1 account".to_owned() } else { format!("{accounts} accounts") };
            Finding::ok(
                Check::Store,
                format!(
                    "{place}: sound, {voicemail} voicemail of {accounts}, {}, version {version}{due}",
                    size(bytes)
                ),
            )
        }
        Some(Err(error)) => fault(error.to_string()),
        None => Finding::warning(
            Check::Store,
            format!("{place}: {}, not gone over within {} s", size(bytes), STORE_LIMIT.as_secs()),
        ),
    };
    std::iter::once(found).chain(unwritable(path, &place)).chain(room(path)).collect()
}

/// Others who can read the store, or a user who cannot write it.
#[cfg(unix)]
fn unwritable(path: &Path, place: &str) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).ok()?.permissions().mode();
    if rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err() {
        let said = format!("{place} cannot be written: vmail works from memory, and nothing is kept");
        return Some(Finding::warning(Check::Store, said).advice("check its owner and its permissions"));
    }
    (mode & 0o077 != 0).then(|| {
        Finding::warning(Check::Store, format!("{place} is open to others (mode {:o})", mode & 0o777))
            .advice("run chmod 600 on it")
    })
}

#[cfg(not(unix))]
fn unwritable(path: &Path, place: &str) -> Option<Finding> {
    let said = || format!("{place} cannot be written: vmail works from memory, and nothing is kept");
    fs::metadata(path).ok()?.permissions().readonly().then(|| Finding::warning(Check::Store, said()))
}

/// A disk that is nearly full.
fn room(path: &Path) -> Option<Finding> {
    let free = path.ancestors().find(|folder| folder.exists()).and_then(free)?;
    (free < ROOM).then(|| {
        let said = format!("{} are left on its disk", size(free));
        Finding::warning(Check::Store, said).advice("make room: on a full disk nothing is kept")
    })
}

/// How many bytes an ordinary user can still write to the disk of `path`.
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
        return Finding::ok(Check::Recordings, format!("none yet, up to {} in {place}", size(limit)));
    }
    let owned = folder.to_owned();
    match within(RECORDINGS_LIMIT, move || taken(&owned)) {
        Some(Ok((files, bytes))) => Finding::ok(
            Check::Recordings,
            format!("{place}: {files} files, {} of up to {}", size(bytes), size(limit)),
        ),
        Some(Err(error)) => Finding::warning(Check::Recordings, format!("{place}: {error}"))
            .advice("check its permissions: recordings are fetched anew each time"),
        None => Finding::warning(
            Check::Recordings,
            format!("{place}: not gone over within {} s", RECORDINGS_LIMIT.as_secs()),
        ),
    }
}

/// How many files are below `root`, and what they take.
fn taken(root: &Path) -> io::Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // One that is gone by now takes no room.
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
