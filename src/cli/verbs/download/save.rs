//! Downloads one recording: fetches it, and saves it to its file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use crate::audio::AudioFormat;
use crate::cli::fetcher::{Fetcher, Missing};
use crate::cli::query::Hit;
use crate::cli::verbs::download::name::{Template, Values};
use crate::cli::verbs::download::progress::ProgressLine;
use crate::cli::verbs::download::report::{Outcome, Status};
use crate::recording::{FetchError, Kept, Place, PlaceError, not_ready_wait};

/// The maximum age of a voicemail whose recording may not be ready yet.
const FRESH: TimeDelta = TimeDelta::minutes(5);

/// The number of attempts to fetch such a recording.
const FRESH_TRIES: u32 = 3;

/// A recording to save.
#[derive(Debug)]
pub struct SaveJob {
    /// The voicemail.
    pub found: Hit,
    /// The values for its file name.
    pub values: Values,
    /// Whether to append the ID, because another voicemail has the same name.
    pub apart: bool,
}

/// Saves recordings to a folder.
#[derive(Debug)]
pub struct Saver<'a> {
    /// Fetches the recordings.
    pub fetcher: &'a Fetcher,
    /// The target folder.
    pub dir: &'a Path,
    /// The template of the file names.
    pub template: &'a Template,
    /// Whether to overwrite files that differ.
    pub overwrite: bool,
    /// Whether this is a dry run.
    pub dry: bool,
    /// When the program started.
    pub now: DateTime<Utc>,
    /// The progress line.
    pub line: &'a ProgressLine,
    /// Whether to stop.
    pub stopped: watch::Receiver<bool>,
    /// The error that makes all further transfers fail, once there is one.
    pub hopeless: OnceLock<String>,
}

impl Saver<'_> {
    /// Downloads a recording to its file, unless it is already saved.
    pub async fn save(&self, mut order: SaveJob) -> Outcome {
        let status = self.status(&mut order).await;
        self.fetcher.library.release(order.found.entry.record.voicemail.id);
        Outcome { found: order.found, status }
    }

    async fn status(&self, order: &mut SaveJob) -> Status {
        let voicemail = &order.found.entry.record.voicemail;
        let (id, kept) = (voicemail.id, self.fetcher.library.recordings.kept(voicemail.id));
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
            // An error means that the sender is gone, so nothing can stop it.
            Ok(_) = stopped.wait_for(|stopped| *stopped) => return Status::Stopped,
            kept = self.fetch(&order.found) => kept,
        };
        let kept = match kept {
            Ok(kept) => kept,
            Err(missing) => {
                if matches!(&missing, Missing::Fetch(error) if error.is_hopeless()) {
                    // Another task may have set it first.
                    let _ = self.hopeless.set(missing.to_string());
                }
                return Status::Failed(missing.to_string());
            }
        };
        if self.dry {
            return match self.target(order, &kept).await {
                Ok(Place::There(path)) => Status::Present(path, kept.bytes),
                Ok(Place::Free { path, .. }) => Status::Planned(path),
                Err(error) => Status::Failed(error),
            };
        }
        order.found.entry.record.sketch = self.fetcher.sketch(&order.found, &kept).await;
        let (path, replace) = match self.target(order, &kept).await {
            Ok(Place::There(path)) => return Status::Present(path, kept.bytes),
            Ok(Place::Free { path, replace }) => (path, replace),
            Err(error) => return Status::Failed(error),
        };
        if let Some(folder) = path.parent()
            && let Err(error) = fs::create_dir_all(folder)
        {
            return Status::Failed(format!("cannot create {}: {error}.", folder.display()));
        }
        match self.fetcher.library.recordings.save_as(id, &path, replace).await {
            Ok(()) => Status::Saved(path, kept.bytes),
            Err(error) => Status::Failed(format!("{}: {error}", path.display())),
        }
    }

    /// Returns the existing file of the voicemail, if its name is unique to the voicemail. It is complete,
    /// because files are renamed when they are complete.
    fn present(&self, order: &SaveJob) -> Option<(PathBuf, u64)> {
        let own = AudioFormat::ALL.into_iter().map(|format| self.path(order, format.extension(), true));
        let plain = AudioFormat::ALL.into_iter().map(|format| self.path(order, format.extension(), false));
        let telling = self.template.is_telling() && !order.apart;
        let mut paths = own.chain(plain.filter(|_| telling));
        paths.find_map(|path| {
            let file = fs::symlink_metadata(&path).ok()?;
            (file.is_file() && file.len() > 0).then_some((path, file.len()))
        })
    }

    /// Fetches the recording. For a new voicemail, the server may need a minute to provide it.
    async fn fetch(&self, found: &Hit) -> Result<Kept, Missing> {
        let fresh = self.now - found.entry.record.voicemail.time < FRESH;
        let mut tries = 0;
        loop {
            let before = AtomicU64::new(0);
            let progress = |received: u64, _| {
                let told = before.swap(received, Ordering::Relaxed);
                self.line.received(received.saturating_sub(told));
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

    /// Returns the file to save to. If a different file has the name, tries the name with the ID, unless
    /// files are to be overwritten.
    async fn target(&self, order: &SaveJob, kept: &Kept) -> Result<Place, String> {
        let ext = kept.format.extension();
        let own = self.path(order, ext, true);
        let paths = if order.apart { vec![own] } else { vec![self.path(order, ext, false), own] };
        kept.place(paths, self.overwrite).await.map_err(|error| match error {
            PlaceError::Taken(_) => format!("{error} Use --overwrite to replace it."),
            error @ PlaceError::Unread { .. } => error.to_string(),
        })
    }

    fn path(&self, order: &SaveJob, ext: &str, apart: bool) -> PathBuf {
        let fill = if apart { Template::fill_apart } else { Template::fill };
        let below = fill(self.template, &order.values, ext);
        // In the current folder, omit the redundant "./".
        if self.dir == Path::new(".") { below } else { self.dir.join(below) }
    }
}

/// Guesses the extension of a recording that was not fetched, from its name on the server.
fn guessed(order: &SaveJob) -> &'static str {
    let name = order.found.entry.record.voicemail.recording.as_ref();
    let name = name.map(|name| name.as_sent().to_ascii_lowercase()).unwrap_or_default();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let known = AudioFormat::ALL.map(AudioFormat::extension).into_iter();
    known.into_iter().find(|known| Some(*known) == extension).unwrap_or(AudioFormat::Mp3.extension())
}
