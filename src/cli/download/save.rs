//! One recording on its way to its file.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::name::{Template, Values};
use super::progress::Line;
use super::report::{Outcome, Status};
use crate::cli::fetcher::{Fetcher, Missing};
use crate::cli::pick::Found;
use crate::recording::{FetchError, Kept, not_ready_wait};
use crate::telecmi::{ApiError, AudioFormat, OfflineReason};

/// How old a voicemail is at the most whose recording may still be on its way to the server.
const FRESH: TimeDelta = TimeDelta::minutes(5);

/// How often a fresh recording is asked for that is not there yet.
const FRESH_TRIES: u32 = 3;

/// What to save.
#[derive(Debug)]
pub struct Order {
    /// The recording of this.
    pub found: Found,
    /// What its name is made of.
    pub values: Values,
    /// Whether another voicemail has the name without the identity.
    pub apart: bool,
}

/// Saves recordings below a folder.
#[derive(Debug)]
pub struct Saver<'a> {
    /// Where recordings come from.
    pub fetcher: &'a Fetcher<'a>,
    /// Where files go.
    pub dir: &'a Path,
    /// How they are named.
    pub template: &'a Template,
    /// Whether files that differ are replaced.
    pub overwrite: bool,
    /// Whether nothing is fetched and written.
    pub dry: bool,
    /// When the program was started.
    pub now: DateTime<Utc>,
    /// Who is told of what comes.
    pub line: &'a Line,
    /// Whether to stop.
    pub stopped: watch::Receiver<bool>,
    /// Why no further recording will come, once that is clear.
    pub hopeless: OnceLock<String>,
}

impl Saver<'_> {
    /// Saves what is ordered, if that is still to be done.
    pub async fn save(&self, mut order: Order) -> Outcome {
        let status = self.status(&mut order).await;
        self.fetcher.leave(order.found.entry.record.voicemail.id);
        Outcome { found: order.found, status }
    }

    async fn status(&self, order: &mut Order) -> Status {
        let voicemail = &order.found.entry.record.voicemail;
        let (id, kept) = (voicemail.id, self.fetcher.recordings.kept(voicemail.id));
        if voicemail.recording.is_none() && kept.is_none() {
            return Status::None;
        }
        if kept.is_none()
            && !self.overwrite
            && let Some((path, bytes)) = self.present(order)
        {
            return Status::Present(path, bytes);
        }
        if self.dry && kept.is_none() {
            return Status::Planned(self.path(order, guessed(order), order.apart));
        }
        if kept.is_none()
            && let Some(error) = self.hopeless.get()
        {
            return Status::Failed(error.clone());
        }
        let mut stopped = self.stopped.clone();
        let kept = tokio::select! {
            biased;
            // An error is that nobody can stop it any more.
            Ok(_) = stopped.wait_for(|stopped| *stopped) => return Status::Stopped,
            kept = self.fetch(&order.found) => kept,
        };
        let kept = match kept {
            Ok(kept) => kept,
            Err(missing) => {
                if is_hopeless(&missing) {
                    // Another may have been as unlucky before.
                    let _ = self.hopeless.set(missing.to_string());
                }
                return Status::Failed(missing.to_string());
            }
        };
        if self.dry {
            return match self.target(order, &kept).await {
                Ok(Target::There(path)) => Status::Present(path, kept.bytes),
                Ok(Target::Free { path, .. }) => Status::Planned(path),
                Err(error) => Status::Failed(error),
            };
        }
        order.found.entry.record.sketch = self.fetcher.sketch(&order.found, &kept).await;
        let (path, replace) = match self.target(order, &kept).await {
            Ok(Target::There(path)) => return Status::Present(path, kept.bytes),
            Ok(Target::Free { path, replace }) => (path, replace),
            Err(error) => return Status::Failed(error),
        };
        if let Some(folder) = path.parent()
            && let Err(error) = fs::create_dir_all(folder)
        {
            return Status::Failed(format!("{} cannot be made: {error}.", folder.display()));
        }
        match self.fetcher.recordings.save_as(id, &path, replace).await {
            Ok(()) => Status::Saved(path, kept.bytes),
            Err(error) => Status::Failed(format!("{}: {error}", path.display())),
        }
    }

    /// The file that has the voicemail's name, where no other voicemail can have had it before. It
    /// is whole, because files appear whole.
    fn present(&self, order: &Order) -> Option<(PathBuf, u64)> {
        let own = AudioFormat::ALL.into_iter().map(|format| self.path(order, format.extension(), true));
        let plain = AudioFormat::ALL.into_iter().map(|format| self.path(order, format.extension(), false));
        let telling = self.template.is_telling() && !order.apart;
        let mut paths = own.chain(plain.filter(|_| telling));
        paths.find_map(|path| {
            let file = fs::symlink_metadata(&path).ok()?;
            (file.is_file() && file.len() > 0).then_some((path, file.len()))
        })
    }

    /// Has the recording here. One that was left only just now may take a minute to be there.
    async fn fetch(&self, found: &Found) -> Result<Kept, Missing> {
        let fresh = self.now - found.entry.record.voicemail.time < FRESH;
        let mut tries = 0;
        loop {
            let before = AtomicU64::new(0);
            let progress = |got: u64, _| {
                let told = before.swap(got, Ordering::Relaxed);
                self.line.received(got.saturating_sub(told));
            };
            match self.fetcher.have(found, progress).await {
                Err(Missing::Fetch(FetchError::NotReady)) if fresh && tries < FRESH_TRIES => {
                    tries += 1;
                    tokio::time::sleep(not_ready_wait(tries)).await;
                }
                done => return done,
            }
        }
    }

    /// Which file the recording becomes. Another file in its place is left alone, unless it is to
    /// be replaced: then the identity is put into the name.
    async fn target(&self, order: &Order, kept: &Kept) -> Result<Target, String> {
        let ext = kept.format.extension();
        let own = self.path(order, ext, true);
        let plain = self.path(order, ext, false);
        let paths = if order.apart { vec![own] } else { vec![plain, own] };
        for path in paths {
            let unread = |error: io::Error| format!("{}: {error}.", path.display());
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Target::Free { path, replace: false });
                }
                Err(error) => return Err(unread(error)),
                Ok(file) if file.is_dir() => {}
                // What a machine leaves that stopped in the middle.
                Ok(file) if file.is_file() && file.len() == 0 => {
                    return Ok(Target::Free { path, replace: true });
                }
                Ok(file) if file.is_file() && file.len() == kept.bytes => {
                    let (ours, theirs) = (kept.path.clone(), path.clone());
                    let same = spawn_blocking(move || same(&ours, &theirs)).await;
                    if same.unwrap_or_else(|ended| Err(io::Error::other(ended))).map_err(unread)? {
                        return Ok(Target::There(path));
                    }
                    if self.overwrite {
                        return Ok(Target::Free { path, replace: true });
                    }
                }
                Ok(_) if self.overwrite => return Ok(Target::Free { path, replace: true }),
                Ok(_) => {}
            }
        }
        let name = self.path(order, ext, true);
        Err(format!("{}: another file has this name. --overwrite replaces it.", name.display()))
    }

    fn path(&self, order: &Order, ext: &str, apart: bool) -> PathBuf {
        let fill = if apart { Template::fill_apart } else { Template::fill };
        let below = fill(self.template, &order.values, ext);
        // Who asks for this folder need not read its name each time.
        if self.dir == Path::new(".") { below } else { self.dir.join(below) }
    }
}

/// Whether what stood in the way of one recording, however often it was tried, is in the way of all.
fn is_hopeless(missing: &Missing) -> bool {
    let Missing::Fetch(FetchError::Api(error)) = missing else { return false };
    match error {
        ApiError::NotAuthenticated { .. } => true,
        ApiError::Offline { reason } => *reason != OfflineReason::Cut,
        _ => false,
    }
}

/// Which file a recording becomes.
enum Target {
    /// This one, and it is that already.
    There(PathBuf),
    /// This one.
    Free { path: PathBuf, replace: bool },
}

/// How the name of a recording ends that is not here, as far as the server's own name says.
fn guessed(order: &Order) -> &'static str {
    let name = order.found.entry.record.voicemail.recording.as_ref();
    let wav = name.is_some_and(|name| name.as_sent().to_ascii_lowercase().ends_with(".wav"));
    if wav { AudioFormat::Wav.extension() } else { AudioFormat::Mp3.extension() }
}

/// Whether two files have the same content.
fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    let (mut one, mut other) = (one.bytes(), other.bytes());
    loop {
        match (one.next().transpose()?, other.next().transpose()?) {
            (None, None) => return Ok(true),
            (one, other) if one != other => return Ok(false),
            _ => {}
        }
    }
}
