//! Names of callers and calling back, from outside: keys and answers go in; the screen and what is
//! asked of the world come out. The runtime's part has a stand-in server, real files and real programs.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

use crate::common::{Opened, Screen, week};
use crate::{SIZES, at_three_sizes};
use vmail::core::facts::Flags;
use vmail::core::model::{CallerId, Span};
use vmail::telecmi::{Agent, ApiError, Call, CallError, CallPlaced, OfflineReason, Rings, ValidNumber};
use vmail::tui::msg::{AccountEffect, Effect, Msg, TerminalEffect};
use vmail::tui::overlay::Overlay;
use vmail::tui::overlays::call::CallConfig;

fn call_config() -> CallConfig {
    CallConfig { country: "IN".to_owned(), ..CallConfig::default() }
}

/// TeleCMI is to call.
fn with_agent() -> CallConfig {
    CallConfig { agent: Some(Agent::parse("101_1111112").unwrap()), ..call_config() }
}

/// A program is to call.
fn with_command() -> CallConfig {
    let command = ["xdg-open", "tel:{number}"].map(str::to_owned).to_vec();
    CallConfig { command: Some(command), ..call_config() }
}

fn opened(call_config: CallConfig) -> Opened {
    Opened { stored: week(), covered: Some(Span::from_millis(0, i64::MAX)), call_config, ..Opened::default() }
}

fn screen(call_config: CallConfig) -> Screen {
    let mut screen = Screen::open(opened(call_config));
    screen.synced();
    screen.effects.clear();
    screen
}

fn placed() -> Msg {
    Msg::Called(Ok(CallPlaced { request_id: Some("s96C6XK1".to_owned()) }))
}

fn refused() -> CallError {
    CallError::NotPlaced { cause: ApiError::NotAuthenticated { message: "Not Authenticated".to_owned() } }
}

fn unsure() -> CallError {
    CallError::MaybePlaced { cause: ApiError::Offline { reason: OfflineReason::Cut } }
}

/// The calls and the commands that were asked for, whatever else was.
fn calls(screen: &Screen) -> Vec<&Effect> {
    let is_call = |effect: &&Effect| {
        matches!(
            effect,
            Effect::Account(AccountEffect::Call { .. } | AccountEffect::RunCommand { .. })
                | Effect::Terminal(TerminalEffect::Copy(_))
        )
    };
    screen.effects.iter().filter(is_call).collect()
}

fn is_called(screen: &Screen, place: usize) -> bool {
    screen.state.inbox.at(place).unwrap().flags.contains(Flags::CALLED)
}

/// The caller of the voicemail at `place`.
fn caller(screen: &Screen, place: usize) -> CallerId {
    screen.state.inbox.at(place).unwrap().caller
}

#[test]
fn a_call_is_asked_for_once_after_a_look_at_the_number() {
    let mut screen = screen(with_agent());
    screen.keys("c");
    assert!(calls(&screen).is_empty());
    let text = screen.text();
    for shown in ["+919876543210", "+91 98765 43210", "the softphone of 101", "as set in TeleCMI"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }

    screen.keys("Enter Enter Enter Enter Enter Enter Enter Enter Enter Enter");
    let key = screen.state.inbox.selected.unwrap();
    let call = Call {
        agent: Agent::parse("101_1111112").unwrap(),
        to: ValidNumber::parse("+919876543210", "IN").unwrap(),
        caller_id: None,
        rings: Rings::Softphone,
    };
    assert_eq!(calls(&screen), [&Effect::Account(AccountEffect::Call { key, call })]);
    assert!(screen.text().contains("placing call…"));
    assert!(!is_called(&screen, 0), "nobody knows yet");

    screen.send(placed());
    let text = screen.text();
    assert!(text.contains("TeleCMI rings the softphone of 101 first, then +91 98765 43210."), "{text}");
    assert!(is_called(&screen, 0));
    screen.keys("Enter Enter");
    assert_eq!(calls(&screen).len(), 1, "a confirmation is used up");

    screen.keys("Esc c Enter");
    assert_eq!(calls(&screen).len(), 2, "a new one is a new call");
}

#[test]
fn leaving_places_no_call() {
    let mut screen = screen(with_agent());
    screen.keys("c Esc c q");
    assert!(screen.state.overlay.is_none());
    assert!(calls(&screen).is_empty());
}

#[test]
fn who_goes_on_is_told_in_the_status_line_and_cannot_call_meanwhile() {
    let mut screen = screen(with_agent());
    screen.keys("c Enter Esc j c");
    assert!(screen.state.overlay.is_none());
    assert!(screen.text().contains("a call is being placed: wait"));
    screen.send(placed());
    assert!(screen.text().contains("TeleCMI rings the softphone of 101 first, then +91 98765 43210."));
    assert!(is_called(&screen, 0) && !is_called(&screen, 1));

    screen.keys("c Enter Esc").send(Msg::Called(Err(unsure())));
    assert!(screen.text().contains("The call may have been placed"));
}

#[test]
fn a_call_that_failed_or_may_have_is_not_called_back() {
    for (error, said) in [(refused(), "No call was placed."), (unsure(), "The call may have been placed")] {
        let mut screen = screen(with_agent());
        screen.keys("c Enter").send(Msg::Called(Err(error)));
        assert!(screen.text().contains(said), "{}", screen.text());
        assert!(!is_called(&screen, 0));
        screen.keys("Enter Enter");
        assert_eq!(calls(&screen).len(), 1);
    }
}

#[test]
fn who_cannot_be_called_is_said_before_anything_is_asked() {
    let mut screen = screen(with_agent());
    screen.keys("j j c");
    assert!(screen.state.overlay.is_none());
    assert!(screen.text().contains("the caller withheld the number"));
    screen.keys("j c");
    assert!(screen.state.overlay.is_none());
    assert!(screen.text().contains("`JD-ACMEBK` is not a valid phone number: not called"));
    screen.keys("Enter");
    assert!(calls(&screen).is_empty());
}

#[test]
fn what_rings_and_what_they_see_is_as_set() {
    let caller_id = ValidNumber::parse("+914428117000", "IN").ok();
    let mut screen = screen(CallConfig { caller_id, rings: Rings::Mobile, ..with_agent() });
    let text = screen.keys("c").text();
    assert!(text.contains("the mobile of 101") && text.contains("+91 44 2811 7000"), "{text}");
}

#[test]
fn without_an_agent_a_command_calls() {
    let mut screen = screen(with_command());
    assert!(screen.keys("c").text().contains("xdg-open tel:+919876543210"));
    screen.keys("Enter Enter");
    let command = ["xdg-open", "tel:+919876543210"].map(str::to_owned).to_vec();
    assert_eq!(calls(&screen), [&Effect::Account(AccountEffect::RunCommand { command })]);
    screen.send(Msg::CommandRan(Ok(())));
    assert!(screen.text().contains("Calling +91 98765 43210."));
    assert!(is_called(&screen, 0));

    // It may fail after a while.
    screen.keys("Esc").send(Msg::CommandRan(Err("call_command: xdg-open failed with exit code 4".into())));
    assert!(screen.text().contains("xdg-open failed with exit code 4"));
}

#[test]
fn a_command_that_fails_calls_nobody() {
    let mut screen = screen(with_command());
    screen.keys("c Enter").send(Msg::CommandRan(Err("call_command: xdg-open was killed".into())));
    assert!(screen.text().contains("xdg-open was killed"));
    assert!(!is_called(&screen, 0));
}

#[test]
fn without_anything_to_call_with_the_number_is_copied() {
    let mut screen = screen(call_config());
    screen.keys("c");
    assert!(calls(&screen).is_empty());
    screen.keys("Enter");
    assert_eq!(calls(&screen), [&Effect::Terminal(TerminalEffect::Copy("+919876543210".to_owned()))]);
    assert!(screen.state.overlay.is_none());
    assert!(screen.text().contains("+919876543210 sent to the terminal's clipboard"));
    assert!(!is_called(&screen, 0));
}

#[test]
fn names_are_shown_in_place_of_numbers_and_stay() {
    let mut screen = screen(call_config());
    let id = caller(&screen, 0);
    screen.send(Msg::Names(vec![(id, "Anita Rao".to_owned())]));
    let text = screen.text();
    assert!(text.contains("11:42   Anita Rao"), "{text}");
    assert!(text.contains("+91 98765 43210  India · 919876543210"), "{text}");
    screen.keys("c");
    assert!(screen.text().contains("Anita Rao") && screen.text().contains("+919876543210"));
    screen.keys("Esc");

    // The list is loaded again, and the number is the same.
    screen.keys("[ ]").synced();
    assert!(screen.text().contains("11:42   Anita Rao"));
    screen.send(Msg::Names(vec![(id, String::new())]));
    assert!(screen.text().contains("11:42   +91 98765 43210"));
}

#[test]
fn a_name_is_given_and_taken_away() {
    let mut screen = screen(call_config());
    screen.keys("C").type_text("Anita Rao").keys("Enter");
    assert!(screen.state.overlay.is_none());
    let text = screen.text();
    // Twice that day and the day before, and in the detail.
    assert!(text.matches("Anita Rao").count() >= 3, "{text}");

    screen.keys("C");
    let Some(Overlay::Name(naming)) = &screen.state.overlay else { panic!("no overlay") };
    assert_eq!(naming.input.value(), "Anita Rao", "the store has it");
    screen.keys("Ctrl-u Enter");
    assert!(!screen.text().contains("Anita Rao"));
    screen.keys("C");
    let Some(Overlay::Name(naming)) = &screen.state.overlay else { panic!("no overlay") };
    assert_eq!(naming.input.value(), "");
}

#[test]
fn leaving_the_dialog_leaves_the_name() {
    let mut screen = screen(call_config());
    screen.keys("C").type_text("Anita").keys("Esc");
    screen.keys("C Enter");
    assert!(!screen.text().contains("Anita"));
    screen.keys("j j C");
    assert!(screen.state.overlay.is_none(), "a withheld caller has no name");
}

#[test]
fn names_are_looked_for_when_they_may_be_others_and_no_screen_wakes_for_it() {
    let looks = |screen: &mut Screen| {
        let (looks, rest) = std::mem::take(&mut screen.effects)
            .into_iter()
            .partition::<Vec<_>, _>(|effect| matches!(effect, Effect::Account(AccountEffect::Names { .. })));
        screen.effects = rest;
        looks
            .iter()
            .map(|look| *look == Effect::Account(AccountEffect::Names { again: true }))
            .collect::<Vec<_>>()
    };
    let mut screen = Screen::open(opened(call_config()));
    assert_eq!(looks(&mut screen), [false]);
    screen.synced();
    assert_eq!(looks(&mut screen), [false]);
    screen.keys("C").type_text("Anita").keys("Enter");
    assert_eq!(looks(&mut screen), [true]);
    screen.keys("u");
    assert_eq!(looks(&mut screen), [true]);
    let due = screen.state.names_due.unwrap();
    assert_ne!(screen.state.wake_at(), Some(due));
    screen.send(Msg::Tick(due));
    assert_eq!(looks(&mut screen), [false]);
}

/// The screen in a state, at three sizes.
fn looks(name: &str, call_config: impl Fn() -> CallConfig, prepare: impl Fn(&mut Screen)) {
    let open = |size| {
        let mut screen = Screen::open(Opened { size, ..opened(call_config()) });
        screen.synced();
        let id = caller(&screen, 0);
        screen.send(Msg::Names(vec![(id, "Anita Rao".to_owned())]));
        prepare(&mut screen);
        screen
    };
    at_three_sizes(name, open, Screen::dialog);
}

#[test]
fn the_question_before_a_call() {
    looks("call-question", with_agent, |screen| {
        screen.keys("c");
    });
}

#[test]
fn a_call_was_placed() {
    looks("call-placed", with_agent, |screen| {
        screen.keys("c Enter").send(placed());
    });
}

#[test]
fn a_call_was_refused() {
    looks("call-refused", with_agent, |screen| {
        screen.keys("c Enter").send(Msg::Called(Err(refused())));
    });
}

#[test]
fn a_call_may_have_been_placed() {
    looks("call-unsure", with_agent, |screen| {
        screen.keys("c Enter").send(Msg::Called(Err(unsure())));
    });
}

#[test]
fn there_is_no_agent() {
    looks("call-copy", call_config, |screen| {
        screen.keys("c");
    });
    looks("call-command", with_command, |screen| {
        screen.keys("c");
    });
}

#[test]
fn the_caller_is_withheld() {
    for size in SIZES {
        let mut screen = Screen::open(Opened { size, ..opened(with_agent()) });
        screen.synced().keys("j j c");
        let text = screen.text();
        assert!(text.contains("the caller withheld the number"), "{text}");
    }
}

#[test]
fn a_name_is_typed() {
    looks("naming", call_config, |screen| {
        screen.keys("C");
    });
    looks("naming-typed", call_config, |screen| {
        screen.keys("j C").type_text("Ravi Kumar");
    });
}
