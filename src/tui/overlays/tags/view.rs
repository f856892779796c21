//! The tags of one or more voicemails: their tags, the text field and its completions.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::core::humanize::{self, broken};
use crate::tui::command::Command;
use crate::tui::layout::middle;
use crate::tui::overlays::note::view::title;
use crate::tui::overlays::tags::TagEditor;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::field;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::{Pen, width};

/// The maximum size of the overlay.
const WIDTH: u16 = 76;
const HEIGHT: u16 = 12;

/// The width of the column of labels.
const LABEL: u16 = 7;

/// Returns the area and the title of the overlay.
pub fn place(state: &State, tagging: &TagEditor) -> (Rect, String) {
    let place = middle(state.above_keys(), WIDTH, HEIGHT);
    (place, title("Tags", &tagging.about, place))
}

/// Draws the tags that are edited. Returns the position of the cursor.
pub fn draw(state: &State, tagging: &TagEditor, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let (place, title) = place(state, tagging);
    let inside = frame(place, &title, state, theme, buffer);
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let blank = u16::from(inside.height >= 10);
    let labelled = |buffer: &mut Buffer, y: u16, label: &str| {
        Pen::new(buffer, area, y).write(label, theme.quiet);
    };
    let beside = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL), ..area };
    let below = |rect: Rect, y: u16, height: u16| Rect {
        y: rect.y + y.min(rect.height),
        height: height.min(rect.height.saturating_sub(y)),
        ..rect
    };

    let mut y = blank;
    labelled(buffer, y, "Now");
    y += chips(&now(tagging, theme), below(beside, y, 2), buffer) + blank;
    labelled(buffer, y, "Change");
    let cursor = field::draw(&tagging.input, below(beside, y, 1), 0, theme, buffer);
    y += 1;
    let (told, style) = match (&tagging.error, tagging.meaning()) {
        (Some(error), _) => (error.clone(), theme.fault),
        // Errors are shown on Enter: a word may be incomplete while it is typed.
        (None, Ok(meaning)) if !meaning.add.is_empty() || !meaning.remove.is_empty() => {
            let count = humanize::voicemails(tagging.keys.len() as u64);
            let of = if tagging.keys.len() > 1 { format!(" ({count})") } else { String::new() };
            let signs = meaning.add.iter().map(|tag| format!("+{tag}"));
            let signs: Vec<_> = signs.chain(meaning.remove.iter().map(|tag| format!("−{tag}"))).collect();
            (
                format!("{}: {}{of}", state.setup.keymap.named(Command::ApplyTags), signs.join("  ")),
                theme.good,
            )
        }
        _ => ("tag to add, -tag to remove; separate with spaces".to_owned(), theme.quiet),
    };
    for line in broken(&told, beside.width).iter().take(2) {
        Pen::new(buffer, beside, y).write(line, style);
        y += 1;
    }
    y += blank;
    let offered = tagging.offered();
    if !offered.is_empty() {
        labelled(buffer, y, "Tab");
        let at = tagging.offered_at();
        let style = |index| if Some(index) == at { theme.chosen } else { theme.text };
        let offered: Vec<_> =
            offered.into_iter().enumerate().map(|(index, word)| (word, style(index))).collect();
        chips(&offered, below(beside, y, inside.height.saturating_sub(y)), buffer);
    }
    cursor
}

/// Returns the current tags, with counts if not all of the voicemails have them.
fn now(tagging: &TagEditor, theme: &Theme) -> Vec<(String, Style)> {
    let Some(known) = &tagging.known else { return vec![("loading…".to_owned(), theme.quiet)] };
    if known.on.is_empty() {
        return vec![("none".to_owned(), theme.quiet)];
    }
    let all = tagging.keys.len();
    let chip = |(tag, count): &(crate::core::triage::Tag, usize)| match *count {
        count if count == all => (format!("#{tag}"), theme.accent),
        count => (format!("#{tag} {count} of {all}"), theme.quiet),
    };
    known.on.iter().map(chip).collect()
}

/// Writes words with gaps into `area`, as many as fit. Returns the number of lines used.
fn chips(chips: &[(String, Style)], area: Rect, buffer: &mut Buffer) -> u16 {
    const GAP: u16 = 2;
    let (mut x, mut y) = (0, 0);
    for (text, style) in chips {
        if x > 0 && x + width(text) > area.width {
            (x, y) = (0, y + 1);
        }
        if y >= area.height {
            return y;
        }
        Pen::new(buffer, area, y).skip(x).write(text, *style);
        x += width(text) + GAP;
    }
    y + 1
}
