//! Plays through the user's own command, which gets a WAV file on stdin.
//!
//! The pipe and the program buffer seconds of sound, so the clock determines how much to write and what is
//! heard: the program does not report its position.

use std::io::{ErrorKind, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Output, Unavailable};
use crate::core::text;
use crate::secret::SECRET_VARIABLE;

/// How far the program may be ahead of the clock: a reserve for its start and for a busy machine.
const AHEAD: Duration = Duration::from_millis(200);

/// How often to check whether the program has exited.
const LOOK: Duration = Duration::from_millis(5);

/// How much of the setting an error message quotes, in characters.
const SHOWN_MAX: usize = 60;

/// How many packets may wait for the pipe: seconds of sound. A program that does not read for this long
/// does not read at all.
const PACKETS: usize = 256;

/// A running player command. Dropping it kills the program.
#[derive(Debug)]
pub struct Program {
    name: String,
    arguments: Vec<String>,
    rate: u32,
    running: Option<Running>,
    /// When all written samples will have been heard.
    until: Instant,
    paused: bool,
}

/// A process and the channel to its stdin. Dropping it kills the process and waits for it.
#[derive(Debug)]
struct Running {
    child: Child,
    /// `None` once everything is written.
    pipe: Option<SyncSender<Vec<u8>>>,
}

impl Program {
    /// Starts the user's program for sound without a shell, for this sample rate (Hz).
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

    /// Starts the program again.
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
            ErrorKind::PermissionDenied => self.failed("cannot be run: permission denied"),
            _ => self.failed("cannot be started"),
        })?;
        let (pipe, packets) = sync_channel::<Vec<u8>>(PACKETS);
        let stdin = child.stdin.take();
        let running = self.running.insert(Running { child, pipe: Some(pipe.clone()) });
        // On a thread, because a program that does not read blocks the writer.
        let writer = thread::Builder::new().name("player_command".to_owned()).spawn(move || {
            // Ends when the channel is closed, or when the program exits and the pipe breaks.
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

    /// Fails if the program has exited although there is more to play. After the last sample it may exit;
    /// further samples start it again.
    fn check(&mut self) -> Result<(), Unavailable> {
        let fed = self.running.as_mut().filter(|running| running.pipe.is_some());
        let Some(running) = fed else { return Ok(()) };
        match running.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) if status.success() => Err(self.failed("exited before the end of the sound")),
            Ok(Some(status)) => Err(self.broke(status)),
            Err(_) => Err(self.failed("cannot be monitored")),
        }
    }

    fn broke(&self, status: ExitStatus) -> Unavailable {
        match status.code() {
            Some(code) => self.failed(&format!("failed with exit code {code}")),
            None => self.failed("was killed"),
        }
    }

    fn failed(&self, how: &str) -> Unavailable {
        // Show the command line from the settings, without the shell that runs it.
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
    fn accepts(&mut self, patience: Duration) -> Result<usize, Unavailable> {
        self.check()?;
        // Waits a little longer than needed, so that packets are not single samples.
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
            return Err(self.failed("does not read the sound"));
        }
        let length = Duration::from_secs(samples.len() as u64) / self.rate.max(1);
        self.until = self.until.max(Instant::now()) + length;
        Ok(())
    }

    /// Stops writing. The program still plays what it has got: no signal would pause every program.
    fn pause(&mut self, paused: bool) -> Result<(), Unavailable> {
        self.paused = paused;
        self.check()
    }

    /// Kills the program, because its buffer cannot be discarded. The next sample starts it again.
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
                Err(_) => return Err(self.failed("cannot be monitored")),
            }
        }
    }

    fn latency(&mut self) -> Result<Duration, Unavailable> {
        Ok(self.ahead())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if it has exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the header of a 16-bit mono WAV file of unknown length, as programs write it to a pipe.
/// <http://soundfile.sapp.org/doc/WaveFormat/>
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
