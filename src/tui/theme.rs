//! Colours by what they mean.
//!
//! The accents are the terminal's own 16 colours, so they follow the user's palette on light and
//! dark. Greys come from the fixed 256-colour ramp where there is one: "bright black" is the
//! background itself in some palettes. Meaning never rests on colour alone.

use ratatui::style::{Color, Modifier, Style};

use crate::tui::state::Look;

/// The style of each role.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// What is read.
    pub text: Style,
    /// What is read first.
    pub strong: Style,
    /// What can wait: labels, headings, units.
    pub quiet: Style,
    /// Lines and what can wait even longer.
    pub faint: Style,
    /// Where you are, and keys.
    pub accent: Style,
    /// It works: fetched, understood.
    pub good: Style,
    /// It needs attention: offline, stale.
    pub warning: Style,
    /// It failed.
    pub fault: Style,
    /// Laid over the selected row.
    pub selected: Style,
    /// Laid over a day of the chosen range.
    pub chosen: Style,
    /// Backgrounds for a day with little, some and much voicemail.
    pub shades: [Style; 3],
}

impl Theme {
    /// The theme for a terminal.
    pub fn new(look: &Look) -> Theme {
        let text = Style::new();
        if look.plain {
            let bold = text.add_modifier(Modifier::BOLD);
            let dim = text.add_modifier(Modifier::DIM);
            return Theme {
                text,
                strong: bold,
                quiet: dim,
                faint: dim,
                accent: bold,
                good: text,
                warning: bold,
                fault: bold,
                selected: bold,
                chosen: text.add_modifier(Modifier::UNDERLINED),
                shades: [text; 3],
            };
        }
        let (quiet, faint, raised) = if look.palette {
            (Color::Indexed(245), Color::Indexed(241), Color::Indexed(237))
        } else {
            (Color::DarkGray, Color::DarkGray, Color::DarkGray)
        };
        let bright = if look.palette { Color::Indexed(255) } else { Color::White };
        let shade = |index| if look.palette { text.bg(Color::Indexed(index)).fg(bright) } else { text };
        Theme {
            text,
            strong: text.add_modifier(Modifier::BOLD),
            quiet: text.fg(quiet),
            faint: text.fg(faint),
            accent: text.fg(Color::Cyan),
            good: text.fg(Color::Green),
            warning: text.fg(Color::Yellow),
            fault: text.fg(Color::Red),
            // Foreground and background together: readable on any palette.
            selected: text.fg(bright).bg(raised),
            chosen: text.fg(Color::Black).bg(Color::Cyan),
            shades: [shade(236), shade(239), shade(243)],
        }
    }
}
