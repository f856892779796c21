//! Plays on the system's sound device, where no sound server is used: on macOS and Windows, and through
//! ALSA if built with it.
//!
//! The device reads from a queue of 100 ms, on a thread of the system. That thread never blocks: an empty
//! queue and a pause are played as silence.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rodio::{ChannelCount, DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink, SampleRate, Source};

use super::{Output, Unavailable};

/// The length of the queue.
const BUFFER: Duration = Duration::from_millis(100);

/// What the system buffers in addition. It does not report this; a common value.
const DEVICE: Duration = Duration::from_millis(30);

/// How long a device may accept nothing before it counts as hung. One that sleeps needs a second to wake
/// up.
const STUCK: Duration = Duration::from_secs(4);

/// How many samples the device takes at once: 4 ms at 8 kHz.
const TAKEN: usize = 32;

/// The default sound device.
pub(super) struct Device {
    shared: Arc<Shared>,
    rate: u32,
    capacity: usize,
    /// When the queue was first found empty while draining.
    dry: Option<Instant>,
    /// Since when the device has accepted nothing.
    stuck: Option<Instant>,
    /// Plays until dropped.
    _sink: MixerDeviceSink,
}

#[derive(Default)]
struct Shared {
    state: Mutex<DeviceState>,
    /// Signalled when the device takes samples or fails.
    taken: Condvar,
}

#[derive(Default)]
struct DeviceState {
    queue: VecDeque<i16>,
    paused: bool,
    failed: Option<Unavailable>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, DeviceState> {
        // No code here panics while it changes the state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Device {
    /// Opens the system's sound device for this sample rate (Hz).
    pub(super) fn open(rate: u32) -> Result<Device, Unavailable> {
        let rate_known = SampleRate::new(rate).ok_or(Unavailable::NoSink)?;
        if !is_there() {
            return Err(Unavailable::NoSink);
        }
        let shared = Arc::<Shared>::default();
        let theirs = Arc::clone(&shared);
        let mut sink = DeviceSinkBuilder::from_default_device()
            .map_err(|error| refusal(&error))?
            // The default callback would write to the screen.
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

    /// Waits until at most `most` samples are queued, and returns how many are.
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
            return Err(Unavailable::Device("it does not accept sound".to_owned()));
        }
        Ok(state.queue.len())
    }
}

impl Output for Device {
    fn accepts(&mut self, patience: Duration) -> Result<usize, Unavailable> {
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
        // The rest is in the system's buffer, which reports nothing.
        let done = *self.dry.get_or_insert_with(Instant::now) + 2 * DEVICE;
        std::thread::park_timeout(done.min(end).saturating_duration_since(Instant::now()));
        Ok(Instant::now() >= done)
    }

    fn latency(&mut self) -> Result<Duration, Unavailable> {
        let queued = self.shared.state().queue.len();
        Ok(Duration::from_secs(queued as u64) / self.rate.max(1) + DEVICE)
    }
}

/// The source that the device reads from. Never ends: plays silence when the queue is empty.
struct Feed {
    shared: Arc<Shared>,
    rate: SampleRate,
    /// Samples taken from the queue, so that not every sample needs the lock.
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

/// Returns whether there is a playback device. Without one, ALSA would print errors over the screen.
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

/// Returns the system's message as one line.
fn one_line(error: &(impl std::fmt::Display + ?Sized)) -> String {
    crate::core::text::clean(&error.to_string(), crate::core::text::MESSAGE_MAX)
}
