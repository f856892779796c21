//! Going on in another run: what is left of a transfer, who takes it up, and what is never spliced.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use vmail::recording::{FetchError, Limits, Recordings};
use vmail::telecmi::ApiError;

use crate::recording::support::{
    Reply, SECRET, ScriptedServer, Shelf, closed, from, id, in_time, limits, mp3, name, now,
};

const LENGTH: usize = 900_000;

/// How much comes before a transfer breaks off: no multiple of what is written at once.
const SENT: usize = 600_001;

const VERSION: &str = "\"v1\"";

/// Answers with [`SENT`] bytes of a version of `body`, and nothing more.
fn half(body: &[u8]) -> Reply {
    Reply::file_until(body, VERSION, SENT)
}

/// Fetches the recording `number` until `sent` bytes are there, and gives up.
async fn give_up(recordings: &Recordings, server: &ScriptedServer, number: u64, sent: usize) {
    let (all, name) = (Notify::new(), name());
    let progress = |got, _| {
        if got == sent as u64 {
            all.notify_one();
        }
    };
    tokio::select! {
        ended = recordings.fetch(&server.client, id(number), &name, progress) => panic!("{ended:?}"),
        () = in_time(all.notified()) => {}
    }
}

/// A folder with what is left of `body`.
async fn left(body: &[u8]) -> Shelf {
    let shelf = Shelf::new(limits());
    give_up(&shelf.recordings, &ScriptedServer::start([half(body)]).await, 1, SENT).await;
    assert_eq!(shelf.files().len(), 2, "{:?}", shelf.files());
    shelf
}

/// The file of the draft that ends so.
fn draft(shelf: &Shelf, end: &str) -> PathBuf {
    let files = shelf.files();
    shelf.folder().join(files.iter().find(|name| name.ends_with(end)).unwrap())
}

/// Something that happens to a draft.
type Damage<'a> = &'a dyn Fn(&Shelf);

/// Fetches the recording in another run, and checks that it is `body` and that nothing else is left.
/// Returns from where each request asked for it.
async fn fetched(shelf: &Shelf, script: impl Into<Vec<Reply>>, body: &[u8]) -> Vec<Option<usize>> {
    let server = ScriptedServer::start(script).await;
    let fetch = async { shelf.reopened().fetch(&server.client, id(1), &name(), |_, _| {}).await };
    let kept = in_time(fetch).await.unwrap();
    assert!(fs::read(&kept.path).unwrap() == body, "it is another recording");
    assert_eq!(shelf.files(), [format!("{}.mp3", id(1))]);
    server.requests().iter().map(|request| from(request)).collect()
}

#[tokio::test]
async fn who_gives_up_can_go_on_later() {
    let body = mp3(LENGTH);
    for again in [false, true] {
        let shelf = left(&body).await;
        if again {
            assert_eq!(fetched(&shelf, [Reply::file(&body, VERSION)], &body).await, [Some(SENT)]);
        } else {
            let server = ScriptedServer::start([Reply::file(&body, VERSION)]).await;
            shelf.fetch(&server, 1).await.unwrap();
            assert_eq!(from(&server.requests()[0]), Some(SENT));
        }
    }
}

/// Less than is written at once.
#[tokio::test]
async fn who_gives_up_early_loses_nothing() {
    let (shelf, body, few) = (Shelf::new(limits()), mp3(LENGTH), 10_000);
    let server = ScriptedServer::start([Reply::file_until(&body, VERSION, few)]).await;
    give_up(&shelf.recordings, &server, 1, few).await;
    assert_eq!(fetched(&shelf, [Reply::file(&body, VERSION)], &body).await, [Some(few)]);
}

#[tokio::test]
async fn what_a_killed_process_left_is_gone_on_with() {
    let (shelf, body) = (Shelf::new(limits()), mp3(LENGTH));
    let server = ScriptedServer::start([half(&body), Reply::file(&body, VERSION)]).await;
    let mut child = crate::recording::leftovers::other_process(&shelf, &server).await;
    child.kill().unwrap();
    child.wait().unwrap();
    shelf.reopened();
    assert_eq!(shelf.files().len(), 2);
    shelf.fetch(&server, 1).await.unwrap();
    let asks: Vec<_> = server.requests().iter().map(|request| from(request)).collect();
    // What was gathered and not yet written is lost with the process.
    assert!(asks.len() == 2 && asks[1] > Some(200_000), "{asks:?}");
    assert_eq!(shelf.files(), [format!("{}.mp3", id(1))]);
    assert!(fs::read(shelf.recordings.kept(id(1)).unwrap().path).unwrap() == body);
}

#[tokio::test]
async fn when_all_tries_break_off_the_next_run_goes_on() {
    let (shelf, body) = (Shelf::new(limits()), mp3(LENGTH));
    let tag = format!("etag: {VERSION}");
    let server = ScriptedServer::start([Reply::cut(&body, SENT).with(&tag), Reply::new(503, "", "")]).await;
    let error = shelf.fetch(&server, 1).await.unwrap_err();
    assert!(matches!(error, FetchError::Api(ApiError::Server { .. })), "{error:?}");
    assert_eq!(fetched(&shelf, [Reply::file(&body, VERSION)], &body).await, [Some(SENT)]);
}

#[tokio::test]
async fn another_version_begins_anew() {
    let (body, other) = (mp3(LENGTH), [b"ID3", &mp3(LENGTH)[3..]].concat());
    let longer = mp3(LENGTH + 1);
    let tagged = |reply: Reply, version: &str| reply.with(&format!("etag: {version}"));
    for (why, script, expected, requests) in [
        ("it says so", vec![Reply::file(&other, "\"v2\"")], &other, 1),
        ("it knows no parts", vec![Reply::audio(&other)], &other, 1),
        (
            "it heeds no versions",
            vec![tagged(Reply::part(&other, SENT), "\"v2\""), tagged(Reply::audio(&other), "\"v2\"")],
            &other,
            2,
        ),
        ("it has grown", vec![Reply::part(&longer, SENT), Reply::audio(&longer)], &longer, 2),
        ("there is no such part", vec![Reply::new(416, "", ""), Reply::audio(&other)], &other, 2),
    ] {
        let shelf = left(&body).await;
        let asks = fetched(&shelf, script, expected).await;
        assert_eq!((asks[0], asks.len()), (Some(SENT), requests), "{why}");
    }
}

#[tokio::test]
async fn what_is_damaged_is_never_spliced() {
    let body = mp3(LENGTH);
    let cut = |shelf: &Shelf, end, by| {
        let file = OpenOptions::new().write(true).open(draft(shelf, end)).unwrap();
        file.set_len(file.metadata().unwrap().len() - by).unwrap();
    };
    let change = |shelf: &Shelf, at| {
        let mut file = OpenOptions::new().read(true).write(true).open(draft(shelf, "part")).unwrap();
        let mut byte = [0];
        file.seek(SeekFrom::Start(at)).unwrap();
        file.read_exact(&mut byte).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&[!byte[0]]).unwrap();
    };
    let add = |shelf: &Shelf, end, text: &str| {
        let mut file = OpenOptions::new().append(true).open(draft(shelf, end)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    let write = |shelf: &Shelf, text: &[u8]| fs::write(draft(shelf, "notes"), text).unwrap();
    let damages: [(&str, Damage<'_>, bool); 10] = [
        ("the part is cut off", &|shelf| cut(shelf, "part", 1), true),
        ("nearly nothing is left of it", &|shelf| cut(shelf, "part", SENT as u64 - 10), false),
        ("its start is another", &|shelf| change(shelf, 0), false),
        ("its middle is another", &|shelf| change(shelf, 300_000), true),
        ("its end is another", &|shelf| change(shelf, SENT as u64 - 1), true),
        ("bytes were added", &|shelf| add(shelf, "part", "more"), true),
        ("the notes are cut off", &|shelf| cut(shelf, "notes", 3), true),
        ("a line was added to them", &|shelf| add(shelf, "notes", "900000 0123456789abcdef\n"), true),
        ("they are empty", &|shelf| write(shelf, b""), false),
        ("they are something else", &|shelf| write(shelf, b"{}\n\xff 1\n"), false),
    ];
    for (why, damage, goes_on) in damages {
        let shelf = left(&body).await;
        damage(&shelf);
        let asks = fetched(&shelf, [Reply::file(&body, VERSION)], &body).await;
        assert_eq!((asks.len(), asks[0].is_some()), (1, goes_on), "{why}: {asks:?}");
        assert!(asks[0] <= Some(SENT), "{why}");
    }
}

/// What was cut off must not come back with what is added later.
#[tokio::test]
async fn what_is_gone_on_with_can_be_gone_on_with_again() {
    let body = mp3(LENGTH);
    let shelf = left(&body).await;
    let notes = draft(&shelf, "notes");
    let half_a_line = fs::read(&notes).unwrap();
    fs::write(&notes, &half_a_line[..half_a_line.len() - 3]).unwrap();
    let further = SENT + 200_000;
    let server = ScriptedServer::start([Reply::file_until(&body, VERSION, further)]).await;
    give_up(&shelf.reopened(), &server, 1, further).await;
    let asked = from(&server.requests()[0]);
    assert!(asked.is_some() && asked < Some(SENT), "{asked:?}");
    assert_eq!(fetched(&shelf, [Reply::file(&body, VERSION)], &body).await, [Some(further)]);
}

#[tokio::test]
async fn the_draft_of_another_voicemail_is_not_taken() {
    let body = mp3(LENGTH);
    let shelf = left(&body).await;
    for end in ["part", "notes"] {
        let ours = draft(&shelf, end);
        let name = ours.file_name().unwrap().to_str().unwrap();
        let (one, two) = (id(1).to_string(), id(2).to_string());
        fs::rename(&ours, ours.with_file_name(name.replace(&one, &two))).unwrap();
    }
    let server = ScriptedServer::start([Reply::file(&body, VERSION)]).await;
    shelf.fetch(&server, 1).await.unwrap();
    shelf.fetch(&server, 2).await.unwrap();
    assert!(server.requests().iter().all(|request| from(request).is_none()));
    assert_eq!(shelf.files(), [format!("{}.mp3", id(1)), format!("{}.mp3", id(2))]);
}

#[tokio::test]
async fn of_two_programs_one_goes_on_and_the_other_begins_anew() {
    let body = mp3(LENGTH);
    let shelf = left(&body).await;
    let gate = closed();
    let rest = Reply::part(&body, SENT).with(&format!("etag: {VERSION}"));
    let rest = rest.gated(&gate, LENGTH - SENT, 1_000);
    let (first, second) =
        (ScriptedServer::start([rest]).await, ScriptedServer::start([Reply::file(&body, VERSION)]).await);
    let (one, other, name) = (shelf.reopened(), shelf.reopened(), name());
    let begun = Notify::new();
    let progress = |_, _| begun.notify_one();
    let slow = one.fetch(&first.client, id(1), &name, progress);
    let quick = async {
        begun.notified().await;
        let kept = other.fetch(&second.client, id(1), &name, |_, _| {}).await.unwrap();
        shelf.reopened();
        assert_eq!(shelf.files().len(), 3, "the first one still writes: {:?}", shelf.files());
        gate.add_permits(1);
        kept
    };
    let (slow, quick) = in_time(async { tokio::join!(slow, quick) }).await;
    assert_eq!(slow.unwrap(), quick);
    assert_eq!((from(&first.requests()[0]), from(&second.requests()[0])), (Some(SENT), None));
    assert!(fs::read(quick.path).unwrap() == body);
    assert_eq!(shelf.files(), [format!("{}.mp3", id(1))]);
}

/// As after a kill in the middle of several.
#[tokio::test(flavor = "multi_thread")]
async fn many_are_gone_on_with_side_by_side() {
    let (shelf, body) = (Shelf::new(limits()), mp3(LENGTH));
    let server = ScriptedServer::start([half(&body)]).await;
    for number in 1..=16 {
        give_up(&shelf.recordings, &server, number, SENT).await;
    }
    let (server, recordings) = (ScriptedServer::start([Reply::file(&body, VERSION)]).await, shelf.reopened());
    let fetches = (1..=16).map(|number| {
        let (recordings, client) = (recordings.clone(), server.client.clone());
        tokio::spawn(async move { recordings.fetch(&client, id(number), &name(), |_, _| {}).await })
    });
    for fetch in fetches.collect::<Vec<_>>() {
        let kept = in_time(fetch).await.unwrap().unwrap();
        assert!(fs::read(kept.path).unwrap() == body);
    }
    assert!(server.requests().iter().all(|request| from(request) == Some(SENT)));
}

#[tokio::test]
async fn without_a_version_nothing_is_left() {
    let body = mp3(LENGTH);
    let cut = || Reply::cut(&body, SENT).then_hold();
    for reply in [
        cut(),
        // One that does not promise the same bytes.
        cut().with("etag: W/\"v1\""),
        cut().with(&format!("etag: \"{}\"", "v".repeat(5_000))),
    ] {
        let shelf = Shelf::new(limits());
        give_up(&shelf.recordings, &ScriptedServer::start([reply]).await, 1, SENT).await;
        assert_eq!(shelf.files(), [""; 0]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_draft_is_for_its_user_alone_and_holds_no_secret() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let shelf = left(&mp3(LENGTH)).await;
    for end in ["part", "notes"] {
        assert_eq!(mode(draft(&shelf, end)), 0o600);
    }
    assert_eq!(mode(draft(&shelf, "part").parent().unwrap().to_owned()), 0o700);
    let notes = fs::read_to_string(draft(&shelf, "notes")).unwrap();
    for hidden in [SECRET, "s3cr", "http", "127.0.0.1", "a.mp3"] {
        assert!(!notes.contains(hidden), "{notes}");
    }
}

#[tokio::test]
async fn a_draft_that_is_old_or_of_no_use_is_swept() {
    let (body, day) = (mp3(LENGTH), Duration::from_secs(24 * 60 * 60));
    for (days, stays) in [(6, true), (8, false)] {
        let shelf = left(&body).await;
        let times = FileTimes::new().set_modified(SystemTime::now() - day * days);
        File::options().write(true).open(draft(&shelf, "part")).unwrap().set_times(times).unwrap();
        shelf.reopened();
        assert_eq!(shelf.files().len(), if stays { 2 } else { 0 }, "{days} days");
    }
    let shelf = left(&body).await;
    fs::write(shelf.folder().join(format!("{}.wav", id(1))), "it came by another way").unwrap();
    shelf.reopened();
    assert_eq!(shelf.files(), [format!("{}.wav", id(1))]);
    let shelf = left(&body).await;
    shelf.recordings.remove(id(1)).unwrap();
    assert_eq!(shelf.files(), [""; 0]);
}

#[tokio::test]
async fn drafts_count_towards_what_is_kept() {
    let body = mp3(LENGTH);
    let shelf = Shelf::new(Limits { cache_bytes: LENGTH as u64 + 1_000, ..limits() });
    give_up(&shelf.recordings, &ScriptedServer::start([half(&body)]).await, 1, SENT).await;
    let server = ScriptedServer::start([Reply::audio(&body)]).await;
    shelf.fetch(&server, 2).await.unwrap();
    shelf.recordings.touch(id(2), now()).unwrap();
    assert_eq!(shelf.recordings.evict(&|_| true).unwrap().left, (LENGTH + SENT) as u64);
    let evicted = shelf.recordings.evict(&|_| false).unwrap();
    assert_eq!((evicted.files, evicted.bytes, evicted.left), (1, SENT as u64, LENGTH as u64));
    assert_eq!(shelf.files(), [format!("{}.mp3", id(2))]);
}

#[tokio::test]
async fn one_that_became_too_large_is_not_left() {
    let body = mp3(LENGTH);
    let shelf = left(&body).await;
    let small = Limits { max_bytes_each: SENT as u64, ..limits() };
    let recordings = Recordings::open(shelf.folder(), small, now()).unwrap();
    let server = ScriptedServer::start([Reply::file(&body, VERSION)]).await;
    let error = recordings.fetch(&server.client, id(1), &name(), |_, _| {}).await.unwrap_err();
    assert_eq!(error, FetchError::TooLarge { limit: SENT as u64 });
    assert_eq!(shelf.files(), [""; 0]);
}
