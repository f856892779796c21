//! Saves a recording to a file of the user's choice, and suggests names.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

use super::blocking;
use crate::audio::AudioFormat;
use crate::core::text;
use crate::core::zone::Tz;

/// The maximum length of a part of a name, in characters.
const PART_MAX: usize = 40;

/// The maximum length of a part of a name, in bytes: three for a letter of most scripts.
const PART_BYTES_MAX: usize = 120;

/// The maximum length of a name, in bytes. File systems allow 255; the rest is room for an ID.
const NAME_BYTES_MAX: usize = 240;

/// Names that Windows takes for devices, with any extension.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

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

/// Copies the recording `source` to `target`, completely or not at all.
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
/// It has the characters of [`name_part`], `_` and one dot, and at most 140 bytes. It is valid in every
/// file system, and needs no quotes in a shell, whatever the caller's name.
pub fn suggested_name(time: DateTime<Tz>, caller: &str, format: AudioFormat) -> String {
    let caller = name_part(caller).unwrap_or_else(|| "unknown".to_owned());
    format!("{}_{caller}.{}", time.format("%Y-%m-%d_%H%M"), format.extension())
}

/// Converts `text` to a part of a file name of a saved recording. Letters, digits and signs of all scripts
/// stay, in composed form (NFC). Of ASCII, only letters, digits, `+` and `-` do: others have a meaning in a
/// shell or a file system. Cut to 40 characters and 120 bytes, between characters as they are read. Returns
/// `None` if nothing is left.
pub fn name_part(text: &str) -> Option<String> {
    let mut part = String::new();
    for c in text.nfc() {
        let stays = match c {
            c if c.is_ascii() => c.is_ascii_alphanumeric() || c == '+',
            c if text::is_joiner(c) => !part.is_empty() && !part.ends_with('-'),
            c => !c.is_whitespace() && text::is_safe(c),
        };
        if stays {
            part.push(c);
        } else if !part.is_empty() && !part.ends_with('-') && !text::is_joiner(c) {
            part.push('-');
        }
    }
    cut(&mut part, PART_MAX, PART_BYTES_MAX);
    part.truncate(part.trim_end_matches('-').len());
    (!part.is_empty()).then_some(part)
}

/// Returns `name`, the name of a file or a folder, in a form that every file system accepts: not a device
/// of Windows, without dots and blanks at its end, and not too long. Its extension stays.
pub fn portable_name(name: &str) -> String {
    let name = name.trim_end_matches(['.', ' ']);
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= 8 => {
            (stem, format!(".{extension}"))
        }
        _ => (name, String::new()),
    };
    let mut stem = stem.to_owned();
    let first = stem.split('.').next().unwrap_or_default().trim_end();
    if is_device(first) {
        stem.insert(first.len(), '_');
    }
    cut(&mut stem, usize::MAX, NAME_BYTES_MAX - extension.len());
    stem.truncate(stem.trim_end_matches(['.', ' ']).len());
    if stem.is_empty() {
        stem.push('_');
    }
    stem + &extension
}

fn is_device(name: &str) -> bool {
    let name = name.to_uppercase();
    let numbered = ["COM", "LPT"].iter().find_map(|device| name.strip_prefix(device));
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³');
    DEVICES.contains(&name.as_str())
        || numbered.is_some_and(|number| number.chars().count() == 1 && number.chars().all(is_number))
}

/// Cuts `text` to so many characters and bytes, between characters as they are read.
fn cut(text: &mut String, characters: usize, bytes: usize) {
    let (mut end, mut count) = (0, 0);
    for grapheme in text.graphemes(true) {
        count += grapheme.chars().count();
        if count > characters || end + grapheme.len() > bytes {
            break;
        }
        end += grapheme.len();
    }
    // A single one may be endless.
    while end == 0 && !text.is_empty() && (text.len() > bytes || text.chars().count() > characters) {
        text.pop();
    }
    text.truncate(if end == 0 { text.len() } else { end });
}

#[cfg(test)]
mod tests {
    use crate::core::zone::Tz;
    use chrono::{DateTime, TimeZone as _};
    use proptest::prelude::*;

    use super::{name_part, portable_name, suggested_name};
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
            ("अनिता", "2026-11-23_1142_अनिता.mp3"),
            ("José Pérez", "2026-11-23_1142_José-Pérez.mp3"),
            ("Jose\u{301} Pe\u{301}rez", "2026-11-23_1142_José-Pérez.mp3"),
            ("ශ්\u{200d}රී ලංකා", "2026-11-23_1142_ශ්\u{200d}රී-ලංකා.mp3"),
            ("O’Brien: 山田/太郎 ❤\u{fe0f}", "2026-11-23_1142_O’Brien-山田-太郎-❤\u{fe0f}.mp3"),
            ("\u{202e}\u{200d}x\u{2028}y", "2026-11-23_1142_x-y.mp3"),
            ("<>:\"/\\|?*", "2026-11-23_1142_unknown.mp3"),
        ] {
            assert_eq!(suggested_name(time(), caller, Mp3), name);
        }
        assert!(suggested_name(time(), "a", Wav).ends_with("_a.wav"));
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let cut = |text: &str| name_part(text).unwrap();
        assert_eq!(cut(&"a".repeat(99)), "a".repeat(40));
        assert_eq!(cut(&"नि".repeat(99)), "नि".repeat(20));
        let family = "👨\u{200d}👩\u{200d}👧";
        assert_eq!(cut(&family.repeat(99)), family.repeat(6));
        assert_eq!(cut(&format!("a{}", "\u{1f3fd}".repeat(400))).len() % 4, 1);
        assert!(cut(&"\u{93f}".repeat(400)).len() <= 120);
        let name = portable_name(&format!("{}.mp3", "ab क".repeat(99)));
        assert!(name.len() <= 240 && name.strip_suffix(".mp3").is_some(), "{name}");
    }

    #[test]
    fn names_are_none_that_windows_refuses() {
        for (name, expected) in [
            ("CON.mp3", "CON_.mp3"),
            ("con", "con_"),
            ("Nul .tar.mp3", "Nul_ .tar.mp3"),
            ("COM1.mp3", "COM1_.mp3"),
            ("lpt³", "lpt³_"),
            ("COM10.mp3", "COM10.mp3"),
            ("console.mp3", "console.mp3"),
            ("a. . ", "a"),
            ("...", "_"),
            (".hidden", ".hidden"),
            ("2026, {x}.mp3", "2026, {x}.mp3"),
        ] {
            assert_eq!(portable_name(name), expected);
        }
    }

    proptest! {
        #[test]
        fn every_file_system_takes_every_name(caller: String) {
            let name = suggested_name(time(), &caller, Mp3);
            prop_assert!(name.len() <= 140, "{}", name);
            let forbidden = |c: char| {
                c.is_control() || c.is_whitespace() || (c.is_ascii() && !c.is_ascii_alphanumeric() && !"+-_.".contains(c))
            };
            prop_assert!(!name.contains(forbidden), "{}", name);
            prop_assert!(!name.contains("..") && name.starts_with("2026-11-23_1142_"), "{}", name);
            prop_assert_eq!(portable_name(&name), name);
        }
    }
}
