//! The demo's recordings through the real client.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use vmail::core::model::{Region, Span};
use vmail::demo::{APP_ID, Options, SECRET, Server};
use vmail::recording::FetchError;
use vmail::secret::Secret;
use vmail::telecmi::{BaseUrl, Client, Credentials};

use crate::demo::noon;
use crate::recording::support::{Shelf, limits};

#[tokio::test]
async fn every_recording_of_the_demo_is_kept_as_it_is() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let originals: Vec<_> = fs::read_dir(assets)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "mp3" || it == "wav"))
        .collect();
    let server = Server::start(Options { arrival: None, ..Options::new(noon()) }).await.unwrap();
    for region in [Region::Global, Region::India] {
        let shelf = Shelf::new(limits());
        let base = BaseUrl::parse(&server.base_url(region == Region::India)).unwrap();
        let credentials = Credentials { app_id: APP_ID, secret: Secret::new(SECRET.to_owned()) };
        let client = Client::new(region, Some(&base), credentials).unwrap();
        let window = Span::new(noon() - TimeDelta::days(365), noon());
        let mut formats = HashSet::new();
        let (mut number, mut heard) = (1, HashSet::new());
        loop {
            let page = client.page(window, number).await.unwrap();
            if page.rows.is_empty() {
                break;
            }
            for row in page.rows {
                let Some(name) = row.recording else { continue };
                match shelf.recordings.fetch(&client, row.id, &name, |_, _| {}).await {
                    Ok(kept) => {
                        let bytes = fs::read(&kept.path).unwrap();
                        let original =
                            originals.iter().find(|path| fs::read(path).unwrap() == bytes).unwrap();
                        assert_eq!(kept.path.extension(), original.extension());
                        assert_eq!(kept.bytes, bytes.len() as u64);
                        assert_eq!(shelf.recordings.kept(row.id), Some(kept.clone()));
                        formats.insert(kept.format.extension());
                        heard.insert(original);
                    }
                    Err(error) => assert_eq!(error, FetchError::NotReady),
                }
            }
            number += 1;
        }
        assert_eq!(formats, ["mp3", "wav"].into());
        assert_eq!(heard.len(), originals.len(), "{region:?}");
    }
}
