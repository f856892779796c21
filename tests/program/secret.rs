//! The secret is where it was put and nowhere else: every verb and the screen are run with everything
//! that they write to, start and ask being watched, and then all of it is searched.
//!
//! What children of the program see is read from `/proc`, so this runs on Linux alone.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::every::table::{ID, Kind, TABLE};
use crate::harness::{Launch, Signal, Terminal, signal_to, until};
use crate::world::Home;

/// Changes in a URL, in JSON, in TOML, in base64 and in Rust's own quotes; its words do in none of
/// the first three.
const SECRET: &str = "s3cr&t/Ünlikely+\"quote\\Zwölftonmusik";

/// Another one that the server refuses. It is as little to be seen.
const WRONG: &str = "wrong&Ünlikely+\"quote\\Zwölftonmusik";

/// What gives it away: pieces that stay as they are when it is escaped, and the whole in disguise.
fn traces() -> Vec<Vec<u8>> {
    let mut traces: Vec<Vec<u8>> = ["s3cr", "nlikely", "lftonmusik"].map(Into::into).into();
    for engine in [STANDARD, URL_SAFE] {
        for before in ["", "x", "xx"] {
            let text = engine.encode(format!("{before}{SECRET}"));
            // The ends depend on what is around it.
            traces.push(text.as_bytes()[4..text.len() - 4].to_vec());
        }
    }
    traces.extend(["nlikely", "lftonmusik"].map(|text| hex(text).into_bytes()));
    traces
}

/// The bytes of `text` as hexadecimal digits.
fn hex(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    bytes.concat()
}

/// Which trace of a secret is in `bytes`.
fn found_in(bytes: &[u8]) -> Option<String> {
    let small = bytes.to_ascii_lowercase();
    traces().into_iter().find_map(|trace| {
        let lower = trace.to_ascii_lowercase();
        let found = small.windows(lower.len()).any(|part| part == lower);
        found.then(|| String::from_utf8(trace).unwrap())
    })
}

/// Where the program finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Environment,
    Settings,
    Command,
    Stored,
}

/// A server that takes [`SECRET`] alone and remembers what it was asked, and another one, to which it
/// sends whoever asks for a certain recording.
struct Service {
    runtime: Runtime,
    server: MockServer,
    elsewhere: MockServer,
    rows: Arc<Mutex<Vec<Value>>>,
}

impl Service {
    fn start() -> Service {
        let now: DateTime<Utc> = SystemTime::now().into();
        let row = |hours: i64, file: &str| {
            json!({ "time": now.timestamp_millis() - hours * 3_600_000, "from": 919_876_543_210_i64 + hours,
                    "voicename": file })
        };
        let rows = vec![row(1, "a.mp3"), row(2, "away.mp3"), row(3, "gone.mp3"), row(4, "b.mp3")];
        let rows = Arc::new(Mutex::new(rows));
        let runtime = Runtime::new().unwrap();
        let (server, elsewhere) = runtime.block_on(async {
            let (server, elsewhere) = (MockServer::start().await, MockServer::start().await);
            let (known, other) = (rows.clone(), elsewhere.uri());
            let answer = move |request: &Request| answer(request, &known.lock().unwrap(), &other);
            Mock::given(any()).respond_with(answer).mount(&server).await;
            Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&elsewhere).await;
            (server, elsewhere)
        });
        Service { runtime, server, elsewhere, rows }
    }

    fn url(&self) -> String {
        format!("{}/v2", self.server.uri())
    }

    /// A new voicemail.
    fn arrive(&self) {
        let now: DateTime<Utc> = SystemTime::now().into();
        let row = json!({ "time": now.timestamp_millis() - 1_000, "from": 918_012_345_678_i64,
                          "voicename": "new.mp3" });
        self.rows.lock().unwrap().insert(0, row);
    }

    /// Fails unless the secret came where the API wants it, and only there.
    fn search(&self) {
        let received = |server: &MockServer| self.runtime.block_on(server.received_requests()).unwrap();
        let (mut bodies, mut queries) = (0, 0);
        for request in received(&self.server) {
            let (mut url, mut body) = (request.url.clone(), request.body.clone());
            if let Ok(mut object) = serde_json::from_slice::<Value>(&body) {
                let taken = ["secret", "token"].map(|name| object.as_object_mut().unwrap().remove(name));
                bodies += usize::from(taken.into_iter().flatten().any(|secret| secret == SECRET));
                body = serde_json::to_vec(&object).unwrap();
            }
            if url.path().ends_with("/play") {
                let (secrets, rest): (Vec<_>, Vec<_>) =
                    request.url.query_pairs().partition(|(name, _)| ["secret", "token"].contains(&&**name));
                queries += usize::from(secrets.iter().any(|(_, secret)| secret == SECRET));
                url.query_pairs_mut().clear().extend_pairs(rest);
            }
            let seen = written(&Request { url, body, ..request });
            assert_eq!(found_in(seen.as_bytes()), None, "{seen}");
        }
        assert!(bodies > 0 && queries > 0, "the server was never asked with the secret: {bodies} {queries}");
        for request in received(&self.elsewhere) {
            let seen = written(&request);
            assert_eq!(found_in(seen.as_bytes()), None, "another host was sent it: {seen}");
        }
    }
}

/// All that a request says.
fn written(request: &Request) -> String {
    let Request { url, method, headers, body, .. } = request;
    format!("{method} {url} {headers:?} {}", String::from_utf8_lossy(body))
}

fn answer(request: &Request, rows: &[Value], elsewhere: &str) -> ResponseTemplate {
    let refused = json!({ "code": 407, "error": true, "msg": "Authentication Failed" });
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let query = |name: &str| {
        let mut pairs = request.url.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let name = if request.url.path().starts_with("/v1") { "token" } else { "secret" };
    if body[name] != SECRET && query(name) != SECRET {
        return ResponseTemplate::new(200).set_body_json(refused);
    }
    match request.url.path() {
        // With method and body.
        path if path.starts_with("/moved/") => {
            ResponseTemplate::new(307).insert_header("location", format!("{elsewhere}{path}"))
        }
        "/v2/voicemail" | "/v1/voicemail" => {
            let time = |name: &str, or: i64| body[name].as_i64().unwrap_or(or);
            let between = time("start_date", 0)..=time("end_date", i64::MAX);
            let first = body["page"].as_u64().unwrap_or(1) == 1;
            let inside = |row: &&Value| first && between.contains(&row["time"].as_i64().unwrap());
            let found: Vec<_> = rows.iter().filter(inside).collect();
            ResponseTemplate::new(200).set_body_json(
                json!({ "code": 200, "count": found.len(), "total": found.len(), "voicemail": found }),
            )
        }
        path if path.ends_with("/play") => match &*query("file") {
            // With all that was asked: whoever follows sends it on, and whoever tells of it tells all.
            "away.mp3" => ResponseTemplate::new(302)
                .insert_header("location", format!("{elsewhere}/?{}", request.url.query().unwrap())),
            "gone.mp3" => ResponseTemplate::new(404),
            _ => {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/hello.mp3");
                ResponseTemplate::new(200).set_body_raw(fs::read(path).unwrap(), "audio/mpeg")
            }
        },
        _ => ResponseTemplate::new(200).set_body_json(json!({ "code": 200, "request_id": "x" })),
    }
}

/// What each child of the program does: it tells what it was given, and what its parent was.
const CHILD: &str = r#"#!/bin/sh
home=$(cd "$(dirname "$0")/.." && pwd)
name=$(basename "$0")
mkdir -p "$home/children"
cat /proc/$$/environ /proc/$$/cmdline /proc/$PPID/cmdline > "$home/children/$name.$$"
case $name in
    on_new) cat > "$home/children/$name.$$.stdin" ;;
    secret) cat "$VAULT" ;;
esac
"#;

/// The program with all that it can write to, and what it wrote.
struct Watch {
    home: Home,
    /// Holds the secret for the command that is asked for it.
    _vault: TempDir,
    source: Source,
    service: Service,
    told: Vec<(String, Vec<u8>)>,
}

impl Watch {
    fn new(source: Source) -> Watch {
        let (home, vault) = (Home::new(), TempDir::new().unwrap());
        let (temporary, editor) = (home.path().join("tmp"), home.path().join("bin/edit"));
        let mut home = home
            .set("TMPDIR", temporary)
            .set("PATH", "/usr/local/bin:/usr/bin:/bin")
            .set("VMAIL_LOG", "trace")
            .set("VISUAL", editor)
            .set("VAULT", vault.path().join("secret"));
        if source == Source::Environment {
            home = home.set("TELECMI_SECRET", SECRET);
        }
        fs::write(vault.path().join("secret"), format!("{SECRET}\n")).unwrap();
        for folder in ["bin", "tmp", "logs"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        let child = home.path().join("bin/child");
        fs::write(&child, CHILD).unwrap();
        fs::set_permissions(&child, fs::Permissions::from_mode(0o700)).unwrap();
        for name in ["on_new", "secret", "play", "call", "edit"] {
            symlink("child", home.path().join("bin").join(name)).unwrap();
        }
        let watch = Watch { home, _vault: vault, source, service: Service::start(), told: Vec::new() };
        watch.settle(&watch.service.url());
        watch
    }

    /// Writes the settings for the server at `url`.
    fn settle(&self, url: &str) {
        let bin = |name: &str| format!("[\"{}\"]", self.home.path().join("bin").join(name).display());
        let mut settings = format!(
            "appid = 1111112\nbase_url = \"{url}\"\nrange = \"7d\"\nplayer_command = {}\non_new = {}\n\
             call_command = {}\n",
            bin("play"),
            bin("on_new"),
            bin("call"),
        );
        match self.source {
            Source::Settings => settings.extend(["secret = ", &json!(SECRET).to_string(), "\n"]),
            Source::Command => settings.extend(["secret_command = ", &bin("secret"), "\n"]),
            Source::Environment | Source::Stored => {}
        }
        self.home.write_settings(&settings);
    }

    /// Runs the program to its end, and keeps what it wrote.
    fn run(&mut self, arguments: &[&str], stdin: &[u8], more: &[(&str, &str)]) -> i32 {
        let mut command = self.home.command(arguments);
        command.envs(more.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Who has no use for it does not read.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        let output = child.wait_with_output().unwrap();
        let call = arguments.join(" ");
        self.told.push((format!("stdout of {call}"), output.stdout));
        self.told.push((format!("stderr of {call}"), output.stderr));
        output.status.code().unwrap_or(-1)
    }

    /// The screen.
    fn screen(&self, more: &[(&str, &str)]) -> Terminal {
        let log = self.home.path().join("logs/screen");
        let launch = Launch::vmail(&self.home, ["--log".as_ref(), log.as_os_str()]).size(120, 40);
        more.iter().fold(launch, |launch, (name, value)| launch.env(name, value)).start()
    }

    /// Leaves it, and keeps all that it wrote.
    fn leave(&mut self, mut terminal: Terminal, what: &str) {
        let arguments = fs::read(format!("/proc/{}/cmdline", terminal.pid())).unwrap();
        terminal.send("q");
        terminal.end();
        let (bytes, text) = terminal.look(|seen| (seen.bytes.clone(), seen.text()));
        self.told.push((format!("command line of {what}"), arguments));
        self.told.push((format!("bytes of {what}"), bytes));
        self.told.push((format!("screen of {what}"), text.into_bytes()));
    }

    /// What a child of this name has told.
    fn children(&self, name: &str) -> usize {
        let children = fs::read_dir(self.home.path().join("children")).into_iter().flatten();
        children
            .filter(|child| child.as_ref().unwrap().file_name().to_str().unwrap().starts_with(name))
            .count()
    }

    /// Fails unless the secret is where it was put and nowhere else.
    fn search(&self) {
        let allowed = match self.source {
            Source::Settings => Some(self.home.settings()),
            Source::Stored => Some(self.home.secrets()),
            Source::Environment | Source::Command => None,
        };
        let (mut left, mut files) = (vec![self.home.path().to_owned()], 0);
        while let Some(path) = left.pop() {
            assert_eq!(found_in(path.as_os_str().as_encoded_bytes()), None, "{}", path.display());
            if path.is_dir() {
                left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            // A socket holds nothing.
            let Ok(bytes) = fs::read(&path) else { continue };
            let (found, is_allowed) = (found_in(&bytes), allowed.as_ref() == Some(&path));
            assert_eq!(found.is_some(), is_allowed, "{:?}: {} has {found:?}", self.source, path.display());
            files += 1;
        }
        assert!(files > 20, "{files} files were written");
        assert!(allowed.is_none_or(|path| path.exists()), "it is not where it was put");
        for (what, bytes) in &self.told {
            let shown = String::from_utf8_lossy(bytes);
            assert_eq!(found_in(bytes), None, "{:?}: {what}: {shown}", self.source);
        }
        self.service.search();
    }
}

fn everything(source: Source) {
    let mut watch = Watch::new(source);
    if source == Source::Stored {
        let login = ["login", "--no-keyring"];
        assert_eq!(watch.run(&login, WRONG.as_bytes(), &[]), 3);
        assert_eq!(watch.run(&login, SECRET.as_bytes(), &[]), 0, "{:?}", watch.told);
    }
    verbs(&mut watch);
    failures(&mut watch);
    news(&mut watch);
    screens(&mut watch);
    watch.search();
    if source == Source::Stored {
        assert_eq!(watch.run(&["logout"], b"", &[]), 0);
        let secrets = watch.home.secrets();
        assert!(!secrets.exists() && found_in(&watch.told.last().unwrap().1).is_none());
    }
}

/// Every verb of the table.
fn verbs(watch: &mut Watch) {
    assert_eq!(watch.run(&["list", "--json"], b"", &[]), 0, "{:?}", watch.told);
    let listed = String::from_utf8(watch.told[watch.told.len() - 2].1.clone()).unwrap();
    let first: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let id = first["id"].as_str().unwrap().to_owned();
    watch.run(&["export"], b"", &[]);
    let export = watch.told[watch.told.len() - 2].1.clone();
    for verb in TABLE.iter().filter(|verb| !["demo-server", "login", "logout"].contains(&verb.name)) {
        let usual = verb.usual.iter().map(|word| if *word == ID { &*id } else { *word });
        let log = format!("logs/{}", verb.name);
        let mut arguments: Vec<_> = verb.words().into_iter().chain(usual).collect();
        if verb.takes("log") {
            arguments.extend(["--log", &log]);
        }
        if verb.name == "download" {
            arguments.extend(["--manifest", "manifest.jsonl"]);
        }
        let stdin = if verb.stdin == "<export>" { &export[..] } else { b"" };
        let code = watch.run(&arguments, stdin, &[]);
        // Two recordings do not come.
        let expected = if verb.name == "download" { 6 } else { verb.code };
        assert_eq!(code, expected, "{arguments:?}: {:?}", watch.told.last());
    }
    assert!(watch.children("play") > 0 && watch.children("edit") > 0);
    assert_eq!(watch.children("secret") > 0, watch.source == Source::Command);
    // The other service takes it by another name.
    let india = format!("{}/v1", watch.service.server.uri());
    let more = ["--region", "india", "--base-url", &india, "--log", "logs/india"];
    let code = watch.run(&[&["download", "--dir", "india"], &more[..]].concat(), b"", &[]);
    // What was stored is of the other account.
    assert_eq!(code, if watch.source == Source::Stored { 3 } else { 6 }, "{:?}", watch.told.last());
}

/// A secret that is refused, no network, and a server that sends elsewhere.
fn failures(watch: &mut Watch) {
    for verb in TABLE.iter().filter(|verb| verb.kind == Kind::Reads && verb.takes("log")) {
        let arguments = if verb.asking.is_empty() { verb.usual } else { verb.asking };
        let mut arguments = [&verb.words(), arguments].concat();
        arguments.extend(["--log", "logs/refused"]);
        let code = watch.run(&arguments, b"", &[("TELECMI_SECRET", WRONG)]);
        assert_eq!(code, 3, "{arguments:?}: {:?}", watch.told.last());
    }
    let moved = format!("{}/moved", watch.service.server.uri());
    for url in ["http://127.0.0.1:9/v2", &moved] {
        for (arguments, offline) in [(&["list", "--log", "logs/nobody"][..], 6), (&["doctor"], 4)] {
            let code = watch.run(arguments, b"", &[("VMAIL_BASE_URL", url)]);
            // What was stored is for the other server alone.
            let expected = if watch.source == Source::Stored { 3 } else { offline };
            assert_eq!(code, expected, "{arguments:?}: {:?}", watch.told.last());
        }
    }
}

/// A new voicemail while somebody watches.
fn news(watch: &mut Watch) {
    watch.service.arrive();
    let mut command = watch.home.command(&["sync", "--watch", "--json", "--log", "logs/watch"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("on_new has run", || watch.children("on_new") >= 2);
    let arguments = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    signal_to(child.id(), Signal::INT);
    let output = child.wait_with_output().unwrap();
    let told = [("command line", arguments), ("stdout", output.stdout), ("stderr", output.stderr)];
    watch.told.extend(told.map(|(what, bytes)| (format!("{what} of sync --watch"), bytes)));
}

/// The screen: in normal use, with a wrong secret, and without a network.
fn screens(watch: &mut Watch) {
    let mut terminal = watch.screen(&[]);
    terminal.wait_until_live();
    terminal.send(":reload\r");
    terminal.wait_for("settings reloaded");
    terminal.wait_until_live();
    let before = watch.children("play");
    terminal.send(" ");
    until("the player was started", || watch.children("play") > before);
    // It does not play; what may be offered then covers the list.
    terminal.wait_for("exited before");
    if terminal.look(|seen| seen.shows("Listen elsewhere")) {
        terminal.send("\x1b");
        terminal.wait("the list", |seen| !seen.shows("Listen elsewhere"));
    }
    // The second one redirects to another host.
    terminal.moves("j");
    terminal.moves("j");
    terminal.send(" ");
    terminal.wait_for("the secret was not sent there");
    terminal.send("c");
    terminal.wait_for("bin/call");
    terminal.send("\r");
    until("the call was placed", || watch.children("call") > 0);
    terminal.wait_for("Calling +");
    terminal.send("\x1b");
    // Esc together with the next key would be another key.
    terminal.wait("the inbox alone", |seen| !seen.shows("bin/call"));
    watch.leave(terminal, "the inbox");
    let logged = fs::read_to_string(watch.home.path().join("logs/screen")).unwrap();
    assert!(logged.contains("sync ended"), "the log says nothing: {logged}");

    let terminal = watch.screen(&[("TELECMI_SECRET", WRONG)]);
    terminal.wait_for("Authentication Failed");
    watch.leave(terminal, "the inbox with a wrong secret");

    if watch.source != Source::Stored {
        let terminal = watch.screen(&[("VMAIL_BASE_URL", "http://127.0.0.1:9/v2")]);
        terminal.wait_for("ffline");
        watch.leave(terminal, "the inbox without a network");
    }
}

#[test]
fn from_the_environment() {
    everything(Source::Environment);
}

#[test]
fn from_the_settings_file() {
    everything(Source::Settings);
}

#[test]
fn from_a_command() {
    everything(Source::Command);
}

#[test]
fn stored_by_login() {
    everything(Source::Stored);
}

/// The search itself can find it.
#[test]
fn a_secret_in_disguise_is_found() {
    assert_eq!(found_in(b"Secret(\xe2\x80\xa6) of 1111112, appid=1111112&secret=..."), None);
    let percent: String = url_encoded(SECRET);
    for leak in [
        SECRET.to_owned(),
        WRONG.to_owned(),
        format!("{SECRET:?}"),
        json!({ "secret": SECRET }).to_string(),
        percent,
        STANDARD.encode(SECRET),
        STANDARD.encode(format!("1111112:{SECRET}!")),
        URL_SAFE.encode(format!("ab{SECRET}")),
        SECRET[..10].to_owned(),
        SECRET.to_uppercase(),
        hex(SECRET),
    ] {
        assert!(found_in(format!("before {leak} after").as_bytes()).is_some(), "{leak}");
    }
}

fn url_encoded(text: &str) -> String {
    let mut url = reqwest::Url::parse("http://x/").unwrap();
    url.query_pairs_mut().append_pair("secret", text);
    url.to_string()
}
