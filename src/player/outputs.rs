//! Chooses the sound output on this machine.

use super::command::Program;
use super::{Output, Unavailable};

#[cfg(any(not(target_os = "linux"), feature = "alsa"))]
use super::device::Device;
#[cfg(target_os = "linux")]
use super::pulse::{self, Pulse};

/// Where to play, from the settings and the environment. Outputs are opened when a play starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// The setting `player_command`: a program and its arguments, used instead of any other output. Empty
    /// if not set.
    pub player_command: Vec<String>,
    /// Where to look for sound servers.
    #[cfg(target_os = "linux")]
    pub environment: pulse::Environment,
}

impl Outputs {
    /// Opens the sound output of this machine for this sample rate (Hz).
    pub fn open(&self, rate: u32) -> Result<Box<dyn Output>, Unavailable> {
        if let [program, arguments @ ..] = &self.player_command[..] {
            return Ok(Box::new(Program::start(program, arguments, rate)?));
        }
        self.open_system(rate)
    }

    #[cfg(target_os = "linux")]
    fn open_system(&self, rate: u32) -> Result<Box<dyn Output>, Unavailable> {
        match Pulse::connect(&self.environment, pulse::TIMEOUT).and_then(|pulse| pulse.start(rate)) {
            Ok(stream) => Ok(Box::new(stream)),
            #[cfg(feature = "alsa")]
            Err(Unavailable::NoServer) => Ok(Box::new(Device::open(rate)?)),
            #[cfg(not(feature = "alsa"))]
            Err(Unavailable::NoServer) if self.environment.pulse_server.is_some() => {
                Err(Unavailable::NoServerThere)
            }
            Err(reason) => Err(reason),
        }
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "only Linux needs the environment")]
    fn open_system(&self, rate: u32) -> Result<Box<dyn Output>, Unavailable> {
        Ok(Box::new(Device::open(rate)?))
    }
}
