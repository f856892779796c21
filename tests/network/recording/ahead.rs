//! Recordings that nobody waits for, from servers that deliver, fail, are slow and send too much.

use std::sync::Arc;
use std::time::Duration;

use vmail::core::model::{AccountKey, Region};
use vmail::recording::{AHEAD_LARGEST, Ahead, FetchError, Kept, Library, Limits};
use vmail::store::{self, Store, StoreHandle};
use vmail::telecmi::ApiError;

use crate::recording::support::{
    Reply, ScriptedServer, Shelf, checked, closed, id, in_time, limits, mp3, name, now,
};

async fn ahead(shelf: &Shelf, server: &ScriptedServer, number: u64) -> Result<Kept, FetchError> {
    let name = name();
    let fetch = shelf.recordings.fetch_ahead(&server.client, id(number), &name);
    in_time(fetch).await.inspect_err(|error| {
        checked(error);
    })
}

#[tokio::test]
async fn a_server_that_fails_is_asked_once() {
    let body = mp3(5_000);
    for reply in [
        Reply::new(500, "", ""),
        Reply::new(503, "retry-after: 0", ""),
        Reply::new(429, "retry-after: 0", ""),
        Reply::new(404, "", ""),
        Reply::new(403, "", ""),
        Reply::new(200, "content-type: text/html", "<p>no"),
        Reply::cut(&body, 1_000),
    ] {
        let shelf = Shelf::new(limits());
        let server = ScriptedServer::start([reply]).await;
        ahead(&shelf, &server, 1).await.unwrap_err();
        assert_eq!(server.requests().len(), 1);
        assert!(shelf.recordings.kept(id(1)).is_none());
    }
}

#[tokio::test]
async fn what_is_large_is_left_for_when_it_is_wanted() {
    let shelf = Shelf::new(limits());
    let large = Reply::audio(mp3(AHEAD_LARGEST as usize + 1));
    let server = ScriptedServer::start([large.clone()]).await;
    assert_eq!(ahead(&shelf, &server, 1).await, Err(FetchError::TooLarge { limit: AHEAD_LARGEST }));
    // Also where its size is not known before.
    let endless = Reply::new(200, "content-type: audio/mpeg", mp3(1_000)).then_forever(mp3(100_000));
    let server = ScriptedServer::start([endless, large]).await;
    assert_eq!(ahead(&shelf, &server, 1).await, Err(FetchError::TooLarge { limit: AHEAD_LARGEST }));
    shelf.fetch(&server, 1).await.unwrap();
}

#[tokio::test]
async fn the_user_takes_over_a_transfer_that_nobody_waited_for() {
    let body = mp3(300_000);
    let gate = closed();
    let shelf = Arc::new(Shelf::new(limits()));
    let broken = Reply::cut(&body, 200_000).gated(&gate, 200_000, 100_000);
    let script = [broken, Reply::new(503, "", ""), Reply::audio(&body)];
    let server = Arc::new(ScriptedServer::start(script).await);
    let (of, at) = (Arc::clone(&shelf), Arc::clone(&server));
    let nobodys = tokio::spawn(async move { ahead(&of, &at, 1).await });
    in_time(async {
        while server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let (of, at) = (Arc::clone(&shelf), Arc::clone(&server));
    let users = tokio::spawn(async move { of.fetch(&at, 1).await });
    tokio::task::yield_now().await;
    gate.add_permits(1);
    users.await.unwrap().unwrap();
    nobodys.await.unwrap().unwrap();
    assert_eq!(server.requests().len(), 3, "one transfer, with the patience of the user");
}

#[tokio::test]
async fn what_nobody_waited_for_goes_first() {
    let shelf = Shelf::new(Limits { cache_bytes: 3_500, ..limits() });
    let server = ScriptedServer::start([Reply::audio(mp3(1_000))]).await;
    shelf.fetch(&server, 0).await.unwrap();
    for number in 1..=3 {
        ahead(&shelf, &server, number).await.unwrap();
    }
    let left = || (0..5).filter(|&number| shelf.recordings.kept(id(number)).is_some()).collect::<Vec<_>>();
    shelf.recordings.evict(&|_| false).unwrap();
    assert!(left().contains(&0) && left().len() == 3, "{:?}", left());
    shelf.fetch(&server, 4).await.unwrap();
    shelf.recordings.evict(&|_| false).unwrap();
    assert!(left().contains(&0) && left().contains(&4) && left().len() == 3, "{:?}", left());
    // What was played counts like any other.
    let played = left().into_iter().find(|number| (1..=3).contains(number)).unwrap();
    shelf.recordings.touch(id(played), now() + Duration::from_secs(60)).unwrap();
    let server = ScriptedServer::start([Reply::audio(mp3(1_500))]).await;
    shelf.recordings.remove(id(4)).unwrap();
    shelf.fetch(&server, 4).await.unwrap();
    shelf.recordings.evict(&|_| false).unwrap();
    assert!(left().contains(&played), "{:?}", left());
}

fn library(shelf: &Shelf) -> Library {
    let options = store::Options { country: "IN".to_owned(), now: now() };
    let store = StoreHandle::spawn(move || {
        let folder = tempfile::tempdir().unwrap();
        Store::open(&folder.path().join("store.db"), &options)
    });
    Library::new(shelf.recordings.clone(), store, AccountKey::new(Region::Global, 1, None))
}

#[tokio::test]
async fn a_cache_that_is_nearly_full_is_left_as_it_is() {
    let shelf = Shelf::new(Limits { cache_bytes: 20_000, ..limits() });
    let server = ScriptedServer::start([Reply::audio(mp3(1_000))]).await;
    for number in 0..10 {
        shelf.fetch(&server, number).await.unwrap();
    }
    let library = library(&shelf);
    let mut kept = 0;
    for number in 10..60 {
        match in_time(library.fetch_ahead(&server.client, id(number), &name())).await.unwrap() {
            Ahead::Kept(_) => kept += 1,
            Ahead::Full => break,
            Ahead::Busy => panic!("nobody else fetches"),
        }
    }
    assert_eq!(kept, 9, "up to nine tenths");
    assert!((0..10).all(|number| shelf.recordings.kept(id(number)).is_some()));
    assert_eq!(server.requests().len(), 19);
}

#[tokio::test]
async fn one_program_at_a_time_fetches_what_nobody_waits_for() {
    let shelf = Shelf::new(limits());
    let server = ScriptedServer::start([Reply::audio(mp3(1_000))]).await;
    let (library, other) = (library(&shelf), shelf.reopened());
    let lock = other.lock_ahead().unwrap();
    let name = name();
    let fetch = |number| in_time(library.fetch_ahead(&server.client, id(number), &name));
    assert_eq!(fetch(1).await.unwrap(), Ahead::Busy);
    assert_eq!(server.requests().len(), 0);
    drop(lock);
    assert!(matches!(fetch(1).await.unwrap(), Ahead::Kept(_)));
    // The lock leaves nothing behind, and does not stop the user.
    let _lock = other.lock_ahead().unwrap();
    shelf.fetch(&server, 2).await.unwrap();
    assert_eq!(shelf.files().len(), 2);
}

#[tokio::test]
async fn a_refused_secret_is_said_as_such() {
    let shelf = Shelf::new(limits());
    let body = r#"{"code":407,"msg":"Authentication failed"}"#;
    let server = ScriptedServer::start([Reply::new(200, "content-type: application/json", body)]).await;
    let error = ahead(&shelf, &server, 1).await.unwrap_err();
    assert!(matches!(error, FetchError::Api(ApiError::NotAuthenticated { .. })), "{error:?}");
}
