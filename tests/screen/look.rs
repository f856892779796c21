//! How it looks and which keys it has, as the user wants it: keys, colours and columns of their own.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::PathBuf;
use std::time::Duration;

use crate::common::{Opened, Screen, week};
use chrono::TimeDelta;
use insta::assert_snapshot;
use ratatui::style::{Color, Modifier, Style};
use vmail::config::{self, Column, Overrides, OwnColour, OwnKeys, Settings, Sources, ThemeName};
use vmail::core::search;
use vmail::core::search::Context;
use vmail::core::zone::Tz;
use vmail::player::Event;
use vmail::terminal::colours::Depth;
use vmail::tui::command::{Scope, TABLE};
use vmail::tui::keymap::{KeyChord, Keymap, own};
use vmail::tui::msg::Effect;
use vmail::tui::overlay::Overlay;
use vmail::tui::state::{Look, OwnView};
use vmail::tui::theme::{self, Role, Theme, ThemeSettings};

/// The settings of a file.
fn settings(text: &str) -> Result<Settings, String> {
    let sources = Sources {
        file: Some((PathBuf::from("config.toml"), text.to_owned())),
        file_mode: None,
        flags: Overrides::default(),
        env: Overrides::default(),
        check_base_url: |_| Ok(()),
        check_key: |written| own::key(written).map(drop),
        check_keys: own::faults,
        check_colour: |own| theme::own::read(own).map(drop),
    };
    config::load(sources).map_err(|error| error.to_string())
}

fn keymap(text: &str) -> Keymap {
    own::keymap(&settings(text).unwrap().keys)
}

fn look() -> Look {
    Opened::default().look
}

fn opened(text: &str) -> Opened {
    Opened { stored: week(), keymap: keymap(text), ..Opened::default() }
}

fn style(written: &str) -> Style {
    let own = OwnColour { role: "text".to_owned(), style: written.to_owned() };
    theme::own::read(&own).unwrap().1
}

fn wanted(theme: ThemeName, own: &[(&str, &str)]) -> ThemeSettings {
    let own = own.iter().map(|(role, style)| {
        theme::own::read(&OwnColour { role: (*role).to_owned(), style: (*style).to_owned() }).unwrap()
    });
    ThemeSettings { theme, own: own.collect() }
}

// --- Keys -------------------------------------------------------------------

#[test]
fn a_key_of_ones_own_takes_the_place_of_the_usual_ones() {
    let mut screen = Screen::open(opened("keys.star = [\"x\", \"F2\"]"));
    let starred = |screen: &mut Screen| screen.text().contains("★");
    screen.keys("s");
    assert!(!starred(&mut screen), "{}", screen.text());
    screen.keys("x");
    assert!(starred(&mut screen), "{}", screen.text());
    screen.keys("F2");
    assert!(!starred(&mut screen), "{}", screen.text());
}

#[test]
fn footer_help_and_palette_show_the_keys_in_force() {
    let text =
        "[keys]\nstar = \"x\"\nplay = \"F5\"\ndates = []\nhelp = \"F1\"\nquit = \"Ctrl-q\"\npalette = \"F9\"";
    let mut screen = Screen::open(Opened { size: (120, 40), ..opened(text) });
    screen.synced();
    let footer = screen.text().trim_end().lines().last().unwrap().to_owned();
    for hint in ["F5 play", "x star", "F1 help"] {
        assert!(footer.contains(hint), "{hint}: {footer}");
    }
    assert!(!footer.contains("dates"), "there is no key for it: {footer}");
    screen.keys("F9").type_text("star");
    assert!(
        screen.text().lines().any(|line| line.contains("star") && line.contains(" x ")),
        "{}",
        screen.text()
    );
    screen.keys("Esc F1");
    let help = screen.text();
    let line = |help: &str, words: &str| help.lines().find(|line| line.contains(words)).unwrap().to_owned();
    assert!(line(&help, "Star or unstar").contains(" x  "), "{help}");
    assert!(line(&help, "Play or pause").contains(" F5  "), "{help}");
}

#[test]
fn sentences_name_the_key_in_force() {
    let text = "keys.seek-forward = \"L\"\nkeys.play = \"F5\"\nkeys.undo = []\nkeys.close-dates = \"F10\"";
    let mut screen = Screen::open(opened(text));
    screen.synced().keys("L");
    assert!(screen.text().contains("nothing is playing: F5 plays"), "{}", screen.text());
    screen.keys("e");
    assert!(screen.text().contains(":undo to undo"), "{}", screen.text());
    screen.keys("d");
    assert!(screen.text().contains("F10 closes"), "{}", screen.text());
    screen.keys("Esc");
    assert!(screen.state.overlay.is_some());
    screen.keys("F10");
    assert!(screen.state.overlay.is_none());
    let text = "keys.mark = \"x\"\nkeys.dates = \"F6\"";
    let mut screen = Screen::open(Opened { range: "all", ..opened(text) });
    screen.synced().keys("V");
    assert!(screen.text().contains("mark the first row with x"), "{}", screen.text());
    screen.keys("[");
    assert!(screen.text().contains("F6 to choose another"), "{}", screen.text());
}

#[test]
fn a_preset_has_a_key_of_its_own_whatever_it_is_called() {
    let mut screen = Screen::open(opened("keys.pick-preset = [\"a\", \"b\"]"));
    screen.synced().keys("d b");
    assert!(screen.state.overlay.is_none());
    let chosen = screen.state.range;
    let mut usual = Screen::open(opened(""));
    usual.synced().keys("d 2").wait(TimeDelta::seconds(1));
    assert_eq!(chosen, usual.state.range);
}

#[test]
fn quitting_is_always_possible() {
    let mut screen = Screen::open(opened("keys.quit = []\nkeys.quit-at-once = \"F12\""));
    screen.keys("/ F12");
    assert!(screen.effects.contains(&Effect::Quit));
    let said = settings("keys.quit-at-once = []").unwrap_err();
    assert_eq!(
        said,
        "config.toml:1: `keys.quit-at-once`: needs at least one key, or it could not be closed: \
         the default is \"Ctrl-c\""
    );
}

#[test]
fn what_no_keymap_can_be_is_said() {
    let own_view = "views = [{ name = \"Billing\", query = \"a\", key = \"e\" }]\n";
    for (text, wanted) in [
        (
            "keys.play = \"s\"",
            "1: `keys.play`: \"s\" is also a default key of `star`: use another, or change that one too, \
             as in `keys.star = []`",
        ),
        (
            "keys.undo = \"down\"",
            "1: `keys.undo`: \"Down\" is also a default key of `down`: use another, or change that one too, \
             as in `keys.down = [\"j\", \"Ctrl-n\"]`",
        ),
        (
            "[keys]\nplay = \"x\"\n\nstar = [\"s\", \"x\"]",
            "4: `keys.star`: \"x\" is also a key of `play` (line 2): keep one of the two",
        ),
        // The scope `Inbox` applies together with `List`, and `Anywhere` with every scope.
        ("keys.undo = \"Enter\"", "1: `keys.undo`: \"Enter\" is also a default key of `open`"),
        (
            "keys.undo = \"Ctrl-c\"",
            "1: `keys.undo`: \"Ctrl-c\" is also a default key of `quit-at-once`: use another",
        ),
        ("keys.suspend = \"Ctrl-s\"", "\"Ctrl-s\" is also a default key of `save-note`"),
        ("keys.next-day = \"Tab\"", "\"Tab\" is also a default key of `next-part`"),
        ("keys.plya = \"x\"", "1: `keys.plya`: no such command; did you mean `play`?"),
        ("keys.frobnicate = \"x\"", "no such command: `vmail keys` lists all commands"),
        ("keys.play = \"Spcae\"", "invalid key \"Spcae\": expected one like"),
        ("keys.play = \"Spcae\"", "did you mean \"Space\"?"),
        ("keys.play = \"Ctrl-PgDwn\"", "did you mean \"PgDn\"?"),
        ("keys.play = 5", "`keys.play`: found a number, expected a key like"),
        ("keys.play = [\"p\", \"p\"]", "\"p\" is listed twice: keep one"),
        ("keys = \"vi\"", "`keys`: found text, expected names with values"),
        ("keys.apply-search = \"x\"", "\"x\" would be typed as text"),
        ("keys.close-help = []", "or it could not be closed: the default is \"Esc\""),
        (own_view, "1: `views`: \"Billing\": \"e\" is also a default key of `done`: use another, or change"),
        (
            &format!("{own_view}keys.done = [\"x\"]\nkeys.star = \"e\"\n"),
            "1: `views`: \"Billing\": \"e\" is also a key of `star` (line 3): keep one of the two",
        ),
    ] {
        let said = settings(text).expect_err(text);
        assert!(said.contains(wanted), "{text}: {said}");
    }
    for text in [
        "keys.star = \"x\"\nkeys.play = \"s\"",
        "keys.star = \"Space\"\nkeys.play = \"s\"",
        // Never asked together: the list and the detail, two overlays.
        "keys.open = \"Ctrl-o\"\nkeys.follow = \"Ctrl-o\"",
        "keys.take-name = \"c\"",
        // Text where something is typed, a command elsewhere.
        "keys.help = \"x\"\nkeys.suspend = \"F6\"",
        "keys.down = [\"j\", \"Down\", \"Ctrl-n\"]",
        &format!("{own_view}keys.done = \"x\""),
    ] {
        settings(text).unwrap_or_else(|said| panic!("{text}: {said}"));
    }
}

#[test]
fn the_usual_keys_have_no_faults_and_scopes_that_are_asked_together_are_known() {
    let every: Vec<_> = TABLE
        .iter()
        .enumerate()
        .map(|(line, entry)| OwnKeys {
            command: entry.name.to_owned(),
            keys: entry.keys.iter().map(|key| (*key).to_owned()).collect(),
            line,
        })
        .collect();
    assert_eq!(own::faults(&every, &[]), []);
    let mut screen = Screen::open(opened(""));
    screen.synced();
    let mut check = |keys: &str, inner: Scope| {
        let scopes = screen.keys(keys).state.scopes();
        assert_eq!(scopes[0], inner);
        for one in scopes {
            assert!(scopes.iter().all(|other| own::are_asked_together(*one, *other)), "{scopes:?}");
        }
    };
    check("", Scope::List);
    check("Tab", Scope::Detail);
    check("d", Scope::Presets);
    check("Tab", Scope::Calendar);
    check("Tab", Scope::Dates);
    check("Esc /", Scope::Search);
    assert!(!own::are_asked_together(Scope::List, Scope::Detail));
    assert!(!own::are_asked_together(Scope::Presets, Scope::Calendar));
}

#[test]
fn a_view_has_its_key_beside_keys_of_ones_own() {
    let context = Context { now: crate::common::now(), zone: Tz::UTC };
    let view = OwnView {
        name: "Acme".to_owned(),
        query: search::parse("acme", &context).unwrap(),
        key: KeyChord::parse("e").unwrap(),
    };
    let mut screen = Screen::open(Opened { views: vec![view], ..opened("keys.done = \"x\"") });
    screen.synced().keys("e");
    assert_eq!(screen.state.inbox.list.len(), 2, "{}", screen.text());
}

// --- Colours ----------------------------------------------------------------

#[test]
fn styles_are_read_as_they_are_written() {
    let plain = Style::new();
    assert_eq!(style("#ff8800"), plain.fg(Color::Rgb(255, 136, 0)));
    assert_eq!(style("245"), plain.fg(Color::Indexed(245)));
    assert_eq!(style("bright-blue"), plain.fg(Color::LightBlue));
    assert_eq!(style("default on Red"), plain.fg(Color::Reset).bg(Color::Red));
    let modifiers = Modifier::BOLD | Modifier::UNDERLINED;
    assert_eq!(style("bold on #303048 underlined"), plain.bg(Color::Rgb(48, 48, 72)).add_modifier(modifiers));
    for (role, style, wanted) in [
        ("acent", "red", "no such role; did you mean `accent`?"),
        ("foo", "red", "no such role: the roles are text, strong,"),
        ("text", "gren", "invalid colour \"gren\": expected one like \"#ff8800\", \"red\""),
        ("text", "gren", "did you mean \"green\"?"),
        ("text", "#ff88", "invalid colour"),
        ("text", "256", "invalid colour"),
        ("text", "boldd red", "did you mean \"bold\"?"),
        ("text", "red blue", "too many colours: unexpected \"blue\""),
        ("text", "red on", "expected a colour after \"on\""),
        ("text", " ", "is empty: expected a colour"),
    ] {
        let said = settings(&format!("[colours]\n{role} = \"{style}\"")).unwrap_err();
        assert!(said.starts_with(&format!("config.toml:2: `colours.{role}`: ")), "{said}");
        assert!(said.contains(wanted), "{said}");
    }
    assert!(settings("theme = \"drak\"").unwrap_err().contains("did you mean \"dark\"?"));
    let read = settings("theme = \"dark\"\ncolours.accent = \"bold 208\"").unwrap();
    assert_eq!(read.theme, ThemeName::Dark);
    assert_eq!(read.colours, [OwnColour { role: "accent".to_owned(), style: "bold 208".to_owned() }]);
}

#[test]
fn a_theme_changes_styles_and_not_text() {
    let draw = |look: Look| {
        let mut screen = Screen::open(Opened { stored: week(), look, ..Opened::default() });
        screen.synced().sounds().keys("j s");
        let styles: Vec<_> = screen.buffer().content.iter().map(ratatui::buffer::Cell::style).collect();
        (screen.text(), styles)
    };
    let (text, styles) = draw(look());
    for theme in [ThemeName::Dark, ThemeName::Light] {
        let themed = || Look { depth: Depth::True, colours: wanted(theme, &[]), ..look() };
        let (themed_text, themed_styles) = draw(themed());
        assert_eq!(themed_text, text);
        assert_ne!(themed_styles, styles);
        assert!(themed_styles.iter().any(|style| matches!(style.fg, Some(Color::Rgb(..)))));
        let plain = Look { plain: true, ..themed() };
        let coloured =
            |style: &Style| [style.fg, style.bg].into_iter().flatten().any(|colour| colour != Color::Reset);
        assert!(!draw(plain).1.iter().any(coloured), "NO_COLOR beats it");
    }
}

#[test]
fn without_colour_what_was_played_differs_from_the_rest() {
    let mut screen =
        Screen::open(Opened { stored: week(), look: Look { plain: true, ..look() }, ..Opened::default() });
    let key = screen.state.inbox.selected.unwrap();
    screen.synced().recording(key, "invoice.mp3").keys("Space").player(Event::Started);
    // The waveform in the detail, column by column, of what is not silent.
    let styles = |screen: &mut Screen| {
        let detail = screen.state.regions().detail.unwrap();
        let buffer = screen.buffer();
        let braille = |symbol: &str| symbol.starts_with(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
        let cells =
            detail.positions().map(|at| (at, buffer[at].clone())).filter(|(_, cell)| braille(cell.symbol()));
        cells.map(|(at, cell)| (at, cell.modifier)).collect::<Vec<_>>()
    };
    screen.player(Event::Position(Duration::ZERO));
    let before = styles(&mut screen);
    screen.player(Event::Position(Duration::from_secs(3)));
    let after = styles(&mut screen);
    let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    // More than where the playhead was and is, on three lines.
    assert!(changed > 6, "{changed} of {}", after.len());
}

#[test]
fn a_role_of_ones_own_is_drawn() {
    let colours = wanted(ThemeName::Terminal, &[("accent", "#ff8800"), ("selected", "on 22")]);
    let look = Look { depth: Depth::True, colours, ..look() };
    let mut screen = Screen::open(Opened { stored: week(), look, ..Opened::default() });
    let buffer = screen.buffer();
    let title = buffer.content.iter().find(|cell| cell.symbol() == "v").unwrap();
    assert_eq!(title.fg, Color::Rgb(255, 136, 0));
    assert!(buffer.content.iter().any(|cell| cell.bg == Color::Indexed(22)));
}

#[test]
fn what_lies_behind_text_lies_behind_everything() {
    let colours = wanted(ThemeName::Dark, &[("text", "#d0d0d0 on #101018")]);
    let look = Look { depth: Depth::True, colours, ..look() };
    let mut screen = Screen::open(Opened { stored: week(), look, ..Opened::default() });
    for keys in ["", "d", "Esc ?", "Esc :", "Esc m"] {
        screen.keys(keys);
        let buffer = screen.buffer();
        let bare = buffer.content.iter().find(|cell| cell.bg == Color::Reset || cell.fg == Color::Reset);
        assert_eq!(bare, None, "{keys}:\n{}", screen.text());
    }
}

#[test]
fn fewer_colours_get_the_nearest_and_sixteen_the_terminals_own() {
    let theme =
        |depth, name, own: &[(&str, &str)]| Theme::new(&Look { depth, colours: wanted(name, own), ..look() });
    for name in [ThemeName::Dark, ThemeName::Light] {
        let palette = theme(Depth::Palette, name, &[]);
        let sixteen = theme(Depth::Sixteen, name, &[]);
        let usual = theme(Depth::Sixteen, ThemeName::Terminal, &[]);
        for role in Role::EVERY {
            let style = palette.style(role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(matches!(colour, Color::Indexed(16..)), "{role:?}: {colour:?}");
            }
            assert_eq!(sixteen.style(role), usual.style(role), "{role:?}");
        }
    }
    let own = [("accent", "#ff8700"), ("good", "light-green"), ("fault", "196")];
    assert_eq!(theme(Depth::Palette, ThemeName::Terminal, &own).accent, style("208"));
    let sixteen = theme(Depth::Sixteen, ThemeName::Terminal, &own);
    assert_eq!(sixteen.good, style("light-green"));
    assert_eq!((sixteen.accent, sixteen.fault), (style("cyan"), style("red")));
}

/// How light a colour is, as WCAG 2 has it: 0 to 1.
fn luminance(rgb: [u8; 3]) -> f64 {
    let [red, green, blue] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

fn rgb(colour: Option<Color>) -> Option<[u8; 3]> {
    match colour? {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        Color::Indexed(index) => Some(theme::own::palette_colour(index)),
        other => panic!("{other} is up to the terminal"),
    }
}

#[test]
fn text_can_be_read_in_both_themes() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    let dark = [[0, 0, 0], [0x1e, 0x1e, 0x2e], [0x28, 0x2a, 0x36]];
    let light = [[255, 255, 255], [0xfd, 0xf6, 0xe3]];
    // The nearest of 256 is not the colour that was chosen.
    for (depth, least) in [(Depth::True, 4.5), (Depth::Palette, 3.6)] {
        for (name, grounds) in [(ThemeName::Dark, &dark[..2]), (ThemeName::Light, &light[..])] {
            let theme = Theme::new(&Look { depth, colours: wanted(name, &[]), ..look() });
            let selected = rgb(theme.selected.bg).unwrap();
            for role in Role::EVERY {
                let style = theme.style(role);
                let Some(ink) = rgb(style.fg) else { continue };
                let own = rgb(style.bg);
                for ground in own.iter().chain(grounds.iter().filter(|_| own.is_none())) {
                    let found = contrast(ink, *ground);
                    assert!(found >= least, "{name:?} {role:?} on {ground:?}: {found:.2}");
                }
            }
            // Signs keep their colour in the selected row.
            for role in [Role::Accent, Role::Good, Role::Warning, Role::Fault] {
                let found = contrast(rgb(theme.style(role).fg).unwrap(), selected);
                assert!(found >= least, "{name:?} {role:?} in the selected row: {found:.2}");
            }
            // And the row itself can be told from the others.
            for ground in grounds {
                assert!(contrast(selected, *ground) >= 1.15, "{name:?}: {:.2}", contrast(selected, *ground));
            }
        }
    }
}

// --- Columns ----------------------------------------------------------------

/// A week with stars, tags and a note, in these columns.
fn with_columns(columns: &str, size: (u16, u16)) -> Screen {
    let columns = settings(&format!("columns = {columns}")).unwrap().columns;
    let look = Look { columns, ..look() };
    let mut screen = Screen::open(Opened { size, stored: week(), look, ..Opened::default() });
    screen.synced().sounds().keys("s j t").type_text("billing urgent").keys("Enter");
    screen.keys("j m").type_text("Ask for the order number").keys("Ctrl-s");
    screen.keys("g g").wait(chrono::TimeDelta::seconds(10));
    assert!(!matches!(screen.state.overlay, Some(Overlay::Note(_) | Overlay::Tags(_))));
    screen
}

#[test]
fn columns_of_ones_own_at_every_size() {
    let columns = "[\"caller\", \"number\", \"time\", \"length\", \"flags\", \"tags\", \"note\"]";
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut screen = with_columns(columns, (width, height));
        assert_snapshot!(format!("columns-{width}x{height}"), screen.snapshot());
    }
    let mut screen = with_columns("[\"length\", \"caller\"]", (80, 24));
    assert_snapshot!("columns-few-80x24", screen.snapshot());
}

#[test]
fn the_usual_columns_are_those_of_the_settings() {
    assert_eq!(settings("").unwrap().columns, Column::USUAL);
    let usual = with_columns("[\"time\", \"caller\", \"length\", \"waveform\", \"flags\"]", (80, 24)).text();
    for sign in ["★", "#billing #urgent", "✎ Ask for"] {
        assert!(usual.contains(sign), "{sign}: {usual}");
    }
    // What has a column of its own is not among the flags.
    let own = with_columns("[\"caller\", \"flags\", \"tags\", \"note\"]", (80, 24)).text();
    assert_eq!(own.matches("#billing").count(), 1, "{own}");
    assert!(own.contains("Ask for") && !own.contains("✎"), "{own}");
}

#[test]
fn columns_that_cannot_be_are_said() {
    for (columns, wanted) in [
        ("[\"caler\"]", "\"caler\" is not a column: expected \"time\", \"caller\""),
        ("[\"caler\"]", "did you mean \"caller\"?"),
        ("[\"caller\", \"time\", \"caller\"]", "\"caller\" is listed twice: keep one"),
        ("[\"time\"]", "\"caller\" is missing"),
        ("\"caller\"", "expected a list like"),
        ("[1]", "found a number"),
    ] {
        let said = settings(&format!("mouse = true\ncolumns = {columns}")).unwrap_err();
        assert!(said.starts_with("config.toml:2: `columns`: ") && said.contains(wanted), "{said}");
    }
}

#[test]
fn columns_fit_every_width() {
    let columns =
        "[\"time\", \"caller\", \"number\", \"length\", \"waveform\", \"flags\", \"tags\", \"note\"]";
    let mut screen = with_columns(columns, (140, 12));
    for width in (1..140).rev() {
        screen.resize(width, 12).buffer();
    }
}
