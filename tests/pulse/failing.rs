//! Servers that are not there, say nothing, or say the wrong thing. None of them is real.

use std::io::{BufReader, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use pulseaudio::protocol::{
    self, AuthReply, Command, CreatePlaybackStreamReply, PlaybackStreamMovedParams, PulseError, Request,
    SetClientNameReply, Underflow, stream::BufferAttr,
};
use rustix::cmsg_space;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::sockopt::set_socket_passcred;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::getpid;
use tempfile::TempDir;
use vmail::player::pulse::{Environment, Pulse, Stream};
use vmail::player::{Output as _, Unavailable};

use crate::{RATE, TIMEOUT, open};

/// The number of their streams.
const CHANNEL: u32 = 3;

/// The version the fakes speak.
const VERSION: u16 = 35;

/// Short: these tests wait for it to pass.
const SHORT: Duration = Duration::from_millis(300);

fn environment(servers: &str) -> Environment {
    Environment { pulse_server: Some(servers.to_owned()), ..Environment::default() }
}

/// A socket on which `answer` speaks to everyone who comes.
struct Fake {
    folder: TempDir,
}

impl Fake {
    fn new(answer: impl Fn(Client) + Send + 'static) -> Fake {
        let fake = Fake { folder: tempfile::tempdir().unwrap() };
        let listener = UnixListener::bind(fake.socket()).unwrap();
        thread::spawn(move || {
            while let Ok((socket, _)) = listener.accept() {
                answer(Client(BufReader::new(socket)));
            }
        });
        fake
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("native")
    }

    fn environment(&self) -> Environment {
        environment(self.socket().to_str().unwrap())
    }

    fn open(&self, timeout: Duration) -> Result<Stream, Unavailable> {
        Pulse::connect(&self.environment(), timeout)?.start(RATE)
    }
}

fn request(bytes: u32) -> Command {
    Command::Request(Request { channel: CHANNEL, length: bytes })
}

fn created() -> CreatePlaybackStreamReply {
    CreatePlaybackStreamReply { channel: CHANNEL, requested_bytes: 1600, ..Default::default() }
}

/// A packet that is no samples.
fn packet(payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes().to_vec();
    bytes.extend(u32::MAX.to_be_bytes());
    bytes.extend([0; 12]);
    bytes.extend(payload);
    bytes
}

/// One who came, as the fake sees them.
struct Client(BufReader<UnixStream>);

impl Client {
    /// The next command and its number; `None` when they left.
    fn command(&mut self) -> Option<(u32, Command)> {
        protocol::read_command_message(&mut self.0, VERSION).ok()
    }

    fn reply<T: protocol::CommandReply + protocol::TagStructWrite>(&mut self, number: u32, reply: &T) {
        protocol::write_reply_message(self.0.get_mut(), number, reply, VERSION).unwrap();
    }

    fn refuse(&mut self, number: u32, error: PulseError) {
        protocol::write_error(self.0.get_mut(), number, &error).unwrap();
    }

    fn say(&mut self, command: &Command) {
        // They may have left: it is their right.
        let _ = protocol::write_command_message(self.0.get_mut(), u32::MAX, command, VERSION);
    }

    fn say_bytes(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes);
    }

    /// Waits until they leave.
    fn outlast(mut self) {
        let _ = self.0.read_to_end(&mut Vec::new());
    }

    /// Greets as a server does.
    fn welcome(&mut self) {
        let (number, _) = self.command().unwrap();
        self.reply(number, &AuthReply { version: VERSION, ..AuthReply::default() });
        let (number, _) = self.command().unwrap();
        self.reply(number, &SetClientNameReply { client_id: 1 });
    }

    /// Greets, and makes the stream that is asked for.
    fn serve(&mut self) {
        self.welcome();
        let (number, _) = self.command().unwrap();
        self.reply(number, &created());
    }
}

/// A server asks the system for it only once it has accepted the connection. By then the client may
/// have said who it is, and is not asked again.
#[test]
fn the_system_tells_a_server_who_comes_however_late_it_asks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("native");
    let listener = UnixListener::bind(&path).unwrap();
    let client = thread::spawn(move || Pulse::connect(&environment(path.to_str().unwrap()), SHORT));
    let mut socket = Client(BufReader::new(listener.accept().unwrap().0));
    let (number, _) = socket.command().unwrap();
    socket.reply(number, &AuthReply { version: VERSION, ..AuthReply::default() });
    let socket = socket.0.get_ref();
    poll(&mut [PollFd::new(socket, PollFlags::IN)], None).unwrap();
    set_socket_passcred(socket, true).unwrap();

    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmCredentials(1))];
    let mut along = RecvAncillaryBuffer::new(&mut space);
    recvmsg(socket, &mut [IoSliceMut::new(&mut [0; 64])], &mut along, RecvFlags::empty()).unwrap();
    let who = along.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmCredentials(who) => Some(who.pid),
        _ => None,
    });
    assert_eq!(who, Some(getpid()));
    assert_eq!(client.join().unwrap().unwrap_err(), Unavailable::Hung);
}

#[test]
fn where_nothing_listens_there_is_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("native");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for servers in [path.to_str().unwrap(), &format!("tcp:127.0.0.1:{port}"), " ", "/nowhere/at/all"] {
        assert_eq!(open(&environment(servers)).unwrap_err(), Unavailable::NoServer, "{servers:?}");
    }
    // A socket that outlived its server.
    drop(UnixListener::bind(&path).unwrap());
    assert_eq!(open(&environment(path.to_str().unwrap())).unwrap_err(), Unavailable::NoServer);
}

#[test]
fn who_takes_no_connections_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("native");
    let listener = UnixListener::bind(&path).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let _queue = UnixStream::connect(&path).unwrap();
    assert_eq!(open(&environment(path.to_str().unwrap())).unwrap_err(), Unavailable::Hung);
}

#[test]
fn who_never_answers_hangs() {
    for slow in [false, true] {
        let fake = Fake::new(move |mut client| {
            // Slow: one byte of an endless answer after the other.
            while slow && client.0.get_mut().write_all(&[0]).is_ok() {
                thread::park_timeout(Duration::from_millis(20));
            }
            client.outlast();
        });
        let began = Instant::now();
        assert_eq!(fake.open(SHORT).unwrap_err(), Unavailable::Hung);
        assert!(began.elapsed() >= SHORT, "given up too early");
    }
}

#[test]
fn what_is_no_greeting_is_said_to_be_none() {
    let misunderstood = [
        ("another protocol", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("noise", vec![0xff; 64]),
        ("nothing in it", packet(&[])),
        ("another tag", packet(&[b'B', 2, b'B', 1])),
        ("an unknown command", packet(&[b'L', 0, 0, 9, 9, b'L', 0, 0, 0, 1])),
        ("an answer without a version", packet(&[b'L', 0, 0, 0, 2, b'L', 0, 0, 0, 1])),
        ("an unknown error", packet(&[b'L', 0, 0, 0, 0, b'L', 0, 0, 0, 1, b'L', 0, 0, 0, 99])),
        ("too old", packet(&[b'L', 0, 0, 0, 2, b'L', 0, 0, 0, 1, b'L', 0, 0, 0, 13])),
    ];
    for (what, bytes) in misunderstood {
        let fake = Fake::new(move |mut client| {
            client.command();
            client.say_bytes(&bytes);
            client.outlast();
        });
        let error = fake.open(TIMEOUT).unwrap_err();
        assert!(matches!(error, Unavailable::Protocol(_)), "{what}: {error:?}");
    }
}

#[test]
fn refusals_have_their_reasons() {
    let reasons = [
        (PulseError::AccessDenied, Unavailable::Refused),
        (PulseError::AuthKey, Unavailable::Refused),
        (PulseError::Busy, Unavailable::Protocol("error \"Device or resource busy\"".to_owned())),
    ];
    for (error, reason) in reasons {
        let fake = Fake::new(move |mut client| {
            let (number, _) = client.command().unwrap();
            client.refuse(number, error);
        });
        assert_eq!(fake.open(TIMEOUT).unwrap_err(), reason);
    }
    let fake = Fake::new(|mut client| {
        client.welcome();
        let (number, _) = client.command().unwrap();
        client.refuse(number, PulseError::NoEntity);
    });
    assert_eq!(fake.open(TIMEOUT).unwrap_err(), Unavailable::NoSink);
    // As a forwarded socket with nothing behind it.
    let fake = Fake::new(drop);
    assert_eq!(fake.open(TIMEOUT).unwrap_err(), Unavailable::NoServer);
}

#[test]
fn the_first_server_that_answers_is_taken() {
    let refuses = Fake::new(|mut client| {
        let (number, _) = client.command().unwrap();
        client.refuse(number, PulseError::AccessDenied);
    });
    let silent = Fake::new(Client::outlast);
    let good = Fake::new(|mut client| {
        client.welcome();
        client.outlast();
    });
    let list = |fakes: &[&Fake]| {
        let sockets: Vec<_> = fakes.iter().map(|fake| fake.socket().to_str().unwrap().to_owned()).collect();
        environment(&format!("/nowhere {}", sockets.join(" ")))
    };
    let connect = |fakes: &[&Fake]| Pulse::connect(&list(fakes), SHORT);
    assert!(connect(&[&refuses, &silent, &good]).is_ok());
    assert_eq!(connect(&[&refuses, &silent]).unwrap_err(), Unavailable::Refused);
    assert_eq!(connect(&[&silent, &refuses]).unwrap_err(), Unavailable::Hung);
}

#[test]
fn a_stand_in_for_a_device_is_none() {
    let fake = Fake::new(|mut client| {
        client.welcome();
        let (number, _) = client.command().unwrap();
        let stand_in = CreatePlaybackStreamReply { sink_name: Some(c"auto_null".into()), ..created() };
        client.reply(number, &stand_in);
    });
    assert_eq!(fake.open(TIMEOUT).unwrap_err(), Unavailable::NoSink);
}

#[test]
fn what_happens_to_a_stream_is_noticed() {
    let moved = |index, name: &std::ffi::CStr| {
        Command::PlaybackStreamMoved(PlaybackStreamMovedParams {
            stream_index: index,
            device_index: 0,
            device_name: name.into(),
            device_suspended: false,
            buffer_attr: BufferAttr::default(),
            configured_sink_latency: 0,
        })
    };
    let cases = [
        (Command::PlaybackStreamKilled(CHANNEL), Err(Unavailable::Killed)),
        (moved(CHANNEL, c"auto_null"), Err(Unavailable::NoSink)),
        // Another device, somebody else's stream, and what is of no consequence.
        (moved(CHANNEL, c"headphones"), Ok(1)),
        (moved(CHANNEL + 1, c"auto_null"), Ok(1)),
        (Command::PlaybackStreamKilled(CHANNEL + 1), Ok(1)),
        (Command::Request(Request { channel: CHANNEL + 1, length: 200 }), Ok(1)),
        (Command::Underflow(Underflow { channel: CHANNEL, offset: 0 }), Ok(1)),
        (Command::Started(CHANNEL), Ok(1)),
    ];
    for (event, outcome) in cases {
        let said = event.clone();
        let fake = Fake::new(move |mut client| {
            client.serve();
            client.say(&said);
            client.say(&request(2));
            client.outlast();
        });
        let mut stream = fake.open(TIMEOUT).unwrap();
        stream.write(&[0; 800]).unwrap();
        assert_eq!(stream.accepts(TIMEOUT), outcome, "{event:?}");
    }
}

#[test]
fn what_was_asked_for_adds_up() {
    let fake = Fake::new(|mut client| {
        client.serve();
        for bytes in [1, 1, 1, 3] {
            client.say(&request(bytes));
        }
        client.outlast();
    });
    let mut stream = fake.open(TIMEOUT).unwrap();
    assert_eq!(stream.accepts(Duration::ZERO), Ok(800));
    stream.write(&[0; 800]).unwrap();
    let mut wanted = 0;
    while wanted < 3 {
        let more = stream.accepts(TIMEOUT).unwrap();
        stream.write(&vec![0; more]).unwrap();
        wanted += more;
    }
    assert_eq!(stream.accepts(Duration::ZERO), Ok(0));
}

#[test]
fn who_talks_without_end_is_not_listened_to_for_good() {
    let fake = Fake::new(|mut client| {
        client.serve();
        let mut word = Vec::new();
        let nothing = Command::Underflow(Underflow { channel: CHANNEL, offset: 0 });
        protocol::write_command_message(&mut word, u32::MAX, &nothing, VERSION).unwrap();
        // Much at a time, to be faster than who reads it.
        let chatter = word.repeat(4096);
        while client.0.get_mut().write_all(&chatter).is_ok() {}
    });
    let mut stream = fake.open(SHORT).unwrap();
    stream.write(&[0; 800]).unwrap();
    assert_eq!(stream.accepts(Duration::from_millis(20)), Ok(0));
    assert_eq!(stream.latency(), Err(Unavailable::Hung));
}

#[test]
fn the_clocks_of_a_server_are_not_looked_at() {
    let fake = Fake::new(|mut client| {
        client.serve();
        let (number, _) = client.command().unwrap();
        let mut answer = vec![b'L', 0, 0, 0, 2, b'L'];
        answer.extend(number.to_be_bytes());
        for microseconds in [5000_u64, 0] {
            answer.push(b'U');
            answer.extend(microseconds.to_be_bytes());
        }
        answer.push(b'1');
        for _clock in 0..2 {
            answer.push(b'T');
            answer.extend([0xff; 8]);
        }
        for position in [1000_i64, 840] {
            answer.push(b'r');
            answer.extend(position.to_be_bytes());
        }
        client.say_bytes(&packet(&answer));
        client.outlast();
    });
    let mut stream = fake.open(TIMEOUT).unwrap();
    // 5 ms in the device and 80 samples before it.
    assert_eq!(stream.latency(), Ok(Duration::from_millis(15)));
}
