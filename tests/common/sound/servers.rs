//! Real sound servers, each with folders, a socket and a silent device of its own.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Write as _, stderr};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vmail::player::pulse::{Environment, Pulse};

use super::recorder::Recorder;
use super::{TIMEOUT, until};

/// The name of the silent device.
const SINK: &str = "test";

/// Which server.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    PulseAudio,
    PipeWire,
}

/// A running server. Ends with all its processes when dropped.
pub struct SoundServer {
    pub kind: Kind,
    folder: TempDir,
    /// What listens is the last of them.
    processes: Vec<Child>,
    port: Option<u16>,
}

impl SoundServer {
    /// A server with a device; `None`, and a loud word, where its programs are not installed.
    pub fn start(kind: Kind) -> Option<SoundServer> {
        let server = SoundServer::start_without_device(kind)?;
        server.add_device();
        Some(server)
    }

    /// As [`SoundServer::start`], with nothing to play on.
    pub fn start_without_device(kind: Kind) -> Option<SoundServer> {
        let programs: &[&str] = match kind {
            Kind::PulseAudio => &["pulseaudio", "pactl", "parec"],
            Kind::PipeWire => &["pipewire", "wireplumber", "pipewire-pulse", "pw-metadata", "pactl", "parec"],
        };
        let missing: Vec<_> = programs.iter().filter(|name| !installed(name)).collect();
        if !missing.is_empty() {
            // Not eprintln: what that writes is hidden where a test passes.
            let _ = writeln!(stderr(), "!!! SKIPPED, nothing was tested with {kind:?}: no {missing:?} here");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut server = SoundServer { kind, folder, processes: Vec::new(), port: None };
        for folder in ["home", "run/pulse"] {
            fs::create_dir_all(server.path(folder)).unwrap();
        }
        server.run();
        Some(server)
    }

    fn run(&mut self) {
        match self.kind {
            Kind::PulseAudio => self.start_pulseaudio(),
            Kind::PipeWire => self.start_pipewire(),
        }
        let environment = self.environment();
        until("the server answers", || Pulse::connect(&environment, TIMEOUT).ok());
    }

    /// Starts it again, whatever is left of it, with a device.
    pub fn restart(&mut self) {
        self.end();
        let _ = fs::remove_dir_all(self.path("run"));
        fs::create_dir_all(self.path("run/pulse")).unwrap();
        self.run();
        self.add_device();
    }

    /// Makes sound in the shortest steps that anybody asks for, as at a desk where time counts.
    pub fn hurry(&self) {
        if let Kind::PipeWire = self.kind {
            let set = ["-n", "settings", "0", "clock.min-quantum", "32"];
            assert!(self.command("pw-metadata").args(set).output().unwrap().status.success());
        }
    }

    fn end(&mut self) {
        for mut process in self.processes.drain(..).rev() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    fn start_pulseaudio(&mut self) {
        // Found free now; that nothing else takes it before the server does is likely enough.
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let script = format!(
            "load-module module-always-sink\n\
             load-module module-native-protocol-unix socket={}\n\
             load-module module-native-protocol-tcp listen=127.0.0.1 port={port} auth-cookie={}\n",
            self.socket().display(),
            self.cookie().display(),
        );
        fs::write(self.path("script"), script).unwrap();
        let mut pulseaudio = self.command("pulseaudio");
        pulseaudio.args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--file"]);
        pulseaudio.arg(self.path("script"));
        self.spawn(pulseaudio);
        self.port = Some(port);
    }

    fn start_pipewire(&mut self) {
        // Of the session manager only what links streams to devices and keeps the default device:
        // the rest wants D-Bus and hardware.
        let policy = self.path("home/.config/wireplumber/policy.lua.d");
        fs::create_dir_all(&policy).unwrap();
        fs::write(
            policy.join("95-test.lua"),
            "load_module(\"metadata\")\nload_module(\"default-nodes\", {})\n",
        )
        .unwrap();
        // Sound is made and recorded in steps of 43 ms. Recording asks for 5 ms, and a busy machine that
        // misses a step loses what was in it.
        let settings = self.path("home/.config/pipewire/pipewire.conf.d");
        fs::create_dir_all(&settings).unwrap();
        fs::write(settings.join("test.conf"), "context.properties = { default.clock.min-quantum = 2048 }\n")
            .unwrap();
        self.spawn(self.command("pipewire"));
        until("pipewire listens", || self.path("run/pipewire-0").exists().then_some(()));
        let mut wireplumber = self.command("wireplumber");
        wireplumber.args(["--config-file", "policy.conf"]);
        self.spawn(wireplumber);
        self.spawn(self.command("pipewire-pulse"));
    }

    /// Adds the silent device and makes it the one that is played on.
    fn add_device(&self) {
        until("the server has a default device", || self.has_default("auto_null").then_some(()));
        let added = self.pactl(&["load-module", "module-null-sink", &format!("sink_name={SINK}")]);
        assert!(added.is_some(), "no device was added");
        until("the device is the default", || {
            self.pactl(&["set-default-sink", SINK]);
            self.has_default(SINK).then_some(())
        });
    }

    /// Takes the silent device away.
    pub fn remove_device(&self) {
        assert!(self.pactl(&["unload-module", "module-null-sink"]).is_some());
    }

    /// Whether streams play on `sink`.
    pub fn has_default(&self, sink: &str) -> bool {
        self.pactl(&["info"]).is_some_and(|info| info.contains(&format!("Default Sink: {sink}\n")))
    }

    /// What a client needs to know.
    pub fn environment(&self) -> Environment {
        Environment {
            xdg_runtime_dir: Some(self.path("run").to_str().unwrap().to_owned()),
            home: Some(self.path("home").to_str().unwrap().to_owned()),
            ..Environment::default()
        }
    }

    /// What a client needs to know to come by TCP. Only [`Kind::PulseAudio`] listens there.
    pub fn environment_tcp(&self) -> Environment {
        Environment {
            pulse_server: Some(format!("tcp:127.0.0.1:{}", self.port.unwrap())),
            pulse_cookie: Some(self.cookie().to_str().unwrap().to_owned()),
            ..Environment::default()
        }
    }

    /// The file of the cookie that TCP asks for.
    pub fn cookie(&self) -> PathBuf {
        self.path("cookie")
    }

    /// Records what the device plays.
    pub fn record(&self) -> Recorder {
        let mut parec = self.client("parec");
        parec.arg(format!("--device={SINK}.monitor"));
        Recorder::start(parec)
    }

    /// Sends a signal to the process that listens.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.processes.last().unwrap()), signal).unwrap();
    }

    /// Sends a signal to the process that has the device: with [`Kind::PipeWire`] another one.
    pub fn signal_device(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.processes[0]), signal).unwrap();
    }

    fn pactl(&self, arguments: &[&str]) -> Option<String> {
        let output = self.client("pactl").args(arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    fn client(&self, program: &str) -> Command {
        let mut command = self.command(program);
        command.env("PULSE_SERVER", format!("unix:{}", self.socket().display()));
        command
    }

    /// A program that knows of nothing but our folders.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let log = File::options().create(true).append(true).open(self.path("log")).unwrap();
        let mut command = Command::new(program);
        command.env_clear().env("PATH", path()).env("LC_ALL", "C");
        command.env("HOME", self.path("home")).env("XDG_RUNTIME_DIR", self.path("run"));
        command.stdin(Stdio::null()).stderr(log);
        command
    }

    fn spawn(&mut self, mut command: Command) {
        self.processes.push(command.stdout(Stdio::null()).spawn().unwrap());
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.path("run/pulse/native")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{:?} said:\n{}", self.kind, fs::read_to_string(self.path("log")).unwrap_or_default());
        }
        self.end();
    }
}

fn installed(program: &str) -> bool {
    std::env::split_paths(&path()).any(|folder| folder.join(program).is_file())
}

#[expect(clippy::disallowed_methods, reason = "where the machine keeps its programs")]
fn path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
