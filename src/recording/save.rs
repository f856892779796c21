//! Saves a recording to a file of the user's choice, and suggests names.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use chrono::DateTime;

use super::blocking;
use crate::audio::AudioFormat;
use crate::core::zone::Tz;

/// The maximum length of a part of a name, in characters.
const PART_MAX: usize = 40;

/// Why a recording was not saved. Nothing is left behind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaveError {
    /// The file exists, and overwriting was not requested.
    #[error("A file of that name exists. Choose another name, or overwrite it.")]
    Exists,
    /// The recording is not cached.
    #[error("The recording is not cached. Fetch it first.")]
    NotKept,
    /// The file could not be written.
    #[error("The recording cannot be saved: {reason}. Choose another folder.")]
    Disk {
        /// The system's message.
        reason: String,
    },
}

impl From<io::Error> for SaveError {
    fn from(error: io::Error) -> SaveError {
        SaveError::Disk { reason: error.to_string() }
    }
}

/// Copies `source` to `target`, completely or not at all.
pub(super) async fn copy(source: PathBuf, target: PathBuf, overwrite: bool) -> Result<(), SaveError> {
    let copied = blocking(move || copy_now(&source, &target, overwrite)).await;
    copied.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => SaveError::Exists,
        _ => error.into(),
    })
}

/// Fails with [`io::ErrorKind::AlreadyExists`] if the target exists and must not be overwritten.
fn copy_now(source: &Path, target: &Path, overwrite: bool) -> io::Result<()> {
    if !overwrite && fs::symlink_metadata(target).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    #[cfg(target_os = "linux")]
    if !overwrite && copy_unnamed(source, folder, target)? {
        return Ok(());
    }
    let mut builder = tempfile::Builder::new();
    // Permissions follow the user's umask, as for every new file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temp = builder.prefix(".vmail-").tempfile_in(folder)?;
    io::copy(&mut File::open(source)?, &mut temp)?;
    temp.as_file().sync_all()?;
    if overwrite {
        temp.persist(target)?;
        return Ok(());
    }
    match temp.persist_noclobber(target) {
        Err(refused) if refused.error.kind() != io::ErrorKind::AlreadyExists => {
            // Some file systems support neither renaming without overwriting nor hard links: create an
            // empty file first, then replace it.
            File::create_new(target)?;
            refused.file.persist(target).map(drop).inspect_err(|_| {
                let _ = fs::remove_file(target);
            })?;
            Ok(())
        }
        saved => saved.map(drop).map_err(io::Error::from),
    }
}

/// Copies to a file without a name in `folder`, and names it `target` once it is complete, so that nothing
/// is left behind if the process ends. Returns false if the file system does not support this.
#[cfg(target_os = "linux")]
fn copy_unnamed(source: &Path, folder: &Path, target: &Path) -> io::Result<bool> {
    use std::os::fd::AsRawFd as _;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
    use rustix::io::Errno;

    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let Ok(file) = open(folder, flags, Mode::from_raw_mode(0o666)) else { return Ok(false) };
    let mut file = File::from(file);
    io::copy(&mut File::open(source)?, &mut file)?;
    file.sync_all()?;
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, unnamed, CWD, target, AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Err(io::ErrorKind::AlreadyExists.into()),
        // No hard links, or no /proc.
        Err(_) => Ok(false),
    }
}

/// Suggests a file name for a recording: `2026-11-23_1142_Anita-Rao.mp3`.
///
/// It has at most 64 characters: ASCII letters, digits, `+`, `-`, `_` and one dot. It is valid in every
/// file system and shell, whatever the caller's name.
pub fn suggested_name(time: DateTime<Tz>, caller: &str, format: AudioFormat) -> String {
    let caller = name_part(caller).unwrap_or_else(|| "unknown".to_owned());
    format!("{}_{caller}.{}", time.format("%Y-%m-%d_%H%M"), format.extension())
}

/// Converts `text` to a part of a file name: ASCII letters, digits, `+` and `-`, at most 40 characters.
/// Returns `None` if nothing is left.
pub fn name_part(text: &str) -> Option<String> {
    let mut part = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '+' {
            part.push(c);
        } else if !part.is_empty() && !part.ends_with('-') {
            part.push('-');
        }
    }
    part.truncate(PART_MAX);
    part.truncate(part.trim_end_matches('-').len());
    (!part.is_empty()).then_some(part)
}

#[cfg(test)]
mod tests {
    use crate::core::zone::Tz;
    use chrono::{DateTime, TimeZone as _};
    use proptest::prelude::*;

    use super::suggested_name;
    use crate::audio::AudioFormat::{Mp3, Wav};

    fn time() -> DateTime<Tz> {
        "Asia/Kolkata".parse::<Tz>().unwrap().with_ymd_and_hms(2026, 11, 23, 11, 42, 8).unwrap()
    }

    #[test]
    fn a_name_says_when_and_who() {
        for (caller, name) in [
            ("Anita Rao", "2026-11-23_1142_Anita-Rao.mp3"),
            ("+91 98450 12345", "2026-11-23_1142_+91-98450-12345.mp3"),
            ("JD-ACMEBK", "2026-11-23_1142_JD-ACMEBK.mp3"),
            ("  ../../etc/passwd\0 ", "2026-11-23_1142_etc-passwd.mp3"),
            ("Rao, Anita (desk)", "2026-11-23_1142_Rao-Anita-desk.mp3"),
            ("", "2026-11-23_1142_unknown.mp3"),
            ("अनिता", "2026-11-23_1142_unknown.mp3"),
        ] {
            assert_eq!(suggested_name(time(), caller, Mp3), name);
        }
        assert!(suggested_name(time(), "a", Wav).ends_with("_a.wav"));
    }

    proptest! {
        #[test]
        fn every_file_system_takes_every_name(caller: String) {
            let name = suggested_name(time(), &caller, Mp3);
            prop_assert!(name.len() <= 64, "{}", name);
            prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-_.".contains(&b)), "{}", name);
            prop_assert!(!name.contains("..") && name.starts_with("2026-11-23_1142_"), "{}", name);
        }
    }
}
