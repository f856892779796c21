//! What eyes and hands expect: every view is in sight, the focus is seen, and the room is used.

use crate::common::{Opened, Screen, week};
use ratatui::style::Modifier;
use vmail::config::ThemeName;
use vmail::core::model::Span;
use vmail::terminal::colours::Depth;
use vmail::tui::msg::NotSaved;
use vmail::tui::overlays::accounts::Choice;
use vmail::tui::state::Look;
use vmail::tui::theme::{Theme, ThemeSettings};

fn filled(size: (u16, u16)) -> Opened {
    Opened { size, stored: week(), covered: Some(Span::from_millis(0, i64::MAX)), ..Opened::default() }
}

fn synced(opened: Opened) -> Screen {
    let mut screen = Screen::open(opened);
    screen.synced();
    screen
}

/// A line of the screen.
fn line(screen: &mut Screen, number: usize) -> String {
    screen.text().lines().nth(number).unwrap_or_default().to_owned()
}

#[test]
fn the_header_shows_that_there_are_other_views_and_their_keys() {
    for (size, wanted) in [
        ((120, 40), &["1 Inbox 19   2 Unread 19   3 Starred 0   4 Done   5 All", "acme-support"][..]),
        ((80, 24), &["1 Inbox 19  2 Unread 19  3 Starred 0  4 Done  5 All", "vmail", "IST"]),
        ((60, 24), &["1 Inbox 19  2 Unread  3 Starred  4–5 views"]),
        ((40, 12), &["1 Inbox 19  2–5 views"]),
    ] {
        let header = line(&mut synced(filled(size)), 0);
        for wanted in wanted {
            assert!(header.contains(wanted), "{size:?}: {wanted}\n{header}");
        }
        assert!(header.contains("Last 7 days"), "{size:?}: {header}");
    }
}

#[test]
fn the_header_keeps_the_current_view_with_its_count_and_the_account_if_there_are_several() {
    let choice = |name: &str| Choice { name: name.to_owned(), about: String::new() };
    let accounts = vec![choice("acme-support"), choice("office")];
    let mut screen = synced(Opened { accounts, ..filled((80, 24)) });
    let header = line(&mut screen, 0);
    assert!(header.contains("acme-support  1 Inbox 19  2 Unread 19  3 Starred 0  4 Done  5 All"), "{header}");
    let mut screen = synced(filled((40, 12)));
    screen.keys("4");
    assert!(line(&mut screen, 0).contains("4 Done 0  1–5 views"), "{}", screen.text());
    screen.keys("5");
    assert!(line(&mut screen, 0).contains("5 All 19  1–4 views"), "{}", screen.text());
    screen.resize(24, 8);
    let header = line(&mut screen, 0);
    assert!(header.contains("5 All 19") && header.contains("Last 7 days"), "{header}");
}

// --- The focus ----------------------------------------------------------------

fn looks() -> [Look; 5] {
    let usual = Opened::default().look;
    let themed = |theme| ThemeSettings { theme, own: Vec::new() };
    [
        Look { depth: Depth::True, colours: themed(ThemeName::Dark), ..usual.clone() },
        Look { depth: Depth::True, colours: themed(ThemeName::Light), ..usual.clone() },
        Look { depth: Depth::Sixteen, ..usual.clone() },
        Look { plain: true, ..usual.clone() },
        usual,
    ]
}

#[test]
fn the_pane_with_the_focus_has_the_bar_the_band_and_the_border() {
    for look in looks() {
        let theme = Theme::new(&look);
        let mut screen = synced(Opened { look: look.clone(), ..filled((120, 40)) });
        let places = |screen: &mut Screen| {
            let buffer = screen.buffer();
            let list = (buffer[(0, 3)].clone(), buffer[(20, 3)].style());
            let detail = (buffer[(73, 2)].clone(), buffer[(90, 2)].style());
            (list, detail, buffer[(71, 30)].style())
        };
        let band = |style: ratatui::style::Style| {
            let reversed = style.add_modifier.contains(Modifier::REVERSED);
            theme.selected.bg.map_or(reversed, |ground| style.bg == Some(ground))
        };
        let (list, detail, border) = places(&mut screen);
        assert_eq!((list.0.symbol(), detail.0.symbol()), ("▌", " "), "{look:?}");
        assert!(band(list.1) && !band(detail.1), "{look:?}");
        screen.keys("Tab");
        let (list, detail, focused) = places(&mut screen);
        assert_eq!((list.0.symbol(), detail.0.symbol()), ("▏", "▌"), "{look:?}");
        assert!(!band(list.1) && band(detail.1), "{look:?}");
        assert!(focused != border && focused.add_modifier.contains(Modifier::BOLD), "{look:?}");
        // The highlight takes the band, the name keeps the bar.
        screen.keys("j");
        let (_, detail, _) = places(&mut screen);
        assert!(detail.0.symbol() == "▌" && !band(detail.1), "{look:?}");
        assert!(screen.text().lines().any(|line| line.contains("▌▸ Sun 22 Nov")), "{}", screen.text());
    }
}

#[test]
fn what_is_highlighted_in_a_low_detail_is_scrolled_into_sight() {
    let mut screen = synced(filled((40, 12)));
    screen.keys("Enter j j");
    assert!(screen.text().contains("▸ Thu 19 Nov 16:20"), "{}", screen.text());
    screen.keys("k k");
    assert!(line(&mut screen, 1).contains("+91 98765 43210"), "{}", screen.text());
}

#[test]
fn an_error_is_known_without_colours() {
    let look = Look { plain: true, ..Opened::default().look };
    let mut screen = synced(Opened { look, ..filled((80, 24)) });
    screen.keys("w Enter Esc");
    screen.saved(Err(NotSaved::Other("The recording cannot be saved: No space left.".to_owned())));
    assert!(screen.text().contains(" ✗ The recording cannot be saved: No space left."), "{}", screen.text());
}

// --- The detail on the full screen ----------------------------------------------

#[test]
fn the_full_detail_uses_the_width_and_the_height() {
    let waves = |screen: &mut Screen| {
        let is_wave = |line: &&str| line.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
        let text = screen.text();
        text.lines().filter(is_wave).count()
    };
    let mut screen = synced(filled((120, 40)));
    let key = screen.state.inbox.selected.unwrap();
    screen.recording(key, "invoice.mp3").keys("Enter");
    let first = line(&mut screen, 2);
    for text in ["+91 98765 43210", "Today 11:42:08 IST", "│", "From this caller"] {
        assert!(first.contains(text), "{text}: {}", screen.text());
    }
    assert!(waves(&mut screen) >= 7, "{}", screen.text());
    assert!(screen.text().contains("m to write one, t for tags"), "{}", screen.text());
    screen.keys("Esc");
    assert_eq!(waves(&mut screen), 3, "beside the list it has its size: {}", screen.text());
    let mut screen = synced(filled((80, 24)));
    screen.sounds().keys("Enter");
    let first = line(&mut screen, 2);
    assert!(first.contains("+91 98765 43210") && first.ends_with("Today 11:42:08 IST"), "{first}");
    let text = screen.text();
    assert!(text.contains("06:12 UTC · 22 min ago") && text.contains("_919876543210.mp3"), "{text}");
}

#[test]
fn a_small_full_detail_has_the_essentials() {
    let mut screen = synced(filled((40, 12)));
    screen.sounds().keys("Enter");
    let text = screen.text();
    for essential in [
        "+91 98765 43210",
        "India",
        "Today 11:42:08 IST · 22 min ago",
        "⠶",
        "0:00",
        "Space",
        "From this caller",
    ] {
        assert!(text.contains(essential), "{essential}: {text}");
    }
}
