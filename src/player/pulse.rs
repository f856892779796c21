//! Sound by the native protocol of PulseAudio, which PipeWire serves as well.
//!
//! One connection and one stream for each play: both take a few milliseconds, and nothing of an
//! earlier play is left to go wrong. The stream has the recording's own rate; the server resamples.
//! There is no thread here: what the server says is taken in whenever an answer or room for samples
//! is waited for, and each wait has a limit. How to frame packets is `socket`'s business, where to find
//! a server `address`'s.

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

/// How long an answer of a server may take.
pub const TIMEOUT: Duration = Duration::from_secs(2);

/// How much the server holds, its device included: short enough for a change to be heard soon, long
/// enough for a busy machine.
const BUFFER: Duration = Duration::from_millis(100);

/// How much it wants before it starts. With 20 ms and less some never start.
const PRE_BUFFER: Duration = Duration::from_millis(50);

/// What is spoken. Anything later is not known to the crate, anything earlier does not let the
/// server choose the volume (PulseAudio 0.9.15, 2009).
const VERSIONS: std::ops::RangeInclusive<u16> = 14..=35;

/// The device of a server that has none: it takes everything and is heard by nobody.
const NO_DEVICE: &[u8] = b"auto_null";

/// How many packets are taken in after the time for it is over. A program that was stopped and goes on
/// finds some that came in time; a server that talks without end must not hold us.
const LATE_MAX: u32 = 64;

/// Bytes of a time in a packet: its tag, seconds and microseconds.
const TIME: usize = 9;

/// Bytes of a sample.
const SAMPLE: usize = size_of::<i16>();

/// A connection to a sound server that knows us.
#[derive(Debug)]
pub struct Pulse {
    wire: Wire,
    version: u16,
    sequence: u32,
    said: Said,
}

/// What the server said and nobody took yet.
#[derive(Debug, Default)]
struct Said {
    /// The stream's number, once there is one.
    channel: Option<u32>,
    /// How many bytes the server asked for beyond those written.
    credit: usize,
    /// The number of the command whose answer is waited for.
    awaited: Option<u32>,
    /// That answer.
    answer: Option<Vec<u8>>,
    /// How far draining has come.
    drain: Drain,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Drain {
    #[default]
    Off,
    /// Asked for by the command of this number.
    Asked(u32),
    Done,
}

impl Pulse {
    /// Finds a server and makes ourselves known. Each of the [`candidates`] gets `timeout` for each of
    /// its answers. Where all fail, the error is the first that says more than
    /// [`Unavailable::NoServer`].
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
            // A forwarded socket without a server behind it takes connections and drops them.
            Unavailable::Killed => Unavailable::NoServer,
            error => error,
        })?;
        let theirs: AuthReply = pulse.reader(&mut &answer[..]).read()?;
        if theirs.version < *VERSIONS.start() {
            return Err(Unavailable::Protocol(format!("its version is {}", theirs.version)));
        }
        pulse.version = theirs.version.min(*VERSIONS.end());

        let mut properties = Props::new();
        properties.set(Prop::ApplicationName, c"vmail");
        pulse.request(&Command::SetClientName(properties))?;
        Ok(pulse)
    }

    /// Makes a stream of `rate` samples a second on the server's default device. It plays as soon as
    /// 50 ms are written, or less and [drained](Output::drain).
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

    /// The number of the stream that was made, and how many bytes it takes.
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

    /// What the device holds, in microseconds, and what the stream's buffer holds, in bytes.
    fn delays(&self, mut answer: &[u8]) -> Result<(u64, u64), Unavailable> {
        let mut reader = self.reader(&mut answer);
        let device = reader.read_usec()?;
        let _source = reader.read_usec()?;
        let _playing = reader.read_bool()?;
        // The two clocks: nothing here depends on them, and the crate's reader trusts them too much.
        let mut answer = answer.get(2 * TIME..).unwrap_or_default();
        let mut reader = self.reader(&mut answer);
        let (written, read) = (reader.read_i64()?, reader.read_i64()?);
        // Negative after the stream ran dry.
        Ok((device, u64::try_from(written.saturating_sub(read)).unwrap_or(0)))
    }

    fn reader<'a>(&self, bytes: &'a mut &[u8]) -> TagStructReader<'a> {
        TagStructReader::new(bytes, self.version)
    }

    /// Sends a command and waits for its answer.
    fn request(&mut self, command: &Command) -> Result<Vec<u8>, Unavailable> {
        self.said.answer = None;
        self.said.awaited = Some(self.send(command)?);
        self.take_in(Instant::now() + self.wire.timeout(), |said| said.answer.is_some())?;
        self.said.answer.take().ok_or(Unavailable::Hung)
    }

    /// Sends a command. Its answer will have the number that is returned.
    fn send(&mut self, command: &Command) -> Result<u32, Unavailable> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut bytes = Vec::new();
        protocol::write_command_message(&mut bytes, self.sequence, command, self.version)?;
        self.wire.send(&bytes)?;
        Ok(self.sequence)
    }

    /// Takes in what the server says, until it is `enough` or `until` is over.
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
    /// What a packet means. Only what such a stream's life depends on is read. That it started, ran
    /// dry or has other buffers changes nothing.
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

    /// What happened to our stream.
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

/// A stream that plays. Dropping it hangs up, which silences it.
#[derive(Debug)]
pub struct Stream {
    pulse: Pulse,
    channel: u32,
    rate: u32,
    paused: bool,
    /// Since when nothing moves though it should.
    stuck: Option<Instant>,
}

impl Stream {
    /// Takes in what the server says until it is `enough`, for at most `patience`. Where that comes to
    /// nothing for twice the time-out, the server or its device hangs: once is what a device may need
    /// to wake up.
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
    fn wanted(&mut self, patience: Duration) -> Result<usize, Unavailable> {
        self.listen(patience, |said| said.credit >= SAMPLE)?;
        Ok(self.pulse.said.credit / SAMPLE)
    }

    fn write(&mut self, samples: &[i16]) -> Result<(), Unavailable> {
        if samples.is_empty() {
            // A server hangs up on a packet without samples.
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
        // The server sends the time back; it does not look at it, and nor do we.
        let question = LatencyParams { channel: self.channel, now: SystemTime::UNIX_EPOCH };
        let answer = self.pulse.request(&Command::GetPlaybackLatency(question))?;
        let (device, buffered) = self.pulse.delays(&answer)?;
        let buffered = Duration::from_secs(buffered / SAMPLE as u64) / self.rate.max(1);
        Ok(Duration::from_micros(device).saturating_add(buffered))
    }
}

/// What an error that a server answered means.
fn refusal(error: PulseError) -> Unavailable {
    match error {
        PulseError::AccessDenied | PulseError::AuthKey => Unavailable::Refused,
        PulseError::NoEntity => Unavailable::NoSink,
        PulseError::Killed | PulseError::ConnectionTerminated => Unavailable::Killed,
        PulseError::Timeout => Unavailable::Hung,
        other => Unavailable::Protocol(format!("it answered \"{other}\"")),
    }
}

impl From<ProtocolError> for Unavailable {
    fn from(error: ProtocolError) -> Unavailable {
        Unavailable::Protocol(match error {
            // A packet is read from memory: all that can happen is its end.
            ProtocolError::Io(_) => "a packet ended too early".to_owned(),
            error => error.to_string(),
        })
    }
}
