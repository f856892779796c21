//! The demo server's recordings, compiled in from `assets/demo`. Its README says how each was made; rows
//! choose their recordings.

/// One recording: telephone-quality speech as mp3 or WAV.
#[derive(Debug)]
pub struct Recording {
    /// The file's name in `assets/demo`, with its extension.
    pub name: &'static str,
    /// The whole file.
    pub audio: &'static [u8],
}

impl Recording {
    /// Returns the extension of a demo recording: `mp3` or `wav`.
    pub fn extension(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

macro_rules! recordings {
    ($($name:literal),* $(,)?) => {
        [$(Recording { name: $name, audio: include_bytes!(concat!("../../assets/demo/", $name)) }),*]
    };
}

/// All recordings.
pub static RECORDINGS: [Recording; 13] = recordings![
    "alert.mp3",
    "appointment.mp3",
    "contract.mp3",
    "delivery.mp3",
    "front-desk.wav",
    "gate.mp3",
    "hello.mp3",
    "invoice-again.mp3",
    "invoice.mp3",
    "loud.mp3",
    "outage.mp3",
    "quiet.mp3",
    "shipment.mp3",
];
