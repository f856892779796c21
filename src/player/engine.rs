//! The player thread: owns the recording and the output, carries out commands, keeps the output full and
//! reports the position.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::mailbox::{Mailbox, Orders, Turn};
use super::message::{Event, Events, Open, Play, PlaybackSettings};
use super::playback_clock::PlaybackClock;
use super::{Output, Unavailable};
use crate::audio::Reader;

/// How long to wait for the output before looking at commands again.
const ROUND: Duration = Duration::from_millis(20);

/// How soon a change must be heard. If the output holds less than this, it is not flushed: that way the
/// crossfade into the new position stays intact.
const SOON: Duration = Duration::from_millis(100);

/// The minimum time between two position reports.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// How many pieces per second the trail records.
const PIECES_A_SECOND: usize = 200;

/// How much may be missing at the end of a recording heard to its end: time stretching ends within a frame.
const NEARLY: Duration = Duration::from_millis(50);

/// The state of the player thread.
pub(super) struct Engine {
    mailbox: Arc<Mailbox>,
    open: Open,
    events: Events,
    watch: Option<Duration>,
    /// The current play.
    playing: Option<Playing>,
}

impl Engine {
    pub(super) fn new(mailbox: Arc<Mailbox>, open: Open, events: Events) -> Engine {
        Engine { mailbox, open, events, watch: None, playing: None }
    }

    /// Runs the player thread until told to quit.
    pub(super) fn run(mut self) {
        loop {
            let until = self.playing.as_ref().map_or(Wake::OnOrders, |playing| playing.wake(self.watch));
            let orders = self.mailbox.take(match until {
                Wake::OnOrders => None,
                Wake::At(time) => Some(time),
            });
            if orders.quit {
                return;
            }
            self.round(&orders);
        }
    }

    /// Carries out commands, then continues playing.
    fn round(&mut self, orders: &Orders) {
        if let Some(watch) = orders.watch {
            self.watch = watch;
        }
        if orders.turn.is_some() {
            // Closed before the next one is opened: some outputs allow only one stream.
            self.playing = None;
        }
        if let Some(Turn::Play(play)) = &orders.turn {
            match (self.open)(play.sound.pcm.encoding.rate) {
                Ok(output) => self.playing = Some(Playing::new(play, output)),
                Err(reason) => (self.events)(play.number, Event::Failed(reason)),
            }
        }
        let Some(playing) = &mut self.playing else { return };
        let number = playing.number;
        let tell = |event| (self.events)(number, event);
        match playing.obey(orders).and_then(|()| playing.go_on(self.watch, &tell)) {
            Ok(Progress::Plays) => {}
            Ok(Progress::Ended) => {
                self.playing = None;
                tell(Event::Ended);
            }
            Err(reason) => {
                self.playing = None;
                tell(Event::Failed(reason));
            }
        }
    }
}

/// When the thread wakes up.
enum Wake {
    /// At the next command.
    OnOrders,
    /// At the next command, or at this time.
    At(Instant),
}

enum Progress {
    Plays,
    Ended,
}

/// The state of one play.
struct Playing {
    number: u64,
    reader: Reader,
    output: Box<dyn Output>,
    clock: PlaybackClock,
    paused: bool,
    started: bool,
    /// How much of the recording is silence that can be skipped.
    silence: Duration,
    /// How much must be heard for [`Event::Heard`]; `None` once it was sent.
    heard_after: Option<Duration>,
    /// When the latency was last queried, and the position reported then.
    looked: Option<Instant>,
    reported: Option<Duration>,
    /// Whether the position may have changed since the last report.
    moved: bool,
}

impl Playing {
    fn new(play: &Play, output: Box<dyn Output>) -> Playing {
        let mut reader = Reader::new(Arc::clone(&play.sound.pcm), &play.sound.waveform);
        apply(&mut reader, play.settings);
        reader.seek(play.from);
        Playing {
            number: play.number,
            clock: PlaybackClock::new(reader.rate()),
            reader,
            output,
            paused: false,
            started: false,
            silence: play.sound.waveform.silence(),
            heard_after: Some(play.heard_after),
            looked: None,
            reported: None,
            moved: true,
        }
    }

    fn wake(&self, watched: Option<Duration>) -> Wake {
        if !self.paused {
            return Wake::At(Instant::now());
        }
        // A seek while paused is reported, at the usual rate.
        if watched.is_some() && self.moved {
            Wake::At(self.next_look().unwrap_or_else(Instant::now))
        } else {
            Wake::OnOrders
        }
    }

    /// When the position may be reported next; `None` for at once.
    fn next_look(&self) -> Option<Instant> {
        self.looked.map(|looked| looked + REPORT_EVERY)
    }

    fn obey(&mut self, orders: &Orders) -> Result<(), Unavailable> {
        if let Some(settings) = orders.settings {
            apply(&mut self.reader, settings);
        }
        // Pause before seeking, so that nothing is heard at the new position; resume after it.
        if orders.pause == Some(true) {
            self.pause(true)?;
        }
        if orders.seek.is_some() || orders.step != 0 {
            self.prepare_seek()?;
            if let Some(to) = orders.seek {
                self.reader.seek(to);
            }
            if orders.step != 0 {
                self.reader.step(orders.step);
            }
            self.moved = true;
        }
        if orders.pause == Some(false) {
            self.pause(false)?;
        }
        Ok(())
    }

    fn pause(&mut self, paused: bool) -> Result<(), Unavailable> {
        if self.paused != paused {
            self.output.pause(paused)?;
            self.paused = paused;
            self.moved = true;
        }
        Ok(())
    }

    /// Flushes the output if its samples would be heard too long, or only after a
    /// pause.
    fn prepare_seek(&mut self) -> Result<(), Unavailable> {
        let behind = self.output.latency()?;
        if self.paused || behind > SOON {
            let heard = self.clock.heard(behind);
            self.output.flush()?;
            self.clock.clear(behind);
            if let Some(heard) = heard {
                self.reader.seek(heard);
            }
        }
        Ok(())
    }

    /// Writes what the output accepts, and reports what is heard.
    fn go_on(&mut self, watched: Option<Duration>, tell: &impl Fn(Event)) -> Result<Progress, Unavailable> {
        let mut ended = false;
        if !self.paused {
            ended = if self.reader.left().is_zero() { self.output.drain(ROUND)? } else { self.write()? };
            if !self.started && (ended || self.clock.heard(Duration::ZERO).is_some()) {
                self.started = true;
                tell(Event::Started);
            }
            self.moved = true;
        }
        if ended {
            let behind = Duration::ZERO;
            self.tell_heard(behind, tell);
            self.tell_position(behind, watched, tell);
            return Ok(Progress::Ended);
        }
        let due = self.next_look().is_none_or(|time| Instant::now() >= time);
        if due && self.moved && (watched.is_some() || self.heard_after.is_some()) {
            let behind = self.output.latency()?;
            self.looked = Some(Instant::now());
            self.tell_heard(behind, tell);
            self.tell_position(behind, watched, tell);
            self.moved = !self.paused;
        }
        Ok(Progress::Plays)
    }

    /// Writes as many samples as the output accepts within a round. Returns false: the last samples are not
    /// heard yet.
    fn write(&mut self) -> Result<bool, Unavailable> {
        let wanted = self.output.accepts(ROUND)?;
        // Even an output that accepts everything gets half a second at most, to look at commands in
        // between.
        let most = self.reader.rate() as usize / 2;
        let mut samples = vec![0.0; wanted.min(most)];
        let mut filled = 0;
        for piece in samples.chunks_mut((self.reader.rate() as usize / PIECES_A_SECOND).max(1)) {
            let (position, speed) = (self.reader.position(), self.reader.speed());
            let count = self.reader.fill(piece);
            if count > 0 {
                self.clock.add(count, position, self.reader.position(), speed);
            }
            filled += count;
        }
        let loudest = f32::from(i16::MAX);
        let samples: Vec<i16> =
            samples[..filled].iter().map(|sample| (sample * loudest).round() as i16).collect();
        self.output.write(&samples)?;
        Ok(false)
    }

    fn tell_heard(&mut self, behind: Duration, tell: &impl Fn(Event)) {
        let Some(after) = self.heard_after else { return };
        let skipped = if self.reader.skips_silence() { self.silence } else { Duration::ZERO };
        let all = self.reader.length().saturating_sub(skipped).saturating_sub(NEARLY);
        if self.clock.played(behind) >= after.min(all) {
            self.heard_after = None;
            tell(Event::Heard);
        }
    }

    fn tell_position(&mut self, behind: Duration, watched: Option<Duration>, tell: &impl Fn(Event)) {
        let position = self.clock.heard(behind).unwrap_or_else(|| self.reader.position());
        let Some(step) = watched else { return };
        if self.reported.is_none_or(|reported| reported.abs_diff(position) >= step) {
            self.reported = Some(position);
            tell(Event::Position(position));
        }
    }
}

fn apply(reader: &mut Reader, settings: PlaybackSettings) {
    reader.set_speed(settings.speed);
    reader.set_skip_silence(settings.skip_silence);
    reader.set_volume(settings.volume);
    reader.set_auto_level(settings.auto_level);
}
