//! What is heard: the monitor of a server's device, taken down by `parec`.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::tone::{Tone, tones};
use super::until;

/// The rate it records at: not the recordings' own, so that nothing fits by chance.
const RATE: u32 = 48_000;

pub struct Recorder {
    child: Child,
    tape: Arc<Mutex<Tape>>,
}

#[derive(Default)]
struct Tape {
    samples: Vec<i16>,
    /// When the first sample came that is not silence.
    sounded: Option<Instant>,
}

impl Recorder {
    /// Records from now on: returns when silence comes in.
    pub fn start(mut parec: Command) -> Recorder {
        let format = ["--rate=48000", "--channels=1", "--format=s16le", "--raw", "--latency-msec=5"];
        let mut child = parec.args(format).stdout(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdout.take().unwrap();
        let tape = Arc::new(Mutex::new(Tape::default()));
        let ours = Arc::clone(&tape);
        thread::spawn(move || {
            let (mut bytes, mut odd) = ([0; 4096], Vec::new());
            while let Ok(count @ 1..) = pipe.read(&mut bytes) {
                odd.extend_from_slice(&bytes[..count]);
                let (whole, rest) = odd.as_chunks::<2>();
                let mut tape = ours.lock().unwrap();
                if tape.sounded.is_none() && whole.iter().any(|sample| *sample != [0, 0]) {
                    tape.sounded = Some(Instant::now());
                }
                tape.samples.extend(whole.iter().map(|sample| i16::from_le_bytes(*sample)));
                odd = rest.to_vec();
            }
        });
        let recorder = Recorder { child, tape };
        until("the recorder runs", || (recorder.length() > Duration::from_millis(50)).then_some(()));
        recorder
    }

    /// How much was recorded, silence and all.
    pub fn length(&self) -> Duration {
        Duration::from_secs(self.tape.lock().unwrap().samples.len() as u64) / RATE
    }

    /// When the first sound came.
    pub fn sounded(&self) -> Option<Instant> {
        self.tape.lock().unwrap().sounded
    }

    /// The tones so far.
    pub fn tones(&self) -> Vec<Tone> {
        tones(&self.tape.lock().unwrap().samples, RATE)
    }

    /// How long the sound so far is, silence left out.
    pub fn sound(&self) -> Duration {
        self.tones().iter().map(|tone| tone.length).sum()
    }

    /// Waits until there was sound and then silence.
    pub fn settle(&self) {
        const SILENCE: usize = RATE as usize / 5;
        until("it ends with silence", || {
            let tape = self.tape.lock().unwrap();
            let silent = tape.samples.iter().rev().take_while(|sample| **sample == 0).count();
            (tape.sounded.is_some() && silent >= SILENCE).then_some(())
        });
    }

    /// Waits until `more` was recorded after now.
    pub fn roll(&self, more: Duration) {
        let end = self.length() + more;
        until("the tape rolls", || (self.length() >= end).then_some(()));
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
