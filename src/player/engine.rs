//! The thread that plays: it owns the recording that is read and the output that it is written to, and
//! nothing else does. Between two orders it keeps the output full and says what is heard.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::handle::{Event, Events, Manner, Open, Play};
use super::mailbox::{Mailbox, Orders, Turn};
use super::trail::Trail;
use super::{Output, Unavailable};
use crate::audio::Reader;

/// How long the output is waited for until orders are looked at again.
const ROUND: Duration = Duration::from_millis(20);

/// How soon a change is heard. What an output holds may play to its end where that is less: the
/// crossfade to what follows is better than any that starts in the middle.
const SOON: Duration = Duration::from_millis(100);

/// How often the position is reported at the most.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// How finely it is known what belongs to which place, in pieces a second.
const PIECES_A_SECOND: usize = 200;

/// How much of a recording may be missing from all of it: a time-stretched one ends within a frame.
const NEARLY: Duration = Duration::from_millis(50);

/// See the module.
pub(super) struct Engine {
    mailbox: Arc<Mailbox>,
    open: Open,
    events: Events,
    watch: Option<Duration>,
    /// What is being played.
    playing: Option<Playing>,
}

impl Engine {
    pub(super) fn new(mailbox: Arc<Mailbox>, open: Open, events: Events) -> Engine {
        Engine { mailbox, open, events, watch: None, playing: None }
    }

    /// Runs until it is told to quit.
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

    /// Obeys, and goes on playing.
    fn round(&mut self, orders: &Orders) {
        if let Some(watch) = orders.watch {
            self.watch = watch;
        }
        if orders.turn.is_some() {
            // Silenced before the next one is opened: no output need be able to hold two.
            self.playing = None;
        }
        if let Some(Turn::Play(play)) = &orders.turn {
            match (self.open)(play.sound.pcm.sound.rate) {
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
    /// When somebody asks for something.
    OnOrders,
    /// Then too, or when it is this late.
    At(Instant),
}

enum Progress {
    Plays,
    Ended,
}

/// One play.
struct Playing {
    number: u64,
    reader: Reader,
    output: Box<dyn Output>,
    trail: Trail,
    paused: bool,
    started: bool,
    /// How much of the recording is silence that can be left out.
    silence: Duration,
    /// How much of it has to be heard until that is told; `None` when it was told.
    heard_after: Option<Duration>,
    /// When the output was last asked what is heard, and what was reported then.
    looked: Option<Instant>,
    reported: Option<Duration>,
    /// Whether what is heard may be another place than the one that was reported.
    moved: bool,
}

impl Playing {
    fn new(play: &Play, output: Box<dyn Output>) -> Playing {
        let mut reader = Reader::new(Arc::clone(&play.sound.pcm), &play.sound.waveform);
        apply(&mut reader, play.manner);
        reader.seek(play.from);
        Playing {
            number: play.number,
            trail: Trail::new(reader.rate()),
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
        // A step in a pause is shown, if not more often than anything else.
        if watched.is_some() && self.moved {
            Wake::At(self.next_look().unwrap_or_else(Instant::now))
        } else {
            Wake::OnOrders
        }
    }

    /// When it may be said again what is heard; at once where it never was.
    fn next_look(&self) -> Option<Instant> {
        self.looked.map(|looked| looked + REPORT_EVERY)
    }

    fn obey(&mut self, orders: &Orders) -> Result<(), Unavailable> {
        if let Some(manner) = orders.manner {
            apply(&mut self.reader, manner);
        }
        // To be held comes before going elsewhere, so that nothing is heard from there; to be let go
        // comes after it.
        if orders.pause == Some(true) {
            self.pause(true)?;
        }
        if orders.seek.is_some() || orders.step != 0 {
            self.leave()?;
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

    /// Gets ready to go elsewhere. Where what was written would still be heard for long, or later, it
    /// is forgotten.
    fn leave(&mut self) -> Result<(), Unavailable> {
        let behind = self.output.latency()?;
        if self.paused || behind > SOON {
            let heard = self.trail.heard(behind);
            self.output.flush()?;
            self.trail.clear(behind);
            if let Some(heard) = heard {
                self.reader.seek(heard);
            }
        }
        Ok(())
    }

    /// Writes what the output wants, and says what is heard.
    fn go_on(&mut self, watched: Option<Duration>, tell: &impl Fn(Event)) -> Result<Progress, Unavailable> {
        let mut ended = false;
        if !self.paused {
            ended = if self.reader.left().is_zero() { self.output.drain(ROUND)? } else { self.write()? };
            if !self.started && (ended || self.trail.heard(Duration::ZERO).is_some()) {
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

    /// Writes what is wanted, if anything is within a round. Never the end: what was written last is
    /// still to be heard.
    fn write(&mut self) -> Result<bool, Unavailable> {
        let wanted = self.output.wanted(ROUND)?;
        // An output that wants everything does not get it: orders are looked at in between.
        let most = self.reader.rate() as usize / 2;
        let mut samples = vec![0.0; wanted.min(most)];
        let mut filled = 0;
        for piece in samples.chunks_mut((self.reader.rate() as usize / PIECES_A_SECOND).max(1)) {
            let (position, speed) = (self.reader.position(), self.reader.speed());
            let count = self.reader.fill(piece);
            if count > 0 {
                self.trail.add(count, position, self.reader.position(), speed);
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
        if self.trail.played(behind) >= after.min(all) {
            self.heard_after = None;
            tell(Event::Heard);
        }
    }

    fn tell_position(&mut self, behind: Duration, watched: Option<Duration>, tell: &impl Fn(Event)) {
        let position = self.trail.heard(behind).unwrap_or_else(|| self.reader.position());
        let Some(step) = watched else { return };
        if self.reported.is_none_or(|reported| reported.abs_diff(position) >= step) {
            self.reported = Some(position);
            tell(Event::Position(position));
        }
    }
}

fn apply(reader: &mut Reader, manner: Manner) {
    reader.set_speed(manner.speed);
    reader.set_skip_silence(manner.skip_silence);
    reader.set_volume(manner.volume);
    reader.set_auto_level(manner.auto_level);
}
