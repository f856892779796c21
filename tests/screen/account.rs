//! The account, from outside: the form in which it is named, and going over to another one.

use crate::common::{Opened, Screen, week};
use vmail::core::model::{Region, Span};
use vmail::secret::Secret;
use vmail::tui::msg::{Effect, Msg, Reopen};
use vmail::tui::overlay::Overlay;
use vmail::tui::overlays::accounts::Choice;
use vmail::tui::overlays::login::LoginRequest;

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];

fn first_start(size: (u16, u16)) -> Screen {
    Screen::open(Opened { size, account: None, ..Opened::default() })
}

fn accounts() -> Vec<Choice> {
    [("acme-support", "global · 1111113"), ("delhi", "india · 1111118"), ("test", "global · 1111112")]
        .map(|(name, about)| Choice { name: name.to_owned(), about: about.to_owned() })
        .to_vec()
}

fn inbox(size: (u16, u16)) -> Screen {
    let covered = Some(Span::from_millis(0, i64::MAX));
    let mut screen =
        Screen::open(Opened { size, stored: week(), covered, accounts: accounts(), ..Opened::default() });
    screen.synced();
    screen.effects.clear();
    screen
}

/// Nothing but what concerns the account was asked of the world.
fn asked(screen: &Screen) -> Vec<&Effect> {
    let concerns =
        |effect: &&Effect| matches!(effect, Effect::LogIn(_) | Effect::StopLogIn | Effect::Reopen(_));
    screen.effects.iter().filter(concerns).collect()
}

fn key() -> LoginRequest {
    LoginRequest { region: Region::India, app_id: 1_111_113, secret: Secret::new("s3cret; one".to_owned()) }
}

/// Types all of [`key`].
fn typed(size: (u16, u16)) -> Screen {
    let mut screen = first_start(size);
    screen.keys("Enter Right Tab").type_text("1111113").keys("Tab").type_text("s3cret; one");
    screen
}

#[test]
fn the_form_shows_what_is_typed_but_the_secret() {
    for (width, height) in SIZES {
        let mut screen = typed((width, height));
        let shown = screen.snapshot();
        assert!(!shown.contains("s3") && shown.contains("•••"), "{shown}");
        insta::assert_snapshot!(format!("login-{width}x{height}"), shown);
        screen.keys("Enter");
        screen.send(Msg::Tried(Err("TeleCMI says: Not Authenticated. Check the app ID.".to_owned())));
        insta::assert_snapshot!(format!("login-refused-{width}x{height}"), screen.snapshot());
        assert!(!format!("{:?}", screen.state).contains("s3cret"), "not even for a log");
    }
}

#[test]
fn what_is_typed_is_tried_once_and_taken_over() {
    let mut screen = typed((80, 24));
    screen.keys("Enter Enter x");
    assert_eq!(asked(&screen), [&Effect::LogIn(key())]);
    assert!(screen.text().contains("logging in…"));
    screen.send(Msg::Tried(Ok("The secret is in the system keyring.".to_owned())));
    assert!(screen.state.overlay.is_none());
    assert_eq!(asked(&screen)[1..], [&Effect::Reopen(Reopen::Settings)]);
}

#[test]
fn what_is_missing_is_gone_to_and_said() {
    let mut screen = first_start((80, 24));
    screen.keys("Enter Enter").type_text("12x34");
    assert!(screen.text().contains("1234"), "digits alone: {}", screen.text());
    screen.keys("Enter Enter");
    assert!(screen.text().contains("the secret is missing"), "{}", screen.text());
    screen.send(Msg::Paste(" s3cret; one\n".to_owned())).keys("Up Ctrl-u Enter");
    assert!(screen.text().contains("the app ID is missing"), "{}", screen.text());
    screen.type_text("1111113").keys("Up Left Enter");
    assert_eq!(asked(&screen), [&Effect::LogIn(key())]);
}

#[test]
fn a_refused_key_can_be_mended() {
    let mut screen = typed((80, 24));
    screen.keys("Enter");
    screen.send(Msg::Tried(Err("TeleCMI says: Not Authenticated.".to_owned())));
    screen.keys("Backspace").type_text("x").keys("Enter");
    let mended = LoginRequest { secret: Secret::new("s3cret; onx".to_owned()), ..key() };
    assert_eq!(asked(&screen), [&Effect::LogIn(key()), &Effect::LogIn(mended)]);
    screen.keys("Esc");
    assert_eq!(asked(&screen).last(), Some(&&Effect::StopLogIn));
    // It comes too late.
    screen.send(Msg::Tried(Ok("kept".to_owned())));
    assert_eq!(asked(&screen).len(), 3);
}

#[test]
fn another_account_is_chosen_from_a_list() {
    for (width, height) in SIZES {
        let mut screen = inbox((width, height));
        screen.keys("a j");
        insta::assert_snapshot!(format!("accounts-{width}x{height}"), screen.snapshot());
        screen.keys("Enter");
        assert_eq!(asked(&screen), [&Effect::Reopen(Reopen::Account("delhi".to_owned()))]);
    }
    let mut screen = inbox((80, 24));
    screen.keys("a Enter");
    assert!(asked(&screen).is_empty() && screen.text().contains("already using acme-support"));
    screen.send(Msg::NotReopened("no secret for delhi".to_owned()));
    assert!(screen.text().contains("no secret for delhi"));
}

#[test]
fn with_one_account_it_says_how_there_can_be_more() {
    let mut screen = Screen::open(Opened { stored: week(), ..Opened::default() });
    screen.keys("a");
    assert!(screen.text().contains("vmail login --account"), "{}", screen.text());
    screen.keys(":").type_text("log-in").keys("Enter");
    assert!(!matches!(screen.state.overlay, Some(Overlay::Login(_))));
}

#[test]
fn a_change_is_stored_before_the_session_ends() {
    let mut screen = inbox((80, 24));
    screen.hold_changes();
    screen.keys("s a j Enter");
    assert!(asked(&screen).is_empty(), "the star is not stored yet");
    screen.release_changes();
    assert_eq!(asked(&screen), [&Effect::Reopen(Reopen::Account("delhi".to_owned()))]);
}
