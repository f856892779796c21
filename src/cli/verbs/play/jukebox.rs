//! Plays voicemails one after another: fetches, decodes, plays and marks them, and handles keys.

use std::io;
use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::audio::AudioError;
use crate::cli::context::VerbContext;
use crate::cli::fetcher::{Fetcher, Missing};
use crate::cli::query::Hit;
use crate::cli::verbs::play::keys::{Key, Keys};
use crate::cli::verbs::play::line::{Now, StatusLine, whose};
use crate::cli::{World, environment};
use crate::core::facts::{Fact, Flags};
use crate::core::humanize;
use crate::core::model::VoicemailId;
use crate::core::triage::{BulkEdit, Edit};
use crate::error::Failure;
use crate::player::{
    Control, Event, Outputs, PAUSE_BETWEEN, Play, PlaybackSettings, Player, Sound, Unavailable, next_speed,
};
use crate::recording::FetchError;
use crate::signals::Signals;

/// The capacity of the channel for player events.
const EVENTS: usize = 64;

/// The interval at which the position is updated.
const TIME: Duration = Duration::from_millis(500);

/// How playback ended.
#[derive(Debug)]
pub enum End {
    /// After the last voicemail, or by the user.
    Finished,
    /// By Ctrl-C or another signal.
    Interrupted,
    /// There is no sound output.
    NoSound(Unavailable),
}

/// How playback of one voicemail ended.
enum Over {
    /// It was played to its end.
    Ended,
    /// The user skipped it.
    Skipped,
    /// It could not be played.
    Failed(Failure, String),
    /// Playback as a whole ended.
    All(End),
}

/// Plays a list of voicemails.
pub struct Jukebox<'d> {
    context: &'d VerbContext,
    fetcher: &'d Fetcher,
    player: Player,
    events: mpsc::Receiver<(u64, Event)>,
    playback: PlaybackSettings,
    marks: bool,
    clock: fn() -> DateTime<Utc>,
    line: StatusLine,
    // Dropped together with the jukebox, so that the terminal is restored before messages are printed.
    keys: Option<Keys>,
    signals: Signals,
    failed: usize,
    why: Option<Failure>,
}

impl<'d> Jukebox<'d> {
    /// Returns a jukebox that plays to `outputs`. Marks played voicemails as read if `marks`.
    pub fn new(
        context: &'d VerbContext,
        fetcher: &'d Fetcher,
        outputs: Outputs,
        playback: PlaybackSettings,
        marks: bool,
        world: &World,
    ) -> io::Result<Jukebox<'d>> {
        let (sender, events) = mpsc::channel(EVENTS);
        let tasks = Handle::current();
        let tell = move |number, event| {
            let moved = matches!(event, Event::Position(_));
            // Drop events if the channel is full: playback must not block.
            if let Err(TrySendError::Full(event)) = sender.try_send((number, event))
                && !moved
            {
                let sender = sender.clone();
                tasks.spawn(async move { sender.send(event).await });
            }
        };
        let mut player = Player::new(move |rate| outputs.open(rate), tell);
        let keys = Keys::take((world.variable)("TERM").as_deref())?;
        if keys.is_some() {
            player.send(Control::Watch(Some(TIME)));
        }
        let line = StatusLine::new(keys.is_some(), environment::ascii(&context.settings, world));
        let (clock, failed, why) = (world.clock, 0, None);
        let signals = Signals::watch()?;
        Ok(Jukebox {
            context,
            fetcher,
            player,
            events,
            playback,
            marks,
            clock,
            line,
            keys,
            signals,
            failed,
            why,
        })
    }

    /// Plays all voicemails of `found`, one after another.
    pub async fn play(&mut self, found: Vec<Hit>) -> io::Result<End> {
        for (place, now) in found.iter().enumerate() {
            let next = found.get(place + 1);
            let shown = (found.len() > 1).then_some((place + 1, found.len()));
            let over = self.one(place as u64 + 1, shown, now, next).await?;
            let id = now.entry.record.voicemail.id;
            self.fetcher.library.release(id);
            match over {
                Over::Ended if next.is_some() => {
                    if let Err(Over::All(end)) = self.while_heeding(tokio::time::sleep(PAUSE_BETWEEN)).await {
                        return Ok(end);
                    }
                }
                Over::Ended | Over::Skipped => {}
                Over::Failed(failure, why) => {
                    self.line.say(&format!("{id}: {why}"))?;
                    self.failed += 1;
                    self.why = Some(failure);
                }
                Over::All(end) => return Ok(end),
            }
        }
        Ok(End::Finished)
    }

    /// Ends the jukebox and restores the terminal. Returns the number of failures and the last one.
    pub fn close(mut self) -> (usize, Option<Failure>) {
        // Fails only if the terminal is gone.
        let _ = self.line.clear();
        (self.failed, self.why)
    }

    /// Plays a voicemail, and fetches the `next` one in the meantime.
    async fn one(
        &mut self,
        number: u64,
        place: Option<(usize, usize)>,
        found: &Hit,
        next: Option<&Hit>,
    ) -> io::Result<Over> {
        let voicemail = &found.entry.record.voicemail;
        let time = humanize::clock(voicemail.time, self.context.search.now, self.context.search.zone);
        let mut now = Now {
            paused: false,
            position: Duration::ZERO,
            length: None,
            speed: self.playback.speed,
            whose: whose(found, &time),
            place,
        };
        self.line.show(&now)?;
        let sound = match self.while_heeding(load(self.fetcher, found)).await {
            Ok(Ok(sound)) => sound,
            Ok(Err(unheard)) => return Ok(Over::Failed(unheard.failure(), unheard.to_string())),
            Err(over) => return Ok(over),
        };
        if let Err(error) = self.fetcher.library.recordings.touch(voicemail.id, (self.clock)()) {
            tracing::warn!(%error, "cannot update the last use of a recording");
        }
        now.length = Some(sound.waveform.length());
        let heard_after = self.context.settings.read_after;
        let (from, settings) = (Duration::ZERO, self.playback);
        self.player.play(Play { number, sound, from, settings, heard_after });
        self.line.show(&now)?;
        let fetcher = self.fetcher;
        let mut ahead = pin!(async move {
            if let Some(next) = next {
                // An error is reported when it is played.
                let _ = fetcher.have(next, |_, _| {}).await;
            }
        });
        let mut fetching = true;
        loop {
            let over = tokio::select! {
                event = self.events.recv() => match event {
                    Some((of, event)) if of == number => self.on_event(event, found, &mut now).await?,
                    Some(_) => None,
                    None => Some(Over::All(End::NoSound(Unavailable::NoThread))),
                },
                key = next_key(&mut self.keys) => self.on_key(key, &mut now),
                _ = self.signals.next() => Some(Over::All(End::Interrupted)),
                () = &mut ahead, if fetching => {
                    fetching = false;
                    None
                }
            };
            if let Some(over) = over {
                self.player.send(Control::Stop);
                return Ok(over);
            }
            self.line.show(&now)?;
        }
    }

    async fn on_event(&mut self, event: Event, found: &Hit, now: &mut Now) -> io::Result<Option<Over>> {
        match event {
            Event::Started => {}
            Event::Position(position) => now.position = position,
            Event::Heard => {
                if self.marks && !found.entry.flags.contains(Flags::READ) {
                    let id = found.entry.record.voicemail.id;
                    if let Err(error) = mark(self.context, id).await {
                        self.line.say(&format!("{id}: cannot mark as read: {error}"))?;
                    }
                }
            }
            Event::Ended => return Ok(Some(Over::Ended)),
            Event::Failed(unavailable) => return Ok(Some(Over::All(End::NoSound(unavailable)))),
        }
        Ok(None)
    }

    fn on_key(&mut self, key: Option<Key>, now: &mut Now) -> Option<Over> {
        match key {
            Some(Key::Pause) => {
                now.paused = !now.paused;
                self.player.send(Control::Pause(now.paused));
            }
            Some(Key::Step(millis)) => self.player.send(Control::Step(millis)),
            Some(Key::Speed { faster }) => {
                self.playback.speed = next_speed(self.playback.speed, faster);
                now.speed = self.playback.speed;
                self.player.send(Control::Settings(self.playback));
            }
            other => return Some(ends(other)),
        }
        None
    }

    /// Waits for `work`, unless a key or a signal ends it. Playback keys are ignored.
    async fn while_heeding<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Over> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                key = next_key(&mut self.keys) => match key {
                    Some(Key::Pause | Key::Step(_) | Key::Speed { .. }) => {}
                    other => return Err(ends(other)),
                },
                _ = self.signals.next() => return Err(Over::All(End::Interrupted)),
            }
        }
    }
}

/// Converts a key to how playback ends; a closed terminal ends everything.
fn ends(key: Option<Key>) -> Over {
    match key {
        Some(Key::Next) => Over::Skipped,
        Some(Key::Quit) => Over::All(End::Finished),
        _ => Over::All(End::Interrupted),
    }
}

/// Waits for the next key; forever if there is no terminal.
async fn next_key(keys: &mut Option<Keys>) -> Option<Key> {
    match keys {
        Some(keys) => keys.next().await,
        None => std::future::pending().await,
    }
}

/// Why a voicemail cannot be played.
#[derive(Debug, thiserror::Error)]
enum Unheard {
    #[error("{0}")]
    Missing(#[from] Missing),
    #[error("The recording is empty.")]
    Empty,
    #[error("Cannot play the recording: {error}. Save it with vmail download --id {id}.")]
    Audio { id: VoicemailId, error: AudioError },
    #[error("Cannot read the recording: {0}.")]
    Disk(#[from] io::Error),
}

impl Unheard {
    fn failure(&self) -> Failure {
        match self {
            Unheard::Missing(Missing::Fetch(FetchError::Api(error))) => Failure::from(error),
            Unheard::Missing(Missing::None | Missing::Fetch(FetchError::NotReady)) => Failure::NotFound,
            Unheard::Missing(Missing::Offline) => Failure::Network,
            _ => Failure::Other,
        }
    }
}

async fn load(fetcher: &Fetcher, found: &Hit) -> Result<Sound, Unheard> {
    let id = found.entry.record.voicemail.id;
    let kept = fetcher.have(found, |_, _| {}).await?;
    fetcher.library.analyse(id, &kept).await?.map_err(|error| match error {
        AudioError::Empty => Unheard::Empty,
        error => Unheard::Audio { id, error },
    })
}

/// Marks a voicemail as read.
async fn mark(context: &VerbContext, id: VoicemailId) -> anyhow::Result<()> {
    let account = context.account().await?;
    let change = BulkEdit { ids: vec![id], edit: Edit::Fact(Fact::Read, Some(0)) };
    context.store.call(move |store| store.apply(account, &change)).await?;
    Ok(())
}
