//! Sound by the system's own device, where no sound server is spoken to: macOS, Windows, and ALSA where
//! the program was built for it.
//!
//! The device pulls from a queue of 100 ms, on a thread of the system's. It is never held up there: an
//! empty queue and a pause are silence.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rodio::{ChannelCount, DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink, SampleRate, Source};

use super::{Output, Unavailable};

/// How much the queue holds.
const BUFFER: Duration = Duration::from_millis(100);

/// What the system holds beyond it. It does not tell; this is common.
const DEVICE: Duration = Duration::from_millis(30);

/// How long a device may take nothing until it hangs. A sleeping one needs a second.
const STUCK: Duration = Duration::from_secs(4);

/// How many samples the device takes at a time: 4 ms of a telephone line.
const TAKEN: usize = 32;

/// The system's default device.
pub(super) struct Device {
    shared: Arc<Shared>,
    rate: u32,
    capacity: usize,
    /// When the queue was first found empty while draining.
    dry: Option<Instant>,
    /// Since when the device takes nothing.
    stuck: Option<Instant>,
    /// Plays until it is dropped.
    _sink: MixerDeviceSink,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// The device took something, or failed.
    taken: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<i16>,
    paused: bool,
    failed: Option<Unavailable>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here panics halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Device {
    /// Opens it for samples at this rate.
    pub(super) fn open(rate: u32) -> Result<Device, Unavailable> {
        let rate_known = SampleRate::new(rate).ok_or(Unavailable::NoSink)?;
        if !is_there() {
            return Err(Unavailable::NoSink);
        }
        let shared = Arc::<Shared>::default();
        let theirs = Arc::clone(&shared);
        let mut sink = DeviceSinkBuilder::from_default_device()
            .map_err(|error| refusal(&error))?
            // The crate's own would write to the screen.
            .with_error_callback(move |error| {
                theirs.state().failed.get_or_insert(Unavailable::Device(one_line(&error)));
                theirs.taken.notify_all();
            })
            .open_stream()
            .map_err(|error| refusal(&error))?;
        sink.log_on_drop(false);
        let feed = Feed { shared: Arc::clone(&shared), rate: rate_known, part: VecDeque::new() };
        sink.mixer().add(feed);
        let capacity = (BUFFER.as_secs_f64() * f64::from(rate)) as usize;
        Ok(Device { shared, rate, capacity, dry: None, stuck: None, _sink: sink })
    }

    /// Waits until no more than `most` samples are queued: how many there are.
    fn queued(&mut self, most: usize, patience: Duration) -> Result<usize, Unavailable> {
        let state = self.shared.state();
        let waited = self
            .shared
            .taken
            .wait_timeout_while(state, patience, |state| state.failed.is_none() && state.queue.len() > most);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = &state.failed {
            return Err(reason.clone());
        }
        if state.paused || state.queue.len() <= most {
            self.stuck = None;
        } else if self.stuck.get_or_insert_with(Instant::now).elapsed() >= STUCK {
            return Err(Unavailable::Device("it takes no sound".to_owned()));
        }
        Ok(state.queue.len())
    }
}

impl Output for Device {
    fn wanted(&mut self, patience: Duration) -> Result<usize, Unavailable> {
        let queued = self.queued(self.capacity.saturating_sub(TAKEN), patience)?;
        Ok(self.capacity.saturating_sub(queued))
    }

    fn write(&mut self, samples: &[i16]) -> Result<(), Unavailable> {
        self.dry = None;
        self.shared.state().queue.extend(samples);
        Ok(())
    }

    fn pause(&mut self, paused: bool) -> Result<(), Unavailable> {
        self.shared.state().paused = paused;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Unavailable> {
        self.dry = None;
        self.shared.state().queue.clear();
        Ok(())
    }

    fn drain(&mut self, patience: Duration) -> Result<bool, Unavailable> {
        let end = Instant::now() + patience;
        if self.queued(0, patience)? > 0 {
            return Ok(false);
        }
        // The rest is on its way through the system, which nobody tells about.
        let done = *self.dry.get_or_insert_with(Instant::now) + 2 * DEVICE;
        std::thread::park_timeout(done.min(end).saturating_duration_since(Instant::now()));
        Ok(Instant::now() >= done)
    }

    fn latency(&mut self) -> Result<Duration, Unavailable> {
        let queued = self.shared.state().queue.len();
        Ok(Duration::from_secs(queued as u64) / self.rate.max(1) + DEVICE)
    }
}

/// What the device pulls from. Never ends; silence where there is nothing.
struct Feed {
    shared: Arc<Shared>,
    rate: SampleRate,
    /// What was taken from the queue, so that not each sample needs the lock.
    part: VecDeque<i16>,
}

impl Iterator for Feed {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        if self.part.is_empty() {
            self.take();
        }
        Some(self.part.pop_front().map_or(0.0, |sample| f32::from(sample) / 32_768.0))
    }
}

impl Feed {
    fn take(&mut self) {
        let mut state = self.shared.state();
        if !state.paused {
            let count = state.queue.len().min(TAKEN);
            self.part.extend(state.queue.drain(..count));
            self.shared.taken.notify_all();
        }
    }
}

impl Source for Feed {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> ChannelCount {
        NonZero::<u16>::MIN
    }

    fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

/// Whether there is a device at all. ALSA writes a page to the screen where there is none, before it
/// says so.
#[cfg(target_os = "linux")]
fn is_there() -> bool {
    let mut files = std::fs::read_dir("/dev/snd").into_iter().flatten().flatten();
    files.any(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with("pcm") && name.ends_with('p')
    })
}

#[cfg(not(target_os = "linux"))]
fn is_there() -> bool {
    true
}

fn refusal(error: &DeviceSinkError) -> Unavailable {
    match error {
        DeviceSinkError::NoDevice => Unavailable::NoSink,
        error => Unavailable::Device(one_line(std::error::Error::source(error).unwrap_or(error))),
    }
}

/// What the system says, for one line of the screen.
fn one_line(error: &(impl std::fmt::Display + ?Sized)) -> String {
    crate::text::clean(&error.to_string(), crate::text::MESSAGE_MAX)
}
