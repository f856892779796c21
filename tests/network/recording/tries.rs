//! Transfers that break off, are slow, or fail before they begin.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use vmail::audio::AudioFormat;
use vmail::core::model::RecordingName;
use vmail::recording::{FetchError, Limits, RecordingApi, TRIES, Transfer};
use vmail::telecmi::{ApiError, Bookmark, OfflineReason, Timeouts};

use crate::recording::support::{Reply, ScriptedServer, Shelf, closed, id, limits, mp3, name};

#[tokio::test]
async fn a_broken_transfer_goes_on_where_it_broke_off() {
    let body = mp3(900_000);
    let shelf = Shelf::new(limits());
    let script = [Reply::cut(&body, 300_000), Reply::new(503, "", ""), Reply::part(&body, 300_000)];
    let server = ScriptedServer::start(script).await;
    let told = Mutex::new(Vec::new());
    let kept = shelf.fetch_with(&server, 1, |got, of| told.lock().unwrap().push((got, of))).await.unwrap();
    assert!(fs::read(&kept.path).unwrap() == body);
    assert_eq!(shelf.files(), [format!("{}.mp3", id(1))]);

    let requests = server.requests();
    let asks: Vec<_> = requests.iter().map(|request| request.contains("range: bytes=300000-")).collect();
    assert_eq!(asks, [false, true, true]);
    let told = told.into_inner().unwrap();
    assert!(told.is_sorted() && told.iter().all(|(_, of)| *of == Some(900_000)), "{told:?}");
}

#[tokio::test]
async fn a_server_without_ranges_begins_anew() {
    let body = mp3(900_000);
    let shelf = Shelf::new(limits());
    let server = ScriptedServer::start([Reply::cut(&body, 600_000), Reply::audio(&body)]).await;
    let kept = shelf.fetch(&server, 1).await.unwrap();
    assert!(fs::read(&kept.path).unwrap() == body);
    assert_eq!(shelf.files().len(), 1);
}

#[tokio::test]
async fn what_begins_anew_may_be_something_else_by_now() {
    let shelf = Shelf::new(limits());
    let wav = [b"RIFF\x24\x10\0\0WAVEfmt ".as_slice(), &mp3(5_000)].concat();
    let server = ScriptedServer::start([Reply::cut(&mp3(900_000), 600_000), Reply::audio(&wav)]).await;
    let kept = shelf.fetch(&server, 1).await.unwrap();
    assert_eq!((kept.format, kept.bytes), (AudioFormat::Wav, wav.len() as u64));
    assert!(fs::read(&kept.path).unwrap() == wav);
    assert_eq!(shelf.files(), [format!("{}.wav", id(1))]);
}

#[tokio::test]
async fn a_stalled_transfer_is_tried_again() {
    let body = mp3(900_000);
    let shelf = Shelf::new(limits());
    let patience = Duration::from_millis(300);
    let timeouts = Timeouts { recording_part: patience, ..Timeouts::default() };
    let script = [Reply::cut(&body, 100_000).then_hold(), Reply::part(&body, 100_000)];
    let server = ScriptedServer::with_timeouts(script, timeouts).await;
    let kept = shelf.fetch(&server, 1).await.unwrap();
    assert!(fs::read(&kept.path).unwrap() == body);
}

#[tokio::test]
async fn a_server_that_is_slow_but_steady_is_waited_for() {
    let body = mp3(2_000);
    let shelf = Shelf::new(limits());
    let gate = closed();
    let server = ScriptedServer::start([Reply::audio(&body).gated(&gate, body.len(), 100)]).await;
    let progress = |got, _| {
        if got == 100 {
            gate.add_permits(1);
        }
    };
    let kept = shelf.fetch_with(&server, 1, progress).await.unwrap();
    assert_eq!((kept.bytes, server.requests().len()), (2_000, 1));
}

/// Fails as told, then has a recording, without a network: so that time need not pass.
#[derive(Clone)]
struct Fake {
    errors: Arc<Mutex<Vec<ApiError>>>,
    asked: Arc<AtomicUsize>,
    length: Option<u64>,
}

impl Fake {
    fn new(errors: impl Into<Vec<ApiError>>, length: Option<u64>) -> Fake {
        let mut errors = errors.into();
        errors.reverse();
        Fake { errors: Arc::new(Mutex::new(errors)), asked: Arc::default(), length }
    }
}

struct FakeTransfer {
    length: Option<u64>,
    body: Option<Bytes>,
    received: u64,
}

impl RecordingApi for Fake {
    type Transfer = FakeTransfer;

    async fn recording(&self, _: &RecordingName, _: Option<&Bookmark>) -> Result<FakeTransfer, ApiError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let error = self.errors.lock().unwrap().pop();
        error
            .map_or(Ok(FakeTransfer { length: self.length, body: Some(mp3(1_000).into()), received: 0 }), Err)
    }
}

impl Transfer for FakeTransfer {
    fn format(&self) -> Option<AudioFormat> {
        Some(AudioFormat::Mp3)
    }

    fn content_type(&self) -> Option<&str> {
        None
    }

    fn length(&self) -> Option<u64> {
        self.length
    }

    fn received(&self) -> u64 {
        self.received
    }

    fn bookmark(&self) -> Option<Bookmark> {
        None
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let body = self.body.take();
        self.received += body.as_ref().map_or(0, |body| body.len() as u64);
        Ok(body)
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_server_asks_for_is_heeded_before_the_own_wait() {
    let shelf = Shelf::new(Limits { first_wait: Duration::from_millis(500), ..limits() });
    let limited = ApiError::RateLimited { retry_after: Some(Duration::from_secs(40)) };
    let api = Fake::new([limited, ApiError::Offline { reason: OfflineReason::Cut }], Some(1_000));
    let begun = Instant::now();
    let kept = shelf.recordings.fetch(&api, id(1), &name(), |_, _| {}).await.unwrap();
    assert_eq!((kept.bytes, api.asked.load(Ordering::Relaxed)), (1_000, 3));
    // The second wait is a second, and up to as much again.
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(41) && waited < Duration::from_secs(43), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn less_than_was_said_is_a_broken_transfer_whatever_brings_it() {
    let shelf = Shelf::new(limits());
    for length in [999, 1_001] {
        let api = Fake::new([], Some(length));
        let error = shelf.recordings.fetch(&api, id(1), &name(), |_, _| {}).await.unwrap_err();
        assert_eq!(error, FetchError::Api(ApiError::Offline { reason: OfflineReason::Cut }));
        assert_eq!(api.asked.load(Ordering::Relaxed), TRIES);
    }
    assert_eq!(shelf.files(), [""; 0]);
    let api = Fake::new([], None);
    shelf.recordings.fetch(&api, id(1), &name(), |_, _| {}).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_asking_again_cannot_mend_is_asked_once() {
    let shelf = Shelf::new(limits());
    let refused = ApiError::NotAuthenticated { message: "no".to_owned() };
    let api = Fake::new([refused.clone()], None);
    let error = shelf.recordings.fetch(&api, id(1), &name(), |_, _| {}).await.unwrap_err();
    assert_eq!((error, api.asked.load(Ordering::Relaxed)), (FetchError::Api(refused), 1));
}
