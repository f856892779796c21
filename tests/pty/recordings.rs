//! Recordings on their way: what comes in their place, what is fetched when, and what is on the disk.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use vmail::demo::APP_ID;

use crate::harness::{Launch, Seen, Terminal, until};
use crate::home::mode;
use crate::voices::{Reply, Voices, shown_caller};
use crate::world::{Home, Server};

/// A recording of the demo.
fn recording() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/hello.mp3")).unwrap()
}

/// Everything below `folder`: files first and then, apart, the folders.
fn below(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { left.push(path) } else { files.push(path) }
        }
        folders.push(folder);
    }
    (files, folders)
}

fn cache(home: &Home) -> PathBuf {
    home.path().join("cache/vmail/recordings")
}

/// The files of the cache.
fn kept(home: &Home) -> Vec<PathBuf> {
    below(&cache(home)).0
}

/// The name is of our making, and the file is whole.
fn is_finished(path: &Path) -> bool {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    stem.len() == 13
        && stem.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        && path.extension().is_some_and(|kind| kind == "mp3")
}

#[track_caller]
fn quit(mut terminal: Terminal) {
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[track_caller]
fn selects(terminal: &Terminal, row: usize) {
    let caller = shown_caller(row);
    terminal.wait(&caller, |seen| seen.selected().is_some_and(|row| row.contains(&caller)));
}

/// Small in transit, and without an end for who unpacks it.
fn bomb() -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&recording()[..1_000]).unwrap();
    packed.write_all(&vec![0; 200 << 20]).unwrap();
    packed.finish().unwrap()
}

/// Numbers without a pattern (Knuth's multiplier).
fn noise(length: u32) -> Vec<u8> {
    (1..=length).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[test]
fn what_is_no_recording_is_said_and_leaves_nothing() {
    const JSON: &str = "content-type: application/json";
    const AUDIO: &str = "content-type: audio/mpeg";
    const NOT_READY: &str = "not ready yet, retry in ";
    let page = "<!doctype html><title>Log in</title><p>Please log in.";
    let cut = format!("{AUDIO}\r\ncontent-length: 100000");
    let packed = bomb();
    let zipped = format!("{AUDIO}\r\ncontent-encoding: gzip\r\ncontent-length: {}", packed.len());
    let cases = [
        ("JSON", Reply::new(200, JSON, br#"{"code":200,"url":"x"}"#), "it is JSON, not a recording. Check"),
        (
            "HTML",
            Reply::new(200, "content-type: text/html", page.as_bytes()),
            "it is a web page, not a recording. Check",
        ),
        ("nothing", Reply::new(200, AUDIO, b""), NOT_READY),
        ("noise", Reply::new(200, AUDIO, &noise(5_000)), "not send a recording (type audio/mpeg). Check"),
        (
            "a bomb",
            Reply::new(200, &zipped, &packed),
            "larger than 1 MiB. Raise the setting largest_recording",
        ),
        ("no end", Reply::new(200, AUDIO, &recording()).endless(), "larger than 1 MiB. Raise"),
        (
            "an image",
            Reply::new(200, "content-type: image/png", &recording()),
            "not send a recording (type image/png)",
        ),
        (
            "a part",
            Reply::new(200, &cut, &recording()),
            "The connection was lost. Check the network, then try",
        ),
        ("404", Reply::new(404, "content-type: text/html", page.as_bytes()), NOT_READY),
        (
            "404 inside",
            Reply::new(200, JSON, br#"{"code":404,"error":true,"msg":"File not found"}"#),
            NOT_READY,
        ),
        ("502 inside", Reply::new(200, JSON, br#"{"code":502,"msg":"Internal Server Error"}"#), NOT_READY),
    ];
    // In parallel: some are retried for a while.
    let opened = cases.map(|(what, reply, says)| {
        let home = Home::new();
        home.write_settings(
            "prefetch = \"off\"\nlargest_recording = 1\nplayer_command = \"cat >/dev/null\"\n",
        );
        let voices = Voices::start(2, move |_| reply.clone());
        let terminal = voices.inbox(&home, &[]).size(200, 40).start();
        (what, says, home, voices, terminal)
    });
    for (what, says, home, voices, mut terminal) in opened {
        terminal.wait_until_live();
        terminal.send(" ");
        terminal.wait(&format!("{says:?} about {what}"), |seen| flow(seen).contains(says));
        until(&format!("nothing is left of {what}"), || kept(&home).is_empty());
        assert!(terminal.moves("j").contains(&shown_caller(1)), "{what}");
        assert!(!voices.asked().is_empty(), "{what}");
        quit(terminal);
        assert!(kept(&home).is_empty(), "{what} left {:?}", kept(&home));
    }
}

/// What is on screen right of the list, and below it, as one text each.
fn flow(seen: &Seen) -> String {
    let text = seen.text();
    let right = text.lines().filter_map(|line| Some(line.split_once('│')?.1.trim()));
    let whole = text.lines().filter(|line| !line.contains('│')).map(str::trim);
    right.chain(whole).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_cache_holds_whole_recordings_for_this_user_alone() {
    let home = Home::new();
    let voices = Voices::start(2, |_| Reply::audio(&recording()));
    home.write_settings("player_command = \"cat >/dev/null\"\n");
    let mut terminal = voices.inbox(&home, &[]).size(120, 40).start();
    terminal.wait_until_live();
    for keys in [" ", "j "] {
        terminal.send(keys);
        terminal.wait_for("▶ playing");
        terminal.wait_for("Space to play");
    }
    quit(terminal);
    let (files, folders) = below(&cache(&home));
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        assert!(is_finished(&file), "{}", file.display());
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        assert_eq!(fs::read(&file).unwrap(), recording());
    }
    for folder in folders {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
    }
}

#[test]
fn the_selected_one_and_its_neighbours_are_fetched_ahead_two_at_a_time() {
    let home = Home::new();
    let voices = Voices::start(30, |_| Reply::audio(&recording()));
    home.write_settings("prefetch = \"selected\"\n");
    voices.hold(true);
    let mut terminal = voices.inbox(&home, &[]).size(120, 40).start();
    terminal.wait_until_live();
    until("the first is fetched", || voices.running() == [0, 1]);
    // Like a key held down on a stalled connection.
    terminal.send(&"j".repeat(20));
    selects(&terminal, 20);
    until("what is selected now is fetched in their place", || voices.running() == [20, 21]);
    voices.hold(false);
    let asked = || {
        let mut asked = voices.asked();
        asked.sort_unstable();
        asked.dedup();
        asked
    };
    until("all neighbours are fetched", || asked().len() >= 7 && voices.running().is_empty());
    assert_eq!(asked(), [0, 1, 18, 19, 20, 21, 22]);
    assert_eq!(voices.most(|row| row >= 18), 2);
    terminal.wait_for("Space to play");
    until("they are kept", || kept(&home).iter().filter(|path| is_finished(path)).count() >= 5);
    quit(terminal);
    assert_eq!(kept(&home).len(), 5);
}

#[test]
fn lengths_come_while_the_list_is_looked_at() {
    let home = Home::new();
    let server = Server::start();
    let terminal = server.inbox(&home, &[]).size(120, 40).start();
    terminal.wait_until_live();
    let lengths = |seen: &Seen| {
        let text = seen.text();
        let is_length = |word: &str| {
            word.split_once(':').is_some_and(|(minutes, seconds)| minutes.len() == 1 && seconds.len() == 2)
        };
        let known = |line: &&str| line.split('│').next().unwrap().split_whitespace().any(is_length);
        text.lines().filter(known).count()
    };
    terminal.wait("more than the selected one and its neighbours", |seen| lengths(seen) >= 6);
    // Another window is told, and does not fetch them again.
    let before = kept(&home).len();
    let other = server.inbox(&home, &[]).size(120, 40).start();
    other.wait("the same lengths", |seen| lengths(seen) >= before);
    quit(terminal);
    quit(other);
}

#[test]
fn nothing_is_fetched_ahead_where_that_is_off() {
    let home = Home::new();
    let voices = Voices::start(9, |_| Reply::audio(&recording()));
    home.write_settings("prefetch = \"off\"\nplayer_command = \"cat >/dev/null\"\n");
    let mut terminal = voices.inbox(&home, &[]).size(120, 40).start();
    terminal.wait_until_live();
    terminal.moves("j");
    terminal.wait_for("not fetched");
    terminal.moves("j");
    assert_eq!(voices.asked(), [0; 0]);
    terminal.send(" ");
    terminal.wait_for("▶ playing");
    terminal.moves("j");
    terminal.wait("it goes on", |seen| seen.shows("  0:01 ") && seen.shows("p pause"));
    assert_eq!(voices.asked(), [2]);
    quit(terminal);
}

#[test]
fn two_programs_share_the_cache() {
    let home = Home::new();
    let voices = Voices::start(3, |_| Reply::audio(&recording()));
    voices.hold(true);
    let start = || voices.inbox(&home, &[]).size(120, 40).start();
    let first = start();
    until("the first one fetches", || voices.asked().len() == 2 && kept(&home).len() == 2);
    // It looks for partial files of others.
    let second = start();
    until("the second one fetches", || voices.asked().len() == 4 && kept(&home).len() == 4);
    voices.hold(false);
    for terminal in [&first, &second] {
        terminal.wait_for("Space to play");
    }
    until("all is kept", || kept(&home).len() == 3 && kept(&home).iter().all(|path| is_finished(path)));
    quit(first);
    quit(second);
    assert_eq!(kept(&home).len(), 3);
    for file in kept(&home) {
        assert_eq!(fs::read(file).unwrap(), recording());
    }
}

/// A secret that has to be escaped in a URL, and the part of it that is the same in every form.
const SECRET: &str = "nowhere&+/81 x";
const PART: &str = "nowhere";

#[test]
fn the_secret_is_nowhere() {
    let (home, elsewhere) = (Home::new(), tempfile::tempdir().unwrap());
    fs::write(elsewhere.path().join("key"), SECRET).unwrap();
    // One whose server tells it to everyone.
    let fault = format!(r#"{{"code":500,"error":true,"msg":"no such secret: {SECRET}"}}"#);
    let voices = Voices::start(2, move |row| match row {
        0 => Reply::audio(&recording()),
        _ => Reply::new(200, "content-type: application/json", fault.as_bytes()),
    });
    let seen = home.path().join("seen");
    fs::create_dir(&seen).unwrap();
    let player = format!(
        "cd '{}'; cat /proc/self/environ >own-environ; cat /proc/self/cmdline >own-cmdline; \
         cat /proc/$PPID/environ >environ; cat /proc/$PPID/cmdline >cmdline; cat >heard",
        seen.display()
    );
    home.write_settings(&format!(
        "appid = {APP_ID}\nsecret_command = [\"cat\", \"{}/key\"]\nbase_url = \"{}\"\nplayer_command = \"{player}\"\n",
        elsewhere.path().display(),
        voices.url()
    ));
    let log = home.path().join("log");
    let launch = Launch::vmail(&home, ["--log", log.to_str().unwrap()]).env("VMAIL_LOG", "trace");
    let mut terminal = launch.size(120, 40).start();
    terminal.wait_until_live();
    terminal.send(" ");
    terminal.wait_for("▶ playing");
    until("the player is looked at", || seen.join("heard").exists());
    terminal.moves("j");
    terminal.send(" ");
    terminal.wait_for("TeleCMI reported a server error");
    terminal.send("b");
    terminal.wait_for("Listen elsewhere");
    terminal.send("w");
    terminal.wait_for("Save the recording");
    assert!(!fs::read(&log).unwrap().is_empty());
    assert!(voices.heard(PART), "it was not sent at all");
    // While it runs, and when it is over.
    let nowhere = || {
        for file in below(home.path()).0 {
            let bytes = fs::read(&file).unwrap();
            assert!(!contains(&bytes, PART), "it is in {}", file.display());
        }
    };
    nowhere();
    terminal.send("\x1b");
    terminal.wait("the dialog is gone", |seen| !seen.shows("Save the recording"));
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    nowhere();
    assert!(!terminal.written().contains(PART), "it was on screen");
    for name in ["own-environ", "own-cmdline", "environ", "cmdline", "heard"] {
        assert!(fs::metadata(seen.join(name)).unwrap().len() > 0, "{name}");
    }
}

#[test]
fn what_is_being_saved_is_waited_for_at_the_end() {
    let home = Home::new();
    let voices = Voices::start(3, |_| Reply::audio(&recording()));
    voices.hold(true);
    let mut terminal = voices.inbox(&home, &[]).start();
    terminal.wait_until_live();
    terminal.send("w");
    terminal.wait_for("Save the recording");
    terminal.send("\r");
    terminal.wait_for("saving");
    terminal.send("\x1b");
    terminal.wait_for("still saving in the background");
    until("it is under way", || !voices.running().is_empty());
    terminal.send("q");
    terminal.wait("the screen is left", |seen| !seen.screen().alternate_screen());
    voices.hold(false);
    assert_eq!(terminal.end().exit_code(), 0);
    let saved = below(&home.path().join("voicemail")).0;
    let saved: Vec<_> = saved.iter().map(|file| fs::read(file).unwrap() == recording()).collect();
    assert_eq!(saved, [true]);
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}
