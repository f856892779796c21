//! Listening over ssh: a page for the browser, a file, the clipboard, and what is remembered.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{Launch, Terminal};
use crate::voices::{Reply, Voices};
use crate::world::Home;

/// A recording of the demo.
fn recording() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/invoice.mp3")).unwrap()
}

fn voices() -> Voices {
    Voices::start(2, |_| Reply::audio(&recording()))
}

/// As sshd starts it.
fn over_ssh(launch: Launch) -> Launch {
    launch.env("SSH_CONNECTION", "10.1.2.3 51000 10.0.0.7 22").env("USER", "meera").size(120, 40)
}

fn open(home: &Home, voices: &Voices) -> Terminal {
    let terminal = over_ssh(voices.inbox(home, &[])).start();
    terminal.wait_until_live();
    terminal
}

/// The overlay, after Space.
fn offered(home: &Home, voices: &Voices) -> Terminal {
    let mut terminal = open(home, voices);
    terminal.send(" ");
    terminal.wait_for("Listen over ssh");
    terminal
}

#[track_caller]
fn quit(mut terminal: Terminal) {
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

/// Asks a server on this machine; the head of the answer and its body.
fn get(port: u16, path: &str, more: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap(), body)
}

/// The address of the page, as it stands on screen: its port and its path.
fn address(terminal: &Terminal) -> (u16, String) {
    let text = terminal.text();
    let (_, address) = text.split_once("http://127.0.0.1:").unwrap();
    let address = address.split_whitespace().next().unwrap();
    let (port, path) = address.split_once('/').unwrap();
    (port.parse().unwrap(), format!("/{path}"))
}

/// The text that was put on the clipboard last.
fn clipboard(written: &str) -> Option<String> {
    let (_, sequence) = written.rsplit_once("\x1b]52;c;")?;
    let (text, _) = sequence.split_once('\x07')?;
    Some(String::from_utf8(STANDARD.decode(text).unwrap()).unwrap())
}

#[test]
fn a_page_is_served_once_and_ends_with_the_program() {
    let (home, voices) = (Home::new(), voices());
    let mut terminal = offered(&home, &voices);
    terminal.send("b");
    terminal.wait_for("then open within ten minutes");
    let (port, path) = address(&terminal);

    let line = format!("ssh -N -L {port}:127.0.0.1:{port} meera@");
    assert!(terminal.text().contains(&line), "{}", terminal.text());
    terminal.send("c");
    terminal.wait("the line is copied", |seen| {
        clipboard(&String::from_utf8_lossy(&seen.bytes)).is_some_and(|copied| copied.starts_with(&line))
    });

    let (head, _) = get(port, "/guessed/", "");
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    let (head, page) = get(port, &path, "");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    terminal.wait_for("opened in your browser");
    let page = String::from_utf8(page).unwrap();
    let (_, audio) = page.split_once("<source src=\"").unwrap();
    let audio = audio.split('"').next().unwrap();
    let (head, some) = get(port, audio, "range: bytes=100-299\r\n");
    assert!(head.starts_with("HTTP/1.1 206 "), "{head}");
    assert_eq!(some, &recording()[100..300]);
    assert_eq!(get(port, audio, "").1, recording());

    let (head, second) = get(port, &path, "");
    assert!(head.starts_with("HTTP/1.1 410 "), "{head}");
    assert!(!String::from_utf8(second).unwrap().contains(audio));

    terminal.send("\x1b");
    terminal.wait("the overlay is gone", |seen| !seen.shows("Listen over ssh"));
    quit(terminal);
    // Another test may have the port by now, but it does not answer like the page.
    if let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let mut answer = Vec::new();
        let asked = write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        let _ = asked.and_then(|()| stream.read_to_end(&mut answer));
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.starts_with("HTTP/1.1 410 "), "the page is still there: {answer}");
    }
}

#[test]
fn the_page_knows_a_wav_behind_junk() {
    let wav = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/front-desk.wav")).unwrap();
    let sent = [b"\r\n".to_vec(), wav].concat();
    let reply = Reply::audio(&sent);
    let (home, voices) = (Home::new(), Voices::start(2, move |_| reply.clone()));
    let mut terminal = offered(&home, &voices);
    terminal.send("b");
    terminal.wait_for("then open within ten minutes");
    let (port, path) = address(&terminal);
    let page = String::from_utf8(get(port, &path, "").1).unwrap();
    assert!(
        page.contains("type=\"audio/wav\"") && page.contains(".wav\"") && !page.contains(".mp3"),
        "{page}"
    );
    let (_, audio) = page.split_once("<source src=\"").unwrap();
    let (head, bytes) = get(port, audio.split('"').next().unwrap(), "");
    assert!(head.to_lowercase().contains("content-type: audio/wav\r\n"), "{head}");
    assert_eq!(bytes, sent);
    terminal.send("\x1b");
    terminal.wait("the overlay is gone", |seen| !seen.shows("Listen over ssh"));
    quit(terminal);
}

#[test]
fn a_recording_is_saved_where_asked_and_replaces_nothing_unasked() {
    let (home, voices) = (Home::new(), voices());
    let mut terminal = offered(&home, &voices);
    terminal.send("w");
    terminal.wait_for("Save the recording");
    // Ctrl-U empties the line.
    terminal.send("\x15~/calls/first.mp3");
    terminal.wait_for("~/calls/first.mp3");
    let path = home.path().join("calls/first.mp3");
    assert!(!path.exists());
    terminal.send("\r");
    terminal.wait_for("saved: ~/calls/first.mp3");
    assert_eq!(fs::read(&path).unwrap(), recording());
    let line = format!("scp meera@10.0.0.7:{} .", path.display());
    let brings_it = |text: &str| text.split_whitespace().collect::<String>().contains("/calls/first.mp3.");
    assert!(brings_it(&terminal.text()), "{}", terminal.text());
    terminal.send("c");
    terminal.wait("the line is copied", |seen| {
        let copied = clipboard(&String::from_utf8_lossy(&seen.bytes));
        // A fully qualified host name is used as it is.
        copied.is_some_and(|copied| copied == line || copied.starts_with("scp meera@") && brings_it(&copied))
    });

    // A folder is enough, with or without a trailing slash.
    for typed in ["~/calls/more/", "~/calls/more"] {
        terminal.send("w");
        terminal.wait_for("Save the recording");
        terminal.send(&format!("\x15{typed}\r"));
        if typed.ends_with('/') {
            terminal.wait_for("saved: ~/calls/more/20");
        } else {
            terminal.wait_for("file exists:");
            terminal.send("\x1b");
            terminal.wait("the dialog is gone", |seen| !seen.shows("Save the recording"));
        }
    }
    assert_eq!(fs::read_dir(home.path().join("calls/more")).unwrap().count(), 1);
    fs::remove_dir_all(home.path().join("calls/more")).unwrap();

    fs::write(&path, "the user's own").unwrap();
    terminal.send("w");
    terminal.wait_for("Save the recording");
    terminal.send("\x15~/calls/first.mp3\r");
    terminal.wait_for("file exists: Enter to overwrite");
    assert_eq!(fs::read(&path).unwrap(), b"the user's own");
    terminal.send("\r");
    terminal.wait("it is replaced", |seen| !seen.shows("Save the recording"));
    assert_eq!(fs::read(&path).unwrap(), recording());
    terminal.send("\x1b");
    terminal.wait("the overlay is gone", |seen| !seen.shows("Listen over ssh"));
    quit(terminal);

    // The way and the folder are remembered; the file name is new.
    let mut terminal = open(&home, &voices);
    terminal.send(" ");
    terminal.wait_for("Save the recording");
    terminal.wait_for("~/calls/20");
    terminal.send("\r");
    terminal.wait_for("saved: ~/calls/20");
    let mut names: Vec<PathBuf> =
        fs::read_dir(home.path().join("calls")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let [made, first] = names.as_slice() else { panic!("{names:?}") };
    assert_eq!(first, &path);
    let name = made.file_stem().unwrap().to_str().unwrap();
    assert!(name.contains("98765") && made.extension().is_some_and(|kind| kind == "mp3"), "{made:?}");
    assert_eq!(fs::read(made).unwrap(), recording());
}

#[test]
fn the_page_is_remembered_as_the_way() {
    let (home, voices) = (Home::new(), voices());
    let mut terminal = offered(&home, &voices);
    terminal.send("w");
    terminal.wait_for("Save the recording");
    terminal.send("\x1b");
    terminal.wait("the dialog is gone", |seen| !seen.shows("Save the recording"));
    quit(terminal);

    // What was only tried is not remembered.
    let mut terminal = offered(&home, &voices);
    terminal.send("b");
    terminal.wait_for("then open within ten minutes");
    let (port, first) = address(&terminal);
    get(port, &first, "");
    terminal.wait_for("opened in your browser");
    terminal.send("\x1b");
    terminal.wait("the overlay is gone", |seen| !seen.shows("Listen over ssh"));
    quit(terminal);

    let mut terminal = open(&home, &voices);
    terminal.send(" ");
    terminal.wait_for("then open within ten minutes");
    assert_ne!(address(&terminal).1, first);
}
