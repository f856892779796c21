//! Listening at the desk: a real sound server, none at all, and a program of the user's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vmail::audio;

use crate::harness::{Launch, Seen, Signal, Terminal, process_state, until};
use crate::jobs::{BASH, has, opened_in, quits, shell_answers};
use crate::sound::servers::{Kind, SoundServer};
use crate::sound::tone::{sine, wav};
use crate::voices::{Reply, Voices, shown_caller};
use crate::world::{Home, with_credentials};

/// The rate of a telephone line.
const RATE: u32 = 8_000;

/// How high the start of [`tones`] sounds and what follows, in Hz, and how long.
const START: f64 = 440.0;
const REST: f64 = 900.0;
const CHANGE: Duration = Duration::from_secs(3);
const AFTER: Duration = Duration::from_secs(27);

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Half a minute of which can be heard where it is.
fn tones() -> Vec<u8> {
    wav(&[sine(START, CHANGE, RATE), sine(REST, AFTER, RATE)].concat(), RATE)
}

fn voices() -> Voices {
    Voices::start(3, |_| Reply::audio(&tones()))
}

/// With the sound of `server`, named by this machine's own name where it has one.
fn with_sound(launch: Launch, server: &SoundServer) -> Launch {
    let id = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let id = if id.trim().is_empty() { String::new() } else { format!("{{{}}}", id.trim()) };
    launch.env("PULSE_SERVER", format!("{id}unix:{}", server.socket().display()))
}

/// The inbox, with what it writes to stderr kept in a file.
struct Desk {
    terminal: Terminal,
    stderr: PathBuf,
}

impl Desk {
    fn start(home: &Home, voices: &Voices, prepare: impl FnOnce(Launch) -> Launch) -> Desk {
        let stderr = home.path().join("stderr");
        let script = format!("exec \"$VMAIL\" --base-url {} 2>'{}'", voices.url(), stderr.display());
        let launch = with_credentials(Launch::shell(home, &script)).size(120, 40);
        let terminal = prepare(launch).start();
        terminal.wait_until_live();
        Desk { terminal, stderr }
    }

    /// Quits, and nothing was ever written to stderr.
    #[track_caller]
    fn quit(mut self) {
        self.terminal.send("q");
        assert_eq!(self.terminal.end().exit_code(), 0);
        self.terminal.assert_given_back();
        assert_eq!(fs::read_to_string(self.stderr).unwrap(), "");
    }
}

/// Where the playback is, in seconds, as the player line says.
fn position(seen: &Seen) -> Option<u64> {
    let text = seen.text();
    let line = text.lines().find(|line| line.ends_with("p pause") || line.ends_with("p resume"))?;
    line.split_once("  0:")?.1.split_whitespace().next()?.parse().ok()
}

#[track_caller]
fn near(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 0.02, "{found} Hz instead of {expected}");
}

#[test]
fn space_plays_and_holds_and_esc_stops() {
    let Some(server) = SoundServer::start(Kind::PulseAudio) else { return };
    let (home, voices) = (Home::new(), voices());
    let recorder = server.record();
    let mut desk = Desk::start(&home, &voices, |launch| with_sound(launch, &server));
    let terminal = &mut desk.terminal;

    terminal.send(" ");
    terminal.wait_for("▶ playing");
    terminal.wait("it moves", |seen| position(seen) >= Some(1));
    until("it is heard", || recorder.sound() > ms(500));
    near(recorder.tones()[0].frequency, START);

    terminal.send(" ");
    terminal.wait_for("‖ paused");
    recorder.settle();
    let (held, heard) = (terminal.look(position), recorder.sound());
    recorder.roll(ms(700));
    assert_eq!((terminal.look(position), recorder.sound()), (held, heard), "it goes on while it is held");

    terminal.send(" ");
    terminal.wait_for("▶ playing");
    terminal.wait("it goes on", |seen| position(seen) > held);
    until("it is heard again", || recorder.sound() > heard + ms(300));

    terminal.send("\x1b");
    terminal.wait("it stops", |seen| seen.shows("Space to play") && position(seen).is_none());
    recorder.settle();

    // During playback.
    let heard = recorder.sound();
    terminal.send(" ");
    until("it is heard from the start", || recorder.sound() > heard + ms(300));
    desk.quit();
    recorder.settle();
}

#[test]
fn ctrl_z_silences_it_at_once_and_fg_goes_on() {
    let Some(server) = SoundServer::start(Kind::PulseAudio).filter(|_| has("bash")) else { return };
    let (home, voices) = (Home::new(), voices());
    let recorder = server.record();
    let launch = with_sound(Launch::program(&home, Path::new("bash"), BASH), &server);
    let (mut terminal, pid) = opened_in(launch, &voices.url());
    terminal.send(" ");
    until("it is heard", || recorder.sound() > ms(500));

    terminal.send("\x1a");
    until("it is stopped", || process_state(pid) == Some('T'));
    let heard = recorder.sound();
    recorder.roll(ms(1_000));
    // The rest is what the server and the recorder had on their way, on a busy machine.
    let after = recorder.sound().saturating_sub(heard);
    assert!(after < ms(400), "{after:?} were heard after it was stopped");
    shell_answers(&mut terminal, 100);

    let heard = recorder.sound();
    terminal.send("fg\n");
    terminal.wait_for("▶");
    until("it goes on", || recorder.sound() > heard + ms(500));
    quits(terminal, pid);
    recorder.settle();
}

#[test]
fn a_sound_server_that_dies_is_one_line_and_space_goes_on_where_it_was() {
    let Some(mut server) = SoundServer::start(Kind::PulseAudio) else { return };
    let (home, voices) = (Home::new(), voices());
    let recorder = server.record();
    let mut desk = Desk::start(&home, &voices, |launch| with_sound(launch, &server));
    let terminal = &mut desk.terminal;
    terminal.send(" ");
    terminal.wait("it is past the change", |seen| position(seen) > Some(CHANGE.as_secs()));
    server.signal(Signal::KILL);
    terminal.wait_for("Playback stopped: ");
    let text = terminal.text();
    assert_eq!(text.matches("Playback stopped").count(), 1, "{text}");
    let line = text.lines().find(|line| line.contains("Playback stopped")).unwrap();
    assert!(line.contains("Press p to resume."), "{line}");
    drop(recorder);

    // The sound server is gone.
    terminal.send(" ");
    terminal.wait_for("No sound: no sound server at the address in PULSE_SERVER.");
    terminal.send("\x1b");
    terminal.wait("the overlay is gone", |seen| !seen.shows("No sound:"));

    server.restart();
    let recorder = server.record();
    terminal.send(" ");
    terminal.wait("it goes on", |seen| position(seen) > Some(CHANGE.as_secs()));
    until("it is heard again", || recorder.sound() > ms(300));
    near(recorder.tones()[0].frequency, REST);
    desk.quit();
}

#[test]
fn without_a_sound_server_there_are_other_ways() {
    let (home, voices) = (Home::new(), voices());
    let mut desk = Desk::start(&home, &voices, |launch| launch);
    let terminal = &mut desk.terminal;
    terminal.send(" ");
    terminal.wait_for("No sound: no sound server is running here.");
    terminal.wait_for("Listen elsewhere");
    terminal.send("\x1b");
    terminal.wait("the overlay is gone", |seen| !seen.shows("Listen elsewhere"));
    let first = shown_caller(0);
    terminal.wait(&first, |seen| seen.selected().is_some_and(|row| row.contains(&first)));
    assert!(terminal.moves("j").contains(&shown_caller(1)));
    desk.quit();
}

/// The program gets the whole recording, and nothing about the account.
#[test]
fn a_program_of_the_users_own_gets_a_wav_and_no_secret() {
    let home = Home::new();
    let length = Duration::from_secs(2);
    let voices = Voices::start(1, move |_| Reply::audio(&wav(&sine(START, length, RATE), RATE)));
    let file = |name: &str| home.path().join(name);
    home.write_settings(&format!(
        "player_command = \"cat /proc/self/environ >'{}'; cat >'{}'\"\n",
        file("environ").display(),
        file("heard").display(),
    ));
    let mut desk = Desk::start(&home, &voices, |launch| launch);
    desk.terminal.send(" ");
    desk.terminal.wait_for("▶ playing");
    desk.terminal.wait_for("Space to play");
    let heard = audio::decode(&fs::read(file("heard")).unwrap()).unwrap();
    let seconds = heard.samples.len() as f64 / f64::from(heard.encoding.rate);
    assert!((seconds - length.as_secs_f64()).abs() < 0.05, "{seconds} s");
    let environ = fs::read(file("environ")).unwrap();
    let environ = String::from_utf8_lossy(&environ);
    assert!(environ.contains("HOME="), "{environ}");
    assert!(!environ.contains(vmail::demo::SECRET), "{environ}");
    desk.quit();
}
