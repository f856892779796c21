//! What the screen asks of the world about callers: the request that calls back, the user's own
//! program, and the contact files. The server is a stand-in; files, programs and the store are real.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::common::{now, week};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use vmail::account::Account;
use vmail::contacts::ContactFiles;
use vmail::contacts::Problem;
use vmail::core::caller;
use vmail::core::model::{AccountKey, CallerId, Region, VoicemailId};
use vmail::core::triage::{CallerKey, Given};
use vmail::credentials::LazySecret;
use vmail::player::Outputs;
#[cfg(target_os = "linux")]
use vmail::player::pulse::Environment;
use vmail::recording::Limits;
use vmail::secret::Secret;
use vmail::store::{self, Store, StoreHandle};
use vmail::telecmi::{Agent, BaseUrl, Call, Rings, ValidNumber};
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::{AccountEffect, Msg};
use vmail::tui::overlays::login::LoginHandler;
use vmail::tui::runtime::{AudioDeps, Deps, Runtime};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A runtime, and what it says.
struct World {
    runtime: Runtime,
    messages: mpsc::Receiver<Msg>,
    store: StoreHandle,
    folder: TempDir,
}

fn clock() -> DateTime<Utc> {
    now()
}

impl World {
    fn new(server: Option<&MockServer>, contacts: &[&str]) -> World {
        let folder = TempDir::new().unwrap();
        let base_url = server.map(|server| BaseUrl::parse(&server.uri()).unwrap());
        let key = AccountKey::new(Region::Global, 1_111_112, base_url.as_ref().map(BaseUrl::as_str));
        let account = Account {
            key: key.clone(),
            region: Region::Global,
            base_url,
            app_id: 1_111_112,
            secret: LazySecret::AtHand(Secret::new("hunter2".to_owned())),
        };
        let options = store::Options { country: "IN".to_owned(), now: now() };
        let store = StoreHandle::spawn(move || {
            let mut store = Store::in_memory(&options)?;
            let account = store.account(&key)?;
            store.put_page(account, &week(), None)?;
            Ok(store::Opened { store, notices: Vec::new() })
        });
        let outputs = Outputs {
            player_command: Vec::new(),
            #[cfg(target_os = "linux")]
            environment: Environment::new(|_| None),
        };
        let audio = AudioDeps {
            folder: folder.path().join("recordings"),
            limits: Limits::default(),
            outputs,
            socket: None,
            heard_after: Duration::from_secs(3),
        };
        let paths = contacts.iter().map(|name| folder.path().join(name)).collect();
        let work = Deps {
            account: Some(account),
            store: store.clone(),
            concurrency: 1,
            overlap: Duration::ZERO,
            audio,
            contacts: ContactFiles { paths, country: "IN".to_owned() },
            login: LoginHandler::new(|_| Box::pin(async { Err(String::new()) })),
        };
        let (sender, messages) = mpsc::channel(64);
        World { runtime: Runtime::new(work, sender, clock), messages, store, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The next message that `pick` is interested in.
    async fn next<T>(&mut self, pick: impl Fn(Msg) -> Option<T>) -> T {
        let found = async {
            loop {
                if let Some(found) = pick(self.messages.recv().await.expect("the runtime lives")) {
                    return found;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found).await.expect("an answer in time")
    }

    /// The names that come next, by the number that is shown.
    async fn names(&mut self) -> Vec<(String, String)> {
        let names = self.next(|msg| if let Msg::Names(names) = msg { Some(names) } else { None }).await;
        let callers = self.store.call(|store| store.callers(None, 1_000)).await.unwrap();
        let number = |id: CallerId| callers.iter().find(|(known, _)| *known == id).unwrap().1.clone();
        let mut names: Vec<_> = names.into_iter().map(|(id, name)| (number(id), name)).collect();
        names.sort();
        names
    }

    async fn faults(&mut self) -> Vec<vmail::contacts::Fault> {
        self.next(|msg| if let Msg::ContactFaults(faults) = msg { Some(faults) } else { None }).await
    }

    async fn ran(&mut self) -> Result<(), String> {
        self.next(|msg| if let Msg::CommandRan(result) = msg { Some(result) } else { None }).await
    }

    fn look(&mut self) {
        self.runtime.run(AccountEffect::Names { again: false });
    }

    fn command(&mut self, words: &[&str]) {
        let command = words.iter().map(|&word| word.to_owned()).collect();
        self.runtime.run(AccountEffect::RunCommand { command });
    }
}

fn named(names: &[(&str, &str)]) -> Vec<(String, String)> {
    names.iter().map(|&(number, name)| (number.to_owned(), name.to_owned())).collect()
}

fn card(name: &str, number: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nTEL:{number}\r\nEND:VCARD\r\n")
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

#[tokio::test]
async fn a_call_is_one_request_with_the_right_body() {
    let server = MockServer::start().await;
    let answer = json!({ "code": 200, "msg": "Call initiated", "request_id": "s96C6XK1" });
    Mock::given(method("POST"))
        .and(path("/webrtc/click2call"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    let mut world = World::new(Some(&server), &[]);
    let call = Call {
        agent: Agent::parse("101_1111112").unwrap(),
        to: ValidNumber::parse("98765 43210", "IN").unwrap(),
        caller_id: ValidNumber::parse("+914428117000", "IN").ok(),
        rings: Rings::Mobile,
    };
    let key = RowKey { time: 0, id: VoicemailId::from_bits(1) };
    world.runtime.run(AccountEffect::Call { key, call });
    let answer = world.next(|msg| if let Msg::Called(answer) = msg { Some(answer) } else { None }).await;
    assert_eq!(answer.unwrap().request_id.as_deref(), Some("s96C6XK1"));
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    let body: Value = requests[0].body_json().unwrap();
    assert_eq!(
        body,
        json!({
            "user_id": "101_1111112",
            "secret": "hunter2",
            "to": 919_876_543_210_u64,
            "webrtc": false,
            "followme": true,
            "callerid": 914_428_117_000_u64,
        })
    );
}

#[tokio::test]
async fn names_come_from_files_and_follow_them() {
    let mut world = World::new(None, &["contacts.vcf"]);
    let file = world.file("contacts.vcf");
    write(&file, &(card("Anita Rao", "098765 43210") + &card("Acme Steel", "JD-ACMEBK")));
    world.look();
    assert_eq!(
        world.names().await,
        // Two spellings came of the first number.
        named(&[
            ("+91 98765 43210", "Anita Rao"),
            ("+91 98765 43210", "Anita Rao"),
            ("JD-ACMEBK", "Acme Steel")
        ])
    );

    // What is known is not said again: only what changed.
    write(&file, &(card("Anita R.", "+919876543210") + &card("Ravi", "9845012345")));
    world.look();
    assert_eq!(
        world.names().await,
        named(&[
            ("+91 98450 12345", "Ravi"),
            ("+91 98765 43210", "Anita R."),
            ("+91 98765 43210", "Anita R."),
            ("JD-ACMEBK", "")
        ])
    );
}

#[tokio::test]
async fn a_name_given_in_the_program_wins() {
    let mut world = World::new(None, &["contacts.vcf"]);
    write(&world.file("contacts.vcf"), &card("Shop", "9845012345"));
    world.look();
    assert_eq!(world.names().await, named(&[("+91 98450 12345", "Shop")]));

    let key = CallerKey::new(&caller::forms("9845012345", "IN"), "9845012345").unwrap();
    let given = Given::new("Meera's shop", 1);
    world.store.call(move |store| store.set_name(&key, given.as_ref())).await.unwrap();
    world.runtime.run(AccountEffect::Names { again: true });
    assert_eq!(world.names().await, named(&[("+91 98450 12345", "Meera's shop")]));

    let key = CallerKey::new(&caller::forms("9845012345", "IN"), "9845012345").unwrap();
    world.store.call(move |store| store.set_name(&key, None)).await.unwrap();
    world.runtime.run(AccountEffect::Names { again: true });
    assert_eq!(world.names().await, named(&[("+91 98450 12345", "Shop")]));
}

#[tokio::test]
async fn callers_that_come_later_have_names_as_well() {
    let mut world = World::new(None, &["contacts.vcf"]);
    write(&world.file("contacts.vcf"), &(card("Ravi", "9845012345") + &card("New", "+442079460999")));
    world.look();
    assert_eq!(world.names().await, named(&[("+91 98450 12345", "Ravi")]));
    let row = crate::common::voicemail("2026-11-23T12:00:00+05:30", "442079460999");
    let key = AccountKey::new(Region::Global, 1_111_112, None);
    let put = world.store.call(move |store| {
        let account = store.account(&key)?;
        store.put_page(account, &[row], None)
    });
    put.await.unwrap();
    world.look();
    assert_eq!(world.names().await, named(&[("+44 20 7946 0999", "New")]));
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_once() {
    let mut world = World::new(None, &["contacts.vcf", "gone.vcf"]);
    let file = world.file("contacts.vcf");
    write(&file, &card("Ravi", "9845012345"));
    world.look();
    let faults = world.faults().await;
    assert_eq!(faults.len(), 1);
    assert!(matches!(faults[0].problem, Problem::Unreadable { .. }), "{faults:?}");
    assert_eq!(world.names().await, named(&[("+91 98450 12345", "Ravi")]));

    // The other file changes, and this one is as it was: only the name is news.
    write(&file, &card("Ravi Kumar", "9845012345"));
    world.look();
    let next = world.next(|msg| matches!(msg, Msg::Names(_) | Msg::ContactFaults(_)).then_some(msg)).await;
    assert!(matches!(next, Msg::Names(_)), "{next:?}");

    write(&world.file("gone.vcf"), &card("Acme", "JD-ACMEBK"));
    world.look();
    assert_eq!(world.faults().await, []);
    assert_eq!(world.names().await, named(&[("JD-ACMEBK", "Acme")]));
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_gets_its_arguments_as_they_are_and_no_terminal() {
    let mut world = World::new(None, &[]);
    let out = world.file("out");
    let script = format!("printf '%s|' \"$@\" > '{}'; cat >> '{}'", out.display(), out.display());
    world.command(&["sh", "-c", &script, "call_command", "tel:+919876543210", "$(id) `id`"]);
    assert_eq!(world.ran().await, Ok(()));
    assert_eq!(fs::read_to_string(out).unwrap(), "tel:+919876543210|$(id) `id`|");
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_fails_is_told_of_in_words() {
    let mut world = World::new(None, &[]);
    world.command(&["sh", "-c", "exit 3"]);
    assert_eq!(world.ran().await.unwrap_err(), "call_command: sh failed with exit code 3");
    world.command(&["sh", "-c", "kill -9 $$"]);
    assert_eq!(world.ran().await.unwrap_err(), "call_command: sh was killed");
    world.command(&["/nonexistent/dial"]);
    assert_eq!(world.ran().await.unwrap_err(), "call_command: /nonexistent/dial cannot be run: not found");
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_goes_on_runs_well_and_can_fail_later() {
    let mut world = World::new(None, &[]);
    let go_on = world.file("go-on");
    let script = format!("while [ ! -e '{}' ]; do sleep 0.05; done; exit 4", go_on.display());
    world.command(&["sh", "-c", &script]);
    assert_eq!(world.ran().await, Ok(()));
    write(&go_on, "");
    assert_eq!(world.ran().await.unwrap_err(), "call_command: sh failed with exit code 4");
}
