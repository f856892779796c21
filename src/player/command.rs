//! Sound through a program of the user's own: it gets a WAV at its standard input, and nothing else is
//! known of it.
//!
//! A pipe holds seconds of sound and a program as many again, so the clock says how much it gets. What
//! is heard is what the clock says too: a program does not tell how far it is behind.

use std::io::{ErrorKind, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Output, Unavailable};
use crate::secret::SECRET_VARIABLE;
use crate::text;

/// How far the program is ahead of the clock. It needs a little to begin, and to go on while this
/// machine is busy.
const AHEAD: Duration = Duration::from_millis(200);

/// How often a program is looked at that is waited for.
const LOOK: Duration = Duration::from_millis(5);

/// How much of what is set is shown, in characters.
const SHOWN_MAX: usize = 60;

/// How many packets are on their way into the pipe: seconds of sound. A program that takes none for so
/// long takes none at all.
const PACKETS: usize = 256;

/// A program that plays. Ends with the sound: dropping it kills it.
#[derive(Debug)]
pub struct Program {
    name: String,
    arguments: Vec<String>,
    rate: u32,
    running: Option<Running>,
    /// When all that was written will have been heard.
    until: Instant,
    paused: bool,
}

/// A program and the way to its standard input. Killed and waited for when dropped.
#[derive(Debug)]
struct Running {
    child: Child,
    /// `None` when all was written that there is.
    pipe: Option<SyncSender<Vec<u8>>>,
}

impl Program {
    /// Starts the program, without a shell, for samples at this rate.
    pub fn start(name: &str, arguments: &[String], rate: u32) -> Result<Program, Unavailable> {
        let mut program = Program {
            name: name.to_owned(),
            arguments: arguments.to_vec(),
            rate,
            running: None,
            until: Instant::now(),
            paused: false,
        };
        program.run()?;
        Ok(program)
    }

    /// Starts it anew.
    fn run(&mut self) -> Result<(), Unavailable> {
        self.running = None;
        let child = Command::new(&self.name)
            .args(&self.arguments)
            .env_remove(SECRET_VARIABLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.failed("was not found"),
            ErrorKind::PermissionDenied => self.failed("must not be run"),
            _ => self.failed("cannot be started"),
        })?;
        let (pipe, packets) = sync_channel::<Vec<u8>>(PACKETS);
        let stdin = child.stdin.take();
        let running = self.running.insert(Running { child, pipe: Some(pipe.clone()) });
        // On a thread, because a program that does not read holds who writes.
        let writer = thread::Builder::new().name("player_command".to_owned()).spawn(move || {
            // It ends with the sound, or with the program: then its pipe breaks.
            let Some(mut stdin) = stdin else { return };
            while let Ok(packet) = packets.recv()
                && stdin.write_all(&packet).is_ok()
            {}
        });
        if writer.is_err() || pipe.try_send(header(self.rate)).is_err() {
            running.pipe = None;
            return Err(self.failed("cannot be written to"));
        }
        Ok(())
    }

    /// Makes sure that the program has not ended yet, though there is more to play. One that was given
    /// all may end: what is written after that goes to another.
    fn check(&mut self) -> Result<(), Unavailable> {
        let fed = self.running.as_mut().filter(|running| running.pipe.is_some());
        let Some(running) = fed else { return Ok(()) };
        match running.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) if status.success() => Err(self.failed("ended before the sound did")),
            Ok(Some(status)) => Err(self.broke(status)),
            Err(_) => Err(self.failed("is out of sight")),
        }
    }

    fn broke(&self, status: ExitStatus) -> Unavailable {
        match status.code() {
            Some(code) => self.failed(&format!("failed with exit code {code}")),
            None => self.failed("was killed"),
        }
    }

    fn failed(&self, how: &str) -> Unavailable {
        // That a line of the settings is run by a shell is nothing that the user wrote.
        let program = match &self.arguments[..] {
            [flag, line] if self.name == "sh" && flag == "-c" => line,
            _ => &self.name,
        };
        Unavailable::Program { program: text::clean(program, SHOWN_MAX), how: how.to_owned() }
    }

    fn ahead(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

impl Output for Program {
    fn wanted(&mut self, patience: Duration) -> Result<usize, Unavailable> {
        self.check()?;
        // A little more than none, so that not each sample is a packet.
        let wait = if self.paused { patience } else { (self.ahead() + LOOK).saturating_sub(AHEAD) };
        thread::park_timeout(wait.min(patience));
        if self.paused {
            return Ok(0);
        }
        let room = AHEAD.saturating_sub(self.ahead());
        Ok((room.as_secs_f64() * f64::from(self.rate)) as usize)
    }

    fn write(&mut self, samples: &[i16]) -> Result<(), Unavailable> {
        if samples.is_empty() {
            return Ok(());
        }
        if self.running.as_ref().is_none_or(|running| running.pipe.is_none()) {
            self.run()?;
        }
        let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let pipe = self.running.as_ref().and_then(|running| running.pipe.as_ref());
        if pipe.is_none_or(|pipe| pipe.try_send(bytes).is_err()) {
            self.check()?;
            return Err(self.failed("does not take the sound"));
        }
        let length = Duration::from_secs(samples.len() as u64) / self.rate.max(1);
        self.until = self.until.max(Instant::now()) + length;
        Ok(())
    }

    /// It gets nothing more. What it has got it plays to its end: there is no way to stop it that every
    /// program understands.
    fn pause(&mut self, paused: bool) -> Result<(), Unavailable> {
        self.paused = paused;
        self.check()
    }

    /// Ends the program: what it has got is out of reach. The next sample starts it anew.
    fn flush(&mut self) -> Result<(), Unavailable> {
        self.running = None;
        self.until = Instant::now();
        Ok(())
    }

    fn drain(&mut self, patience: Duration) -> Result<bool, Unavailable> {
        let end = Instant::now() + patience;
        let Some(running) = &mut self.running else { return Ok(true) };
        running.pipe = None;
        loop {
            match running.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(true),
                Ok(Some(status)) => return Err(self.broke(status)),
                Ok(None) if Instant::now() >= end => return Ok(false),
                Ok(None) => thread::park_timeout(LOOK),
                Err(_) => return Err(self.failed("is out of sight")),
            }
        }
    }

    fn latency(&mut self) -> Result<Duration, Unavailable> {
        Ok(self.ahead())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The start of a WAV of 16 bits, mono, of a length that is not known: as programs write that write to
/// a pipe. <http://soundfile.sapp.org/doc/WaveFormat/>
fn header(rate: u32) -> Vec<u8> {
    const UNKNOWN: [u8; 4] = u32::MAX.to_le_bytes();
    const SAMPLE: u16 = size_of::<i16>() as u16;
    const CHANNELS: u16 = 1;
    const PCM: u16 = 1;
    [
        b"RIFF",
        &UNKNOWN[..],
        b"WAVEfmt ",
        &16_u32.to_le_bytes(),
        &PCM.to_le_bytes(),
        &CHANNELS.to_le_bytes(),
        &rate.to_le_bytes(),
        &(rate * u32::from(SAMPLE)).to_le_bytes(),
        &SAMPLE.to_le_bytes(),
        &(SAMPLE * 8).to_le_bytes(),
        b"data",
        &UNKNOWN,
    ]
    .concat()
}
