//! For `vmail doctor`: checks the terminal and the machine: what the screen can show, the clipboard, sound,
//! the time zone.

use std::f32::consts::TAU;
use std::io::{self, IsTerminal as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::audio::{self, Codec, Pcm};
use crate::cli::verbs::doctor::{Check, Finding, within};
use crate::cli::{World, environment};
use crate::config::{self, Settings, Timezone};
use crate::core::text;
use crate::error::Failure;
use crate::player::{Event, Outputs, Play, PlaybackSettings, Player, Sound, Unavailable};
use crate::secret::SECRET_VARIABLE;
use crate::terminal::escape::Multiplexer;
use crate::terminal::{self, colours::Depth};

/// The timeout for tmux.
const TMUX_LIMIT: Duration = Duration::from_secs(2);

/// The timeout for a sound server to open a stream or play the tone.
const SOUND_LIMIT: Duration = Duration::from_secs(10);

/// The minimum window size in columns and rows.
const LEAST: (u16, u16) = (40, 12);

/// The sample rate of the tone, as on a telephone.
const RATE: u32 = 8_000;

/// Checks terminal, clipboard, sound and time zone.
pub(super) fn check(tone: bool, settings: &Settings, world: &World) -> Vec<Finding> {
    let mut findings = terminal(settings, world);
    findings.push(clipboard(world));
    findings.push(sound(tone, settings, world));
    findings.push(time_zone(settings, world));
    findings
}

fn set(world: &World, name: &str) -> Option<String> {
    (world.variable)(name).filter(|value| !value.is_empty()).map(|value| text::clean(&value, text::NAME_MAX))
}

fn terminal(settings: &Settings, world: &World) -> Vec<Finding> {
    let term = set(world, "TERM").unwrap_or_default();
    let here = io::stdout().is_terminal();
    let size = terminal::size().filter(|_| here);
    let name = if term.is_empty() { "TERM is not set" } else { &term };
    let window = match size {
        Some((columns, rows)) => format!("{columns}x{rows}"),
        None => "stdout is not a terminal".to_owned(),
    };
    let ascii = environment::ascii(settings, world);
    let colours = match environment::depth(world, &term) {
        _ if environment::is_plain(world) => "no colours (NO_COLOR)",
        Depth::True => "true colour",
        Depth::Palette => "256 colours",
        Depth::Sixteen => "16 colours",
    };
    let signs = if ascii { "ASCII" } else { "UTF-8" };
    let mut findings = vec![match term.as_str() {
        // Not a fault: verbs do not need a terminal.
        "" | "dumb" if cfg!(unix) => Finding::warning(Check::Terminal, format!("{name}, {window}"))
            .advice("the inbox needs a terminal that can move the cursor; commands do not"),
        _ => Finding::ok(Check::Terminal, format!("{name}, {window}, {colours}, {signs}")),
    }];
    if size.is_some_and(|(columns, rows)| columns < LEAST.0 || rows < LEAST.1) {
        let said = format!("{window} is smaller than {}x{}", LEAST.0, LEAST.1);
        findings.push(Finding::warning(Check::Terminal, said).advice("enlarge the window"));
    }
    if ascii && settings.ascii == config::Ascii::Auto {
        let advice = "set LANG to a UTF-8 locale such as C.UTF-8, or ascii = \"never\" in the settings";
        let said = "the locale is not UTF-8, so borders and symbols are ASCII";
        findings.push(Finding::warning(Check::Terminal, said).advice(advice));
    }
    findings
}

/// Checks whether `y` can copy: it uses OSC 52, which terminals do not confirm.
fn clipboard(world: &World) -> Finding {
    match Multiplexer::detect(world.variable) {
        Multiplexer::Tmux => tmux(world),
        Multiplexer::Screen => {
            Finding::ok(Check::Clipboard, "GNU screen passes OSC 52 on, if the terminal supports it")
        }
        Multiplexer::Plain => match takes_osc52(world) {
            Some(true) => Finding::ok(Check::Clipboard, "the terminal supports OSC 52"),
            Some(false) => Finding::warning(Check::Clipboard, "the terminal does not support OSC 52")
                .advice("select with the mouse, or use another terminal"),
            None => Finding::ok(
                Check::Clipboard,
                "works if the terminal supports OSC 52: press y in the inbox to test",
            ),
        },
    }
}

/// Whether the terminal supports OSC 52, according to its documentation. It is recognised by the
/// environment variables that it sets.
fn takes_osc52(world: &World) -> Option<bool> {
    let term = set(world, "TERM").unwrap_or_default();
    let program = set(world, "TERM_PROGRAM").unwrap_or_default();
    let known = ["kitty", "alacritty", "foot", "ghostty", "wezterm", "contour"];
    if known.iter().any(|name| term.contains(name) || program.to_lowercase().contains(name))
        || set(world, "WT_SESSION").is_some()
        || program == "iTerm.app"
    {
        return Some(true);
    }
    // VTE, GNOME's terminal library, supports it since 0.76.
    let vte = set(world, "VTE_VERSION").and_then(|version| version.parse::<u32>().ok());
    if matches!(term.as_str(), "linux" | "dumb")
        || program == "Apple_Terminal"
        || vte.is_some_and(|vte| vte < 7600)
    {
        return Some(false);
    }
    None
}

/// Checks the options of tmux, which does not pass copied text to the terminal by default.
fn tmux(world: &World) -> Finding {
    if set(world, "TMUX").is_none() {
        return Finding::ok(Check::Clipboard, "tmux on the ssh client: requires set-clipboard on");
    }
    let ask = |scope: &'static str, option: &'static str| {
        within(TMUX_LIMIT, move || {
            let mut tmux = Command::new("tmux");
            tmux.args(["show-options", scope, option]).env_remove(SECRET_VARIABLE);
            let said = tmux.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
            Some(text::clean(&String::from_utf8_lossy(&said.stdout), text::NAME_MAX))
        })
        .flatten()
        .filter(|said| !said.is_empty())
    };
    let clipboard = ask("-sv", "set-clipboard");
    let through = ask("-gwv", "allow-passthrough");
    let is_on = |value: &Option<String>| value.as_deref().is_some_and(|value| matches!(value, "on" | "all"));
    let shown = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    let works = is_on(&clipboard) || is_on(&through);
    let said = format!("tmux: set-clipboard {}, allow-passthrough {}", shown(clipboard), shown(through));
    if works {
        Finding::ok(Check::Clipboard, said)
    } else {
        Finding::warning(Check::Clipboard, said).advice("add `set -s set-clipboard on` to ~/.tmux.conf")
    }
}

/// Opens the sound output, or plays a tone. Without sound there are other ways to listen.
fn sound(tone: bool, settings: &Settings, world: &World) -> Finding {
    let outputs = environment::outputs(settings, world);
    let place = place(&outputs);
    if !tone && let Some(program) = outputs.player_command.first() {
        let said = format!("player_command {program:?}");
        return Finding::ok(Check::Sound, said).advice("run `vmail doctor --tone` to test it");
    }
    let played =
        within(SOUND_LIMIT, move || if tone { play_tone(outputs) } else { outputs.open(RATE).map(drop) });
    match played {
        Some(Ok(())) if tone => Finding::ok(Check::Sound, format!("played a tone: {place}")),
        Some(Ok(())) => Finding::ok(Check::Sound, format!("works: {place}")),
        Some(Err(reason)) => {
            // With --tone, sound is expected; otherwise this may be a server without sound.
            let said = format!("{reason} ({place})");
            let finding = if tone {
                Finding::fault(Check::Sound, Failure::Other, said)
            } else {
                Finding::warning(Check::Sound, said)
            };
            finding.advice("press b in the inbox to listen elsewhere")
        }
        None => {
            Finding::warning(Check::Sound, format!("timed out after {} s ({place})", SOUND_LIMIT.as_secs()))
                .advice("restart the sound server")
        }
    }
}

/// Returns where sound is sent to.
#[cfg(target_os = "linux")]
fn place(outputs: &Outputs) -> String {
    use crate::player::pulse::{Address, candidates};
    if let Some(program) = outputs.player_command.first() {
        return format!("player_command {program:?}");
    }
    let candidates = candidates(&outputs.environment);
    let reachable = candidates.iter().find(|address| match address {
        Address::Unix(path) => path.exists(),
        Address::Tcp { .. } => true,
    });
    match reachable {
        Some(Address::Unix(path)) => format!("PulseAudio or PipeWire at {}", path.display()),
        Some(Address::Tcp { host, port, .. }) => {
            format!("PulseAudio or PipeWire at {}, port {port}", text::clean(host, text::NAME_MAX))
        }
        None if outputs.environment.pulse_server.is_some() => "no sound server at PULSE_SERVER".to_owned(),
        None => "no PulseAudio or PipeWire socket".to_owned(),
    }
}

#[cfg(not(target_os = "linux"))]
fn place(outputs: &Outputs) -> String {
    match outputs.player_command.first() {
        Some(program) => format!("player_command {program:?}"),
        None => "the system's sound device".to_owned(),
    }
}

/// Plays a tone and waits for its end.
fn play_tone(outputs: Outputs) -> Result<(), Unavailable> {
    let (sender, events) = sync_channel(8);
    // Only position events are dropped if the channel is full, and they are not needed.
    let mut player =
        Player::new(move |rate| outputs.open(rate), move |_, event| drop(sender.try_send(event)));
    let settings = PlaybackSettings { auto_level: false, ..PlaybackSettings::default() };
    let play = Play {
        number: 1,
        sound: Sound::new(tone()),
        from: Duration::ZERO,
        settings,
        heard_after: Duration::MAX,
    };
    player.play(play);
    loop {
        match events.recv() {
            Ok(Event::Ended) => return Ok(()),
            Ok(Event::Failed(reason)) => return Err(reason),
            Ok(_) => {}
            Err(_) => return Err(Unavailable::NoThread),
        }
    }
}

/// Returns half a second of a quiet 440 Hz tone, faded in and out to avoid clicks.
fn tone() -> Pcm {
    let count = RATE / 2;
    let fade = RATE as f32 / 50.0;
    let sample = |number: u32| {
        let level = (number as f32 / fade).min((count - number) as f32 / fade).min(1.0);
        0.25 * level * (TAU * 440.0 * number as f32 / RATE as f32).sin()
    };
    let encoding = audio::Encoding { codec: Codec::Pcm, rate: RATE, channels: 1 };
    Pcm { samples: (0..count).map(sample).collect(), encoding, cut: false }
}

fn time_zone(settings: &Settings, world: &World) -> Finding {
    let zone = match settings.timezone {
        Timezone::Named(zone) => {
            return Finding::ok(Check::TimeZone, format!("{} (from the settings)", zone.name()));
        }
        Timezone::Local => config::local_zone((world.variable)("TZ").as_deref(), (world.system_zone)()),
    };
    let advice = "set timezone in the settings, like timezone = \"Asia/Kolkata\"";
    match zone.note {
        Some(note) => Finding::warning(Check::TimeZone, note).advice(advice),
        // Servers often run in UTC although their users do not.
        None if zone.zone.name().ends_with("UTC") => Finding::ok(Check::TimeZone, "UTC (from the system)")
            .advice(format!("if that is wrong, {advice}")),
        None => Finding::ok(Check::TimeZone, format!("{} (from the system)", zone.zone.name())),
    }
}
