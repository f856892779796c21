//! Plays through PulseAudio's native protocol, which PipeWire supports too.
//!
//! Each play has its own connection and stream: both take a few milliseconds, and no state of an earlier
//! play can cause errors. The stream has the recording's sample rate; the server resamples. There is no
//! thread here: packets are read while waiting for an answer or for room, and each wait has a time limit.
//! Framing is in `socket`, finding a server in `address`.

mod address;
mod socket;

use std::time::{Duration, Instant, SystemTime};

use pulseaudio::protocol::{
    self, AuthParams, AuthReply, ChannelMap, Command, CommandTag, CorkStreamParams, LatencyParams,
    PlaybackStreamParams, Prop, Props, ProtocolError, PulseError, SampleFormat, SampleSpec, TagStructReader,
    stream::{BufferAttr, StreamFlags},
};

pub use address::{Address, Environment, Family, candidates};

use super::{Output, Unavailable};
use socket::Wire;

/// How long to wait for an answer of the server.
pub const TIMEOUT: Duration = Duration::from_secs(2);

/// The server's buffer, including the device: short, so that changes are heard soon; long enough for a busy
/// machine.
const BUFFER: Duration = Duration::from_millis(100);

/// How much the server buffers before it starts. Some never start with 20 ms or less.
const PRE_BUFFER: Duration = Duration::from_millis(50);

/// The supported protocol versions. The crate does not know later ones; with earlier ones (before
/// PulseAudio 0.9.15, 2009) the server cannot choose the volume.
const VERSIONS: std::ops::RangeInclusive<u16> = 14..=35;

/// The sink of a server without a device: it discards all sound.
const NO_DEVICE: &[u8] = b"auto_null";

/// How many packets to read after the time limit. After a stop of the process some arrived in time, but a
/// server that sends without end must not block the player.
const LATE_MAX: u32 = 64;

/// The size of a time in a packet, in bytes: tag, seconds and microseconds.
const TIME: usize = 9;

/// The size of a sample in bytes.
const SAMPLE: usize = size_of::<i16>();

/// An authenticated connection to a sound server.
#[derive(Debug)]
pub struct Pulse {
    wire: Wire,
    version: u16,
    sequence: u32,
    said: Said,
}

/// What the server sent and was not used yet.
#[derive(Debug, Default)]
struct Said {
    /// The stream's channel, once it is created.
    channel: Option<u32>,
    /// How many more bytes the server accepts.
    credit: usize,
    /// The sequence number of the request that waits for its answer.
    awaited: Option<u32>,
    /// The answer.
    answer: Option<Vec<u8>>,
    /// The state of draining.
    drain: Drain,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Drain {
    #[default]
    Off,
    /// Requested with this sequence number.
    Asked(u32),
    Done,
}

impl Pulse {
    /// Connects to the first sound server of the [`candidates`] that works. Each gets `timeout` for each
    /// answer. If all fail, returns the first error other than [`Unavailable::NoServer`].
    pub fn connect(environment: &Environment, timeout: Duration) -> Result<Pulse, Unavailable> {
        let cookie = address::cookie(environment);
        let mut reason = Unavailable::NoServer;
        for address in candidates(environment) {
            match Pulse::introduce(&address, cookie.clone(), timeout) {
                Ok(pulse) => return Ok(pulse),
                Err(error) if reason == Unavailable::NoServer => reason = error,
                Err(_) => {}
            }
        }
        Err(reason)
    }

    fn introduce(address: &Address, cookie: Vec<u8>, timeout: Duration) -> Result<Pulse, Unavailable> {
        let wire = Wire::connect(address, timeout)?;
        let mut pulse = Pulse { wire, version: *VERSIONS.end(), sequence: 0, said: Said::default() };
        let hello = AuthParams { version: *VERSIONS.end(), cookie, ..AuthParams::default() };
        let answer = pulse.request(&Command::Auth(hello)).map_err(|error| match error {
            // A forwarded socket without a server accepts connections and closes them.
            Unavailable::Killed => Unavailable::NoServer,
            error => error,
        })?;
        let theirs: AuthReply = pulse.reader(&mut &answer[..]).read()?;
        if theirs.version < *VERSIONS.start() {
            return Err(Unavailable::Protocol(format!("protocol version {} is too old", theirs.version)));
        }
        pulse.version = theirs.version.min(*VERSIONS.end());

        let mut properties = Props::new();
        properties.set(Prop::ApplicationName, c"vmail");
        pulse.request(&Command::SetClientName(properties))?;
        Ok(pulse)
    }

    /// Creates a sound stream with this sample rate (Hz) on the server's default device. It starts once
    /// 50 ms are written, or when [drained](Output::drain).
    pub fn start(mut self, rate: u32) -> Result<Stream, Unavailable> {
        let bytes = |length: Duration| {
            let samples = u64::from(rate) * length.as_millis() as u64 / 1000;
            samples as u32 * SAMPLE as u32
        };
        let mut properties = Props::new();
        properties.set(Prop::MediaName, c"voicemail");
        let answer = self.request(&Command::CreatePlaybackStream(PlaybackStreamParams {
            sample_spec: SampleSpec { format: SampleFormat::S16Le, channels: 1, sample_rate: rate },
            channel_map: ChannelMap::mono(),
            buffer_attr: BufferAttr {
                target_length: bytes(BUFFER),
                pre_buffering: bytes(PRE_BUFFER),
                ..BufferAttr::default()
            },
            props: properties,
            flags: StreamFlags { adjust_latency: true, ..StreamFlags::default() },
            ..PlaybackStreamParams::default()
        }))?;
        let (channel, credit) = self.created(&answer)?;
        self.said.channel = Some(channel);
        self.said.credit = credit;
        Ok(Stream { pulse: self, channel, rate, paused: false, stuck: None })
    }

    /// Parses the answer to a new stream: its channel, and how many bytes it accepts.
    fn created(&self, mut answer: &[u8]) -> Result<(u32, usize), Unavailable> {
        let mut reader = self.reader(&mut answer);
        let channel = reader.read_u32()?;
        let _stream = reader.read_u32()?;
        let credit = reader.read_u32()?;
        for _buffer_size in 0..4 {
            reader.read_u32()?;
        }
        let _: (SampleSpec, ChannelMap) = (reader.read()?, reader.read()?);
        let _sink = reader.read_u32()?;
        match reader.read_string()? {
            Some(sink) if sink.to_bytes() == NO_DEVICE => Err(Unavailable::NoSink),
            _ => Ok((channel, credit as usize)),
        }
    }

    /// Parses an answer about latency: the device's, in microseconds, and the stream buffer's, in bytes.
    fn delays(&self, mut answer: &[u8]) -> Result<(u64, u64), Unavailable> {
        let mut reader = self.reader(&mut answer);
        let device = reader.read_usec()?;
        let _source = reader.read_usec()?;
        let _playing = reader.read_bool()?;
        // Skip the two clocks: they are not needed, and the crate's reader does not validate them.
        let mut answer = answer.get(2 * TIME..).unwrap_or_default();
        let mut reader = self.reader(&mut answer);
        let (written, read) = (reader.read_i64()?, reader.read_i64()?);
        // Negative after an underrun.
        Ok((device, u64::try_from(written.saturating_sub(read)).unwrap_or(0)))
    }

    fn reader<'a>(&self, bytes: &'a mut &[u8]) -> TagStructReader<'a> {
        TagStructReader::new(bytes, self.version)
    }

    /// Sends a request and waits for its answer.
    fn request(&mut self, command: &Command) -> Result<Vec<u8>, Unavailable> {
        self.said.answer = None;
        self.said.awaited = Some(self.send(command)?);
        self.take_in(Instant::now() + self.wire.timeout(), |said| said.answer.is_some())?;
        self.said.answer.take().ok_or(Unavailable::Hung)
    }

    /// Sends a request and returns its sequence number.
    fn send(&mut self, command: &Command) -> Result<u32, Unavailable> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut bytes = Vec::new();
        protocol::write_command_message(&mut bytes, self.sequence, command, self.version)?;
        self.wire.send(&bytes)?;
        Ok(self.sequence)
    }

    /// Reads packets until `enough` returns true, or until `until`.
    fn take_in(&mut self, until: Instant, enough: impl Fn(&Said) -> bool) -> Result<(), Unavailable> {
        let mut late = 0;
        while !enough(&self.said)
            && late < LATE_MAX
            && let Some(packet) = self.wire.receive(until)?
        {
            self.said.take(&packet, self.version)?;
            late += u32::from(Instant::now() >= until);
        }
        Ok(())
    }
}

impl Said {
    /// Handles a packet. Reads only what can end the stream or lets it accept more: its start, underruns
    /// and buffer changes do not matter.
    fn take(&mut self, mut packet: &[u8], version: u16) -> Result<(), Unavailable> {
        let mut reader = TagStructReader::new(&mut packet, version);
        let command: CommandTag = reader.read_enum()?;
        let number = reader.read_u32()?;
        match command {
            CommandTag::Reply if self.awaited == Some(number) => {
                self.awaited = None;
                self.answer = Some(packet.to_vec());
            }
            CommandTag::Reply if self.drain == Drain::Asked(number) => self.drain = Drain::Done,
            CommandTag::Error if self.awaited == Some(number) || self.drain == Drain::Asked(number) => {
                return Err(refusal(reader.read_enum()?));
            }
            CommandTag::Request | CommandTag::PlaybackStreamKilled | CommandTag::PlaybackStreamMoved => {
                let about = reader.read_u32()?;
                if self.channel == Some(about) {
                    self.happened(command, &mut reader)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Handles an event of our stream.
    fn happened(&mut self, what: CommandTag, reader: &mut TagStructReader<'_>) -> Result<(), Unavailable> {
        match what {
            CommandTag::Request => {
                let more = reader.read_u32()?;
                self.credit = self.credit.saturating_add(more as usize);
                Ok(())
            }
            CommandTag::PlaybackStreamMoved => {
                let _sink = reader.read_u32()?;
                let sink = reader.read_string_non_null()?;
                if sink.to_bytes() == NO_DEVICE { Err(Unavailable::NoSink) } else { Ok(()) }
            }
            _ => Err(Unavailable::Killed),
        }
    }
}

/// A playing stream. Dropping it closes the connection, which stops the sound.
#[derive(Debug)]
pub struct Stream {
    pulse: Pulse,
    channel: u32,
    rate: u32,
    paused: bool,
    /// Since when the server has accepted nothing.
    stuck: Option<Instant>,
}

impl Stream {
    /// Reads packets until `enough` returns true, for at most `patience`. Fails if that has not happened
    /// for twice the timeout: a device may need the first half to wake up.
    fn listen(&mut self, patience: Duration, enough: impl Fn(&Said) -> bool) -> Result<bool, Unavailable> {
        let now = Instant::now();
        self.pulse.take_in(now + patience, &enough)?;
        let enough = enough(&self.pulse.said);
        if enough || self.paused {
            self.stuck = None;
        } else if self.stuck.get_or_insert(now).elapsed() >= 2 * self.pulse.wire.timeout() {
            return Err(Unavailable::Hung);
        }
        Ok(enough)
    }
}

impl Output for Stream {
    fn accepts(&mut self, patience: Duration) -> Result<usize, Unavailable> {
        self.listen(patience, |said| said.credit >= SAMPLE)?;
        Ok(self.pulse.said.credit / SAMPLE)
    }

    fn write(&mut self, samples: &[i16]) -> Result<(), Unavailable> {
        if samples.is_empty() {
            // Servers disconnect on an empty packet.
            return Ok(());
        }
        self.pulse.said.drain = Drain::Off;
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut packet = Vec::with_capacity(protocol::DESCRIPTOR_SIZE + bytes.len());
        protocol::write_memblock(&mut packet, self.channel, &bytes, 0)?;
        self.pulse.wire.send(&packet)?;
        self.pulse.said.credit = self.pulse.said.credit.saturating_sub(bytes.len());
        Ok(())
    }

    fn pause(&mut self, paused: bool) -> Result<(), Unavailable> {
        let cork = CorkStreamParams { channel: self.channel, cork: paused };
        self.pulse.request(&Command::CorkPlaybackStream(cork))?;
        self.paused = paused;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Unavailable> {
        self.pulse.said.drain = Drain::Off;
        self.pulse.request(&Command::FlushPlaybackStream(self.channel)).map(drop)
    }

    fn drain(&mut self, patience: Duration) -> Result<bool, Unavailable> {
        if self.pulse.said.drain == Drain::Off {
            let number = self.pulse.send(&Command::DrainPlaybackStream(self.channel))?;
            self.pulse.said.drain = Drain::Asked(number);
        }
        self.listen(patience, |said| said.drain == Drain::Done)
    }

    fn latency(&mut self) -> Result<Duration, Unavailable> {
        // The server returns this time without using it, and nor do we.
        let question = LatencyParams { channel: self.channel, now: SystemTime::UNIX_EPOCH };
        let answer = self.pulse.request(&Command::GetPlaybackLatency(question))?;
        let (device, buffered) = self.pulse.delays(&answer)?;
        let buffered = Duration::from_secs(buffered / SAMPLE as u64) / self.rate.max(1);
        Ok(Duration::from_micros(device).saturating_add(buffered))
    }
}

/// Converts an error that the server sent.
fn refusal(error: PulseError) -> Unavailable {
    match error {
        PulseError::AccessDenied | PulseError::AuthKey => Unavailable::Refused,
        PulseError::NoEntity => Unavailable::NoSink,
        PulseError::Killed | PulseError::ConnectionTerminated => Unavailable::Killed,
        PulseError::Timeout => Unavailable::Hung,
        other => Unavailable::Protocol(format!("error \"{other}\"")),
    }
}

impl From<ProtocolError> for Unavailable {
    fn from(error: ProtocolError) -> Unavailable {
        Unavailable::Protocol(match error {
            // Packets are read from memory, so the only I/O error is their end.
            ProtocolError::Io(_) => "truncated packet".to_owned(),
            error => error.to_string(),
        })
    }
}
