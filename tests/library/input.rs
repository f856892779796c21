//! What a terminal sends: the keys, and only they, act, however reads split it.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEventKind};
use proptest::prelude::*;
use vmail::terminal::input::Decoder;

/// Decodes what comes in pieces, without a pause between them.
fn decoded(pieces: &[&[u8]]) -> Vec<Event> {
    let now = Instant::now();
    let mut decoder = Decoder::new(now);
    let mut events: Vec<_> = pieces.iter().flat_map(|piece| decoder.feed(piece, now)).collect();
    if let Some(at) = decoder.deadline() {
        events.extend(decoder.expire(at));
    }
    assert_eq!(decoder.deadline(), None, "something is still waited for");
    events
}

fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn held(modifiers: KeyModifiers, code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

fn typed(c: char) -> Event {
    let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    held(shift, KeyCode::Char(c))
}

#[test]
fn keys_are_those_that_terminals_send() {
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
    let table: &[(&[u8], Event)] = &[
        (b"j", typed('j')),
        (b"G", typed('G')),
        ("é".as_bytes(), typed('é')),
        ("ந".as_bytes(), typed('ந')),
        ("😀".as_bytes(), typed('😀')),
        (b"\r", key(KeyCode::Enter)),
        (b"\n", held(CONTROL, KeyCode::Char('j'))),
        (b"\t", key(KeyCode::Tab)),
        (b"\x7f", key(KeyCode::Backspace)),
        (b"\x03", held(CONTROL, KeyCode::Char('c'))),
        (b"\0", held(CONTROL, KeyCode::Char(' '))),
        (b"\x1c", held(CONTROL, KeyCode::Char('4'))),
        (b"\x1f", held(CONTROL, KeyCode::Char('7'))),
        (b"\x1b", key(KeyCode::Esc)),
        (b"\x1bx", held(ALT, KeyCode::Char('x'))),
        ("\x1bé".as_bytes(), held(ALT, KeyCode::Char('é'))),
        (b"\x1b\r", held(ALT, KeyCode::Enter)),
        (b"\x1b[", held(ALT, KeyCode::Char('['))),
        (b"\x1b]", held(ALT, KeyCode::Char(']'))),
        (b"\x1bP", held(ALT, KeyCode::Char('P'))),
        (b"\x1bO", held(ALT, KeyCode::Char('O'))),
        (b"\x1b[A", key(KeyCode::Up)),
        (b"\x1bOB", key(KeyCode::Down)),
        (b"\x1b[1;5C", held(CONTROL, KeyCode::Right)),
        (b"\x1b[1;3D", held(ALT, KeyCode::Left)),
        (b"\x1b[H", key(KeyCode::Home)),
        (b"\x1b[4~", key(KeyCode::End)),
        (b"\x1b[3~", key(KeyCode::Delete)),
        (b"\x1b[5~", key(KeyCode::PageUp)),
        (b"\x1b[6;2~", held(SHIFT, KeyCode::PageDown)),
        (b"\x1b[Z", held(SHIFT, KeyCode::BackTab)),
        (b"\x1bOP", key(KeyCode::F(1))),
        (b"\x1b[[A", key(KeyCode::F(1))),
        (b"\x1b[11~", key(KeyCode::F(1))),
        (b"\x1b[24~", key(KeyCode::F(12))),
        (b"\x1b[13;2u", held(SHIFT, KeyCode::Enter)),
        (b"\x1b[27;5;106~", held(CONTROL, KeyCode::Char('j'))),
        (b"\x1b[99;5u", held(CONTROL, KeyCode::Char('c'))),
        (b"\x1b[I", Event::FocusGained),
        (b"\x1b[200~two\nlines\x1b[201~", Event::Paste("two\nlines".into())),
        ("\x1b[200~अनिता\x1b[201~".as_bytes(), Event::Paste("अनिता".into())),
    ];
    for (bytes, event) in table {
        assert_eq!(decoded(&[bytes]), std::slice::from_ref(event), "{}", bytes.escape_ascii());
        // Alt with a key comes in one piece; everything else may come byte by byte.
        let is_alt = matches!(event, Event::Key(key) if key.modifiers == ALT) && bytes[1] != b'[';
        if !is_alt && *bytes != b"\x1b[" {
            let split: Vec<_> = bytes.chunks(1).collect();
            assert_eq!(decoded(&split), std::slice::from_ref(event), "{} byte by byte", bytes.escape_ascii());
        }
    }
}

#[test]
fn two_escapes_are_two_keys_and_keys_that_come_together_stay_apart() {
    let [esc, up] = [key(KeyCode::Esc), key(KeyCode::Up)];
    assert_eq!(decoded(&[b"\x1b\x1b"]), [esc.clone(), esc.clone()]);
    assert_eq!(decoded(&[b"\x1b\x1b[A"]), [esc, up.clone()]);
    assert_eq!(decoded(&[b"jj\x1b[A\x1bOAk"]), [typed('j'), typed('j'), up.clone(), up, typed('k')]);
}

#[test]
fn escape_and_a_key_typed_fast_are_two_keys() {
    for key in ["x", "P", "[", "]", "O", "_", "é", "\r"] {
        let escape = Event::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
        let pressed =
            if key == "\r" { self::key(KeyCode::Enter) } else { typed(key.chars().next().unwrap()) };
        assert_eq!(decoded(&[b"\x1b", key.as_bytes()]), [escape, pressed], "{key}");
    }
}

#[test]
fn the_mouse_is_read_in_every_notation() {
    for bytes in [&b"\x1b[<0;12;3M"[..], b"\x1b[32;12;3M", b"\x1b[M \x2c\x23"] {
        let [Event::Mouse(mouse)] = decoded(&[bytes])[..] else { panic!("{}", bytes.escape_ascii()) };
        assert_eq!(mouse.kind, MouseEventKind::Down(MouseButton::Left));
        assert_eq!((mouse.column, mouse.row), (11, 2));
    }
    let [Event::Mouse(mouse)] = decoded(&[b"\x1b[<65;1;1M"])[..] else { panic!() };
    assert_eq!(mouse.kind, MouseEventKind::ScrollDown);
}

/// What terminals send without being asked, or in answer to another program.
const REPLIES: &[&[u8]] = &[
    b"\x1b[?2026;2$y",
    b"\x1b[?997;1n",
    b"\x1b[?1;2S",
    b"\x1b[?62;4;22c",
    b"\x1b[>41;354;0c",
    b"\x1b[12;40R",
    b"\x1b[?12;40R",
    b"\x1b[0n",
    b"\x1b[8;24;80t",
    b"\x1b[?1u",
    b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    b"\x1b]11;rgb:ffff/ffff/ffff\x07",
    b"\x1b]52;c;c2VjcmV0cyBhbmQgZWVl\x07",
    b"\x1b]52;c;c2VjcmV0cyBhbmQgZWVl\x1b\\",
    b"\x1bP>|XTerm(389)\x1b\\",
    b"\x1bP1+r544e=787465726d\x1b\\",
    b"\x1bP1$r0 q\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b^private\x1b\\",
    b"\x1bXstring e q\x1b\\",
    b"\x1b[M#!!",
    b"\x1b[38;5;9!z",
    b"\x1b[201~",
    b"\x1b[999~",
    b"\x1b[57441;1:1u",
    b"\x1b[106;1:3u",
];

#[test]
fn replies_that_nobody_waits_for_are_dropped_whole() {
    for reply in REPLIES.iter().filter(|reply| !reply.starts_with(b"\x1b[M")) {
        let around = [b"j", *reply, b"k"].concat();
        assert_eq!(decoded(&[&around]), [typed('j'), typed('k')], "{}", reply.escape_ascii());
        for at in 1..reply.len() {
            let pieces = [b"j", &reply[..at], &reply[at..], b"k"];
            assert_eq!(decoded(&pieces), [typed('j'), typed('k')], "{} at {at}", reply.escape_ascii());
        }
    }
    let many = [b"\x1b]", &[b'e'; 5_000][..], b"\x07e"].concat();
    assert_eq!(decoded(&[&many]), [typed('e')]);
}

#[test]
fn a_reply_whose_escape_comes_alone_is_dropped_as_well() {
    for reply in REPLIES.iter().filter(|reply| !matches!(reply[1], b'^' | b'X' | b'M') && reply[2] != b'M') {
        let mut now = Instant::now();
        let mut decoder = Decoder::new(now);
        assert!(decoder.feed(b"\x1b", now).is_empty());
        now = decoder.deadline().unwrap();
        assert_eq!(decoder.expire(now), [key(KeyCode::Esc)]);
        now += Duration::from_millis(300);
        assert_eq!(decoder.feed(&reply[1..], now), [], "{}", reply.escape_ascii());
        assert_eq!(decoder.feed(b"j", now), [typed('j')]);
    }
    // What people type after Esc is what they mean.
    for keys in [&b"[["[..], b"]", b"[", b"PP", b"[?", b"[1", b"d30d"] {
        let now = Instant::now();
        let mut decoder = Decoder::new(now);
        decoder.feed(b"\x1b", now);
        decoder.expire(now + Duration::from_millis(51));
        let events = decoder.feed(keys, now + Duration::from_millis(300));
        assert_eq!(events.len(), keys.len(), "{}", keys.escape_ascii());
    }
}

#[test]
fn what_never_ends_is_given_up() {
    for start in
        [&b"\x1b]11;rgb:"[..], b"\x1bP>|", b"\x1b_G", b"\x1b[?2026;2$", b"\x1b[<0;1", b"\x1b[M", b"\x1bO1"]
    {
        let mut now = Instant::now();
        let mut decoder = Decoder::new(now);
        assert_eq!(decoder.feed(start, now), [], "{}", start.escape_ascii());
        now = decoder.deadline().unwrap();
        assert_eq!(decoder.expire(now), [], "{}", start.escape_ascii());
        assert_eq!(decoder.feed(b"j", now), [typed('j')], "{}", start.escape_ascii());
    }
    // Ctrl-C is heard at once.
    for start in [&b"\x1b]11;rgb:"[..], b"\x1bP>|", b"\x1b[?2026;2"] {
        let bytes = [start, b"\x03"].concat();
        assert_eq!(decoded(&[&bytes]), [held(KeyModifiers::CONTROL, KeyCode::Char('c'))]);
    }
    // A key that is held down is no string.
    let begin = Instant::now();
    for start in [&b"\x1b]"[..], b"\x1b[200~"] {
        let mut decoder = Decoder::new(begin);
        decoder.feed(start, begin);
        let held_down = (1..120).map(|number| begin + Duration::from_millis(33) * number);
        let heard = held_down.filter(|now| decoder.feed(b"j", *now).contains(&typed('j'))).count();
        assert!(heard > 50, "{heard}");
    }
    // A long answer over a slow line is one.
    let begin = Instant::now();
    let mut decoder = Decoder::new(begin);
    decoder.feed(b"\x1b]52;c;", begin);
    for number in 1..200 {
        assert_eq!(decoder.feed(&[b'e'; 12], begin + Duration::from_millis(100) * number), []);
    }
    let end = begin + Duration::from_secs(20);
    assert_eq!(decoder.feed(b"\x07j", end), [typed('j')]);
}

#[test]
fn a_paste_without_an_end_ends_by_itself() {
    let mut now = Instant::now();
    let mut decoder = Decoder::new(now);
    assert_eq!(decoder.feed(b"\x1b[200~", now), []);
    now = decoder.deadline().unwrap();
    assert_eq!(decoder.expire(now), []);
    assert_eq!(decoder.feed(b"j", now), [typed('j')]);
    assert_eq!(decoder.feed(b"\x1b[200~half", now), []);
    now = decoder.deadline().unwrap();
    assert_eq!(decoder.expire(now), [Event::Paste("half".into())]);
}

#[test]
fn a_paste_that_contains_its_end_pastes_the_rest() {
    let now = Instant::now();
    let mut decoder = Decoder::new(now);
    let events = decoder.feed(b"\x1b[200~one\n\x1b[201~:q\re\x1b[201~", now);
    let text: String = events
        .iter()
        .map(|event| match event {
            Event::Paste(text) => &**text,
            event => panic!("{event:?} is no paste"),
        })
        .collect();
    assert_eq!(text, "one\n:q\ne");
    let soon = now + Duration::from_millis(40);
    assert_eq!(decoder.feed(b"e\x1b[A", soon), [Event::Paste("e".into())]);
    assert_eq!(decoder.feed(b"e", soon + Duration::from_millis(51)), [typed('e')]);
    // One line cannot hide a command behind it.
    assert_eq!(
        decoded(&[b"\x1b[200~one\x1b[201~", b"\r"]),
        [Event::Paste("one".into()), key(KeyCode::Enter)]
    );
}

#[test]
fn a_huge_paste_is_bounded() {
    let now = Instant::now();
    let mut decoder = Decoder::new(now);
    decoder.feed(b"\x1b[200~", now);
    for _ in 0..400 {
        assert_eq!(decoder.feed(&[b'x'; 8 << 10], now), []);
    }
    let [Event::Paste(text)] = &decoder.feed(b"end\x1b[201~", now)[..] else { panic!() };
    assert_eq!(text.len(), 1 << 20);
    assert_eq!(decoder.feed(b"j", now), [typed('j')]);
}

/// A sequence of control, known or not, of any kind.
fn sequence() -> impl Strategy<Value = Vec<u8>> {
    // `ESC [ M` and `ESC [ [` take bytes behind them, pastes take all, and final letters can be keys.
    let finals = prop::sample::select(&b"abcdefgijklmnopqrstvwxyz`@T"[..]);
    let csi = ("[?>=<]?[0-9;:]{0,20}", "[ -/]{0,2}", finals).prop_map(|(parameters, between, last)| {
        [b"\x1b[", parameters.as_bytes(), between.as_bytes(), &[last]].concat()
    });
    let string = (
        prop::sample::select(&b"]PX^_"[..]),
        prop::collection::vec(prop_oneof![0x20..0x7f_u8, 0xa0..0xff_u8], 2..200),
        any::<bool>(),
    );
    let string = string.prop_map(|(kind, text, bell)| {
        let end: &[u8] = if bell && kind == b']' { b"\x07" } else { b"\x1b\\" };
        [&[0x1b, kind], &text[..], end].concat()
    });
    prop_oneof![csi, string, prop::sample::select(REPLIES).prop_map(<[u8]>::to_vec)]
        .prop_filter("keys that xterm and kitty send are keys", |bytes| {
            !matches!(bytes[..], [0x1b, b'[', .., b'u' | b'~' | b'M' | b'm']) || REPLIES.contains(&&bytes[..])
        })
        .prop_filter("the old mouse report is an event", |bytes| !bytes.starts_with(b"\x1b[M"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_keys_and_only_they_act(
        parts in prop::collection::vec((sequence(), prop::option::of("[a-zA-Z0-9:?/éअ]")), 1..12),
        cuts in prop::collection::vec(1..40_usize, 1..60),
    ) {
        let (mut bytes, mut keys) = (Vec::new(), Vec::new());
        for (sequence, key) in parts {
            bytes.extend(sequence);
            if let Some(c) = key.as_deref().and_then(|key| key.chars().next()) {
                bytes.extend(c.to_string().as_bytes());
                keys.push(typed(c));
            }
        }
        let (mut pieces, mut rest) = (Vec::new(), &bytes[..]);
        for cut in cuts.iter().cycle() {
            let (piece, left) = rest.split_at(rest.len().min(*cut));
            pieces.push(piece);
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(decoded(&pieces), keys);
    }

    #[test]
    fn any_bytes_leave_the_keyboard_alive(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let now = Instant::now();
        let mut decoder = Decoder::new(now);
        decoder.feed(&bytes, now);
        let mut at = now;
        while let Some(next) = decoder.deadline() {
            at = next;
            decoder.expire(at);
        }
        at += Duration::from_secs(2);
        prop_assert_eq!(decoder.feed(b"j", at), [typed('j')]);
    }
}
