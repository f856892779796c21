//! The page for the browser, asked over real sockets by whoever could ask: the browser it is for,
//! other users of the machine, and other sites' pages.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{advance, pause, resume};
use vmail::web::{Closed, Options, Page, Stage};

const MINUTE: Duration = Duration::from_secs(60);

/// A thousand bytes of which each part is different from the others.
fn recording() -> Bytes {
    (0..1000_u16).map(|n| (n / 251 * 3 + n % 251) as u8).collect()
}

fn options() -> Options {
    Options {
        recording: recording(),
        media_type: "audio/mpeg",
        caller: "Rao & <b>Sons</b>".to_owned(),
        time: "Mon 23 Nov, 10:05".to_owned(),
        file_name: "2026-11-23_1005_Rao.mp3".to_owned(),
        lifetime: 10 * MINUTE,
        idle: 5 * MINUTE,
        port: 0,
    }
}

async fn open() -> Page {
    Page::open(options()).await.unwrap()
}

/// What came back: the status, the head in lower case, the body.
#[derive(Debug, PartialEq)]
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Without what differs by itself.
    fn without_date(mut self) -> Reply {
        self.head = self.head.lines().filter(|line| !line.starts_with("date:")).collect();
        self
    }
}

async fn connect(page: &Page) -> TcpStream {
    TcpStream::connect((Ipv4Addr::LOCALHOST, page.port())).await.unwrap()
}

/// Reads to the end. A server that closes while bytes of the request are unread may reset.
async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut got = Vec::new();
    let _ = stream.read_to_end(&mut got).await;
    got
}

/// Sends `request` as it is and reads until the server closes.
async fn raw(page: &Page, request: &str) -> Reply {
    let mut stream = connect(page).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    let got = read_all(&mut stream).await;
    let end = got.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&got[..end]).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    // The tokens are case-sensitive, but they are in no header.
    Reply { status, head: head.to_ascii_lowercase(), body: got[end + 4..].to_vec() }
}

/// Asks as a browser does, with `more` header lines, each ended by CR LF.
async fn ask(page: &Page, method: &str, path: &str, more: &str) -> Reply {
    let port = page.port();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{more}\r\n");
    raw(page, &request).await
}

/// The path in the page's address.
fn path(page: &Page) -> String {
    let url = page.url();
    let path = url.strip_prefix(&format!("http://127.0.0.1:{}", page.port())).unwrap();
    path.to_owned()
}

/// Opens the page and finds the recording's path in it.
async fn audio(page: &Page) -> String {
    let reply = ask(page, "GET", &path(page), "").await;
    assert_eq!(reply.status, 200);
    reply.text().split_once("<source src=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

async fn is_refused(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[tokio::test]
async fn the_page_shows_who_called_and_when() {
    let page = open().await;
    let reply = ask(&page, "GET", &path(&page), "").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    let text = reply.text();
    for part in [
        "<h1>Rao &amp; &lt;b&gt;Sons&lt;/b&gt;</h1>",
        "Mon 23 Nov, 10:05",
        "<audio controls autoplay preload=\"auto\">",
        "type=\"audio/mpeg\"",
        "download=\"2026-11-23_1005_Rao.mp3\"",
        "This link works only once, and expires by itself.",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains("<b>") && !text.contains("<script") && !text.contains("https:"), "{text}");
}

#[tokio::test]
async fn nothing_of_it_is_kept_or_told_on() {
    let page = open().await;
    let audio = audio(&page).await;
    let again = ask(&page, "GET", &path(&page), "").await;
    for reply in [&again, &ask(&page, "GET", &audio, "").await] {
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(reply.header("set-cookie"), None);
    }
    let policy = again.header("content-security-policy").unwrap();
    let nonce = again.text().split_once("<style nonce=\"").unwrap().1.split('"').next().unwrap();
    assert!(policy.contains("default-src 'none'; media-src 'self';"), "{policy}");
    assert!(policy.contains(&format!("style-src 'nonce-{}'", nonce.to_ascii_lowercase())), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(!format!("{page:?}").contains(path(&page).trim_matches('/')));
}

#[tokio::test]
async fn it_opens_once() {
    let mut page = open().await;
    let path = path(&page);
    // Looking and fetching ahead are no opening.
    let head = ask(&page, "HEAD", &path, "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for ahead in ["Sec-Purpose: prefetch;prerender\r\n", "Purpose: prefetch\r\n", "X-Purpose: preview\r\n"] {
        assert_eq!(ask(&page, "GET", &path, ahead).await.status, 503, "{ahead}");
    }
    assert_eq!(page.stage(), Stage::Waiting);

    // Many at once, and without the last slash as well: one has it.
    let short = path.trim_end_matches('/');
    let asked = (0..8).map(|n| ask(&page, "GET", if n % 2 == 0 { &path } else { short }, ""));
    let (first, later): (Vec<_>, Vec<_>) =
        join_all(asked).await.into_iter().partition(|reply| reply.status == 200);
    assert_eq!((first.len(), later.len()), (1, 7));
    assert_eq!(page.changed().await, Stage::Opened);
    for reply in later {
        assert_eq!(reply.status, 410);
        assert!(reply.text().contains("already been used") && reply.text().contains("To get a new link"));
        assert!(!reply.text().contains("<audio") && !reply.text().contains("Rao"));
    }
    assert_eq!(ask(&page, "HEAD", &path, "").await.status, 410);
}

#[tokio::test]
async fn the_recording_comes_whole_or_in_parts() {
    let page = open().await;
    let audio = audio(&page).await;
    let whole = ask(&page, "GET", &audio, "").await;
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("audio/mpeg")));
    assert_eq!(
        (whole.header("accept-ranges"), whole.header("content-length")),
        (Some("bytes"), Some("1000"))
    );
    assert_eq!(whole.body, recording());

    for (range, part, header) in [
        ("bytes=0-", 0..1000, "bytes 0-999/1000"),
        ("bytes=300-399", 300..400, "bytes 300-399/1000"),
        ("bytes=900-2000", 900..1000, "bytes 900-999/1000"),
        ("bytes=-10", 990..1000, "bytes 990-999/1000"),
    ] {
        let reply = ask(&page, "GET", &audio, &format!("Range: {range}\r\n")).await;
        assert_eq!((reply.status, reply.header("content-range")), (206, Some(header)), "{range}");
        assert_eq!(reply.body, recording().slice(part), "{range}");
    }
    for (range, status) in
        [("bytes=1000-", 416), ("bytes=-0", 416), ("bytes=0-1,4-5", 200), ("rows=1-2", 200)]
    {
        let reply = ask(&page, "GET", &audio, &format!("Range: {range}\r\n")).await;
        assert_eq!(reply.status, status, "{range}");
        assert_eq!(reply.header("content-range"), (status == 416).then_some("bytes */1000"), "{range}");
    }
    let head = ask(&page, "HEAD", &audio, "").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("1000"), 0));
}

#[tokio::test]
async fn a_long_recording_comes_whole() {
    let long: Bytes = (0..5_000_000_u32).map(|n| (n % 253) as u8).collect();
    let page = Page::open(Options { recording: long.clone(), ..options() }).await.unwrap();
    let audio = audio(&page).await;
    assert!(ask(&page, "GET", &audio, "").await.body == long);
    assert!(ask(&page, "GET", &audio, "Range: bytes=1000000-\r\n").await.body == long.slice(1_000_000..));
}

#[tokio::test]
async fn a_stranger_learns_nothing() {
    let page = open().await;
    let (path, port) = (path(&page), page.port());
    let token = path.trim_matches('/');
    let mut other = token.to_owned();
    other.replace_range(0..1, if token.starts_with('A') { "B" } else { "A" });
    let nothing = ask(&page, "GET", "/", "").await.without_date();
    assert_eq!((nothing.status, nothing.body.len()), (404, 0));

    for wrong in [
        format!("/{other}/"),
        format!("/{}/", &token[1..]),
        format!("/{token}a/"),
        format!("/{token}//"),
        format!("//{token}/"),
        format!("/{}/", token.to_ascii_uppercase()),
        "/favicon.ico".to_owned(),
        "/../../etc/passwd".to_owned(),
        format!("/?{token}"),
    ] {
        assert_eq!(ask(&page, "GET", &wrong, "").await.without_date(), nothing, "{wrong}");
    }
    for host in [
        "Host: attacker.example\r\n".to_owned(),
        format!("Host: attacker.example:{port}\r\n"),
        format!("Host: 127.0.0.1.attacker.example:{port}\r\n"),
        format!("Host: 127.0.0.2:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}@attacker.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nHost: attacker.example\r\n"),
        "Host: \r\n".to_owned(),
        String::new(),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        assert_eq!(raw(&page, &request).await.without_date(), nothing, "{host}");
    }
    let request =
        format!("GET http://attacker.example{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    assert_eq!(raw(&page, &request).await.without_date(), nothing);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let reply = ask(&page, method, &path, "").await;
        assert_eq!((reply.status, reply.header("allow"), reply.body.len()), (405, Some("get, head"), 0));
    }
    assert_eq!(page.stage(), Stage::Waiting, "one of them opened the page");
}

#[tokio::test]
async fn the_desk_may_use_another_port() {
    for host in ["127.0.0.1", "127.0.0.1:9000", "localhost", "localhost:8080", "LocalHost:1"] {
        let page = open().await;
        let request = format!("GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", path(&page));
        assert_eq!(raw(&page, &request).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn another_sites_page_does_not_get_the_recording() {
    let page = open().await;
    let audio = audio(&page).await;
    for (site, status) in [("cross-site", 404), ("same-site", 404), ("same-origin", 200), ("none", 200)] {
        let reply = ask(&page, "GET", &audio, &format!("Sec-Fetch-Site: {site}\r\n")).await;
        assert_eq!(reply.status, status, "{site}");
    }
    let request = format!("GET {audio} HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n");
    assert_eq!(raw(&page, &request).await.status, 404);
}

#[tokio::test]
async fn no_other_address_of_the_machine_answers() {
    let page = open().await;
    // Nothing is sent: this only asks the system which address it would send from.
    let probe = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let outer = probe.connect(("192.0.2.1", 9)).and_then(|()| probe.local_addr()).map(|address| address.ip());
    let second = Ipv4Addr::new(127, 0, 0, 2).into();
    for address in outer.into_iter().chain([second]).filter(|address| *address != Ipv4Addr::LOCALHOST) {
        let error = TcpStream::connect((address, page.port())).await.unwrap_err();
        // Elsewhere than on Linux the second one is not an address of this machine at all.
        assert!(
            error.kind() == io::ErrorKind::ConnectionRefused || cfg!(not(target_os = "linux")),
            "{address}: {error}"
        );
    }
}

#[tokio::test]
async fn unopened_it_goes_when_its_time_is_up() {
    let mut page = open().await;
    pause();
    advance(9 * MINUTE).await;
    assert_eq!(page.stage(), Stage::Waiting);
    assert_eq!(page.changed().await, Stage::Closed(Closed::TimeUp));
    assert!(is_refused(page.port()).await);
}

#[tokio::test]
async fn opened_it_goes_when_nothing_is_taken_any_more() {
    let mut page = open().await;
    let audio = audio(&page).await;
    assert_eq!(page.changed().await, Stage::Opened);
    // Longer than it would have waited to be opened.
    for _ in 0..4 {
        pause();
        advance(4 * MINUTE).await;
        resume();
        assert_eq!(ask(&page, "GET", &audio, "Range: bytes=0-9\r\n").await.status, 206);
    }
    pause();
    assert_eq!(page.changed().await, Stage::Closed(Closed::Heard));
    assert!(is_refused(page.port()).await);
}

#[tokio::test]
async fn a_player_that_has_stopped_reading_does_not_hold_it() {
    let long = Bytes::from(vec![0; 32 << 20]);
    let mut page = Page::open(Options { recording: long.clone(), ..options() }).await.unwrap();
    let audio = audio(&page).await;
    assert_eq!(page.changed().await, Stage::Opened);
    let mut player = connect(&page).await;
    player.write_all(format!("GET {audio} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    player.read_exact(&mut vec![0; 1 << 20]).await.unwrap();
    pause();
    assert_eq!(page.changed().await, Stage::Closed(Closed::Heard));
    assert!(read_all(&mut player).await.len() < long.len() - (1 << 20));
}

#[tokio::test]
async fn idle_connections_keep_nobody_out() {
    let page = open().await;
    let mut strangers = Vec::new();
    for _ in 0..300 {
        strangers.push(connect(&page).await);
    }
    let audio = audio(&page).await;
    assert_eq!(ask(&page, "GET", &audio, "").await.body, recording());
    // All but the last ones are gone; that ends each of these reads.
    for stranger in &mut strangers[..260] {
        assert!(read_all(stranger).await.is_empty());
    }
}

#[tokio::test]
async fn a_browser_is_not_pushed_out_by_strangers() {
    let page = open().await;
    let audio = audio(&page).await;
    let mut browser = connect(&page).await;
    let request = format!("HEAD {audio} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut first = [0; 12];
    for _ in 0..2 {
        browser.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(browser.read_u8().await.unwrap());
        }
        first.copy_from_slice(&head[..12]);
        assert_eq!(&first, b"HTTP/1.1 200");
        let mut strangers = Vec::new();
        for _ in 0..100 {
            strangers.push(connect(&page).await);
        }
        // The oldest is gone, so all were accepted.
        assert!(read_all(&mut strangers[0]).await.is_empty());
    }
}

#[tokio::test]
async fn a_guest_who_says_nothing_or_too_much_is_sent_away() {
    let page = open().await;
    let flood = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "a".repeat(64 * 1024));
    assert_eq!(raw(&page, &flood).await.status, 431);
    let many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X-Many: 1\r\n".repeat(200));
    assert_eq!(raw(&page, &many).await.status, 431);
    let body =
        format!("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", path(&page));
    assert_eq!(raw(&page, &body).await.status, 405);
    let mut nonsense = connect(&page).await;
    nonsense.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\0\0\0\r\n\r\n").await.unwrap();
    assert!(!read_all(&mut nonsense).await.starts_with(b"HTTP/1.1 200"));

    let (mut silent, mut slow) = (connect(&page).await, connect(&page).await);
    slow.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    assert_eq!(ask(&page, "GET", "/", "").await.status, 404);
    pause();
    assert!(read_all(&mut silent).await.is_empty());
    read_all(&mut slow).await;
    resume();
    assert_eq!(page.stage(), Stage::Waiting, "the page itself has waited longer than they may");
    assert_eq!(ask(&page, "GET", &path(&page), "").await.status, 200);
}

#[tokio::test]
async fn dropping_it_frees_the_port_and_ends_connections() {
    let page = open().await;
    let port = page.port();
    let mut stranger = connect(&page).await;
    assert_eq!(ask(&page, "GET", "/", "").await.status, 404);
    drop(page);
    // The task is dropped by the time its connections are.
    assert!(read_all(&mut stranger).await.is_empty());
    assert!(is_refused(port).await);
}

#[tokio::test]
async fn a_taken_port_is_passed_over() {
    let first = open().await;
    let second = Page::open(Options { port: first.port(), ..options() }).await.unwrap();
    assert_ne!(first.port(), second.port());
    assert_eq!(ask(&second, "GET", &path(&second), "").await.status, 200);
    assert_eq!(ask(&first, "GET", &path(&first), "").await.status, 200);
}
