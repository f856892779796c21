//! Colours by what they mean.
//!
//! The usual accents are the terminal's own 16 colours, so they follow the user's palette on light
//! and dark. Greys come from the fixed 256-colour ramp where there is one: "bright black" is the
//! background itself in some palettes. Two themes in true colours stand beside that one, and every
//! role can be changed. Meaning never rests on colour alone.

use ratatui::style::{Color, Modifier, Style};

use crate::config::ThemeName;
use crate::tui::state::Look;

pub mod own;
mod true_colour;

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The 16 of its own palette.
    Sixteen,
    /// 256, of which all but the first 16 do not depend on its palette.
    Palette,
    /// All that can be named by red, green and blue.
    True,
}

/// Which colours are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The ones to start from.
    pub theme: ThemeName,
    /// What the user changed of them.
    pub own: Vec<(Role, Style)>,
}

/// What a style is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What is read.
    Text,
    /// What is read first: laid over others.
    Strong,
    /// What can wait: labels, headings, units.
    Quiet,
    /// Lines and what can wait even longer.
    Faint,
    /// Where you are, and keys.
    Accent,
    /// It works: fetched, understood.
    Good,
    /// It needs attention: offline, stale.
    Warning,
    /// It failed.
    Fault,
    /// Laid over the selected row.
    Selected,
    /// Laid over a day of the chosen range.
    Chosen,
    /// A day with little, some or much voicemail.
    Shade(usize),
}

/// The style of each role.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// [`Role::Text`].
    pub text: Style,
    /// [`Role::Strong`].
    pub strong: Style,
    /// [`Role::Quiet`].
    pub quiet: Style,
    /// [`Role::Faint`].
    pub faint: Style,
    /// [`Role::Accent`].
    pub accent: Style,
    /// [`Role::Good`].
    pub good: Style,
    /// [`Role::Warning`].
    pub warning: Style,
    /// [`Role::Fault`].
    pub fault: Style,
    /// [`Role::Selected`].
    pub selected: Style,
    /// [`Role::Chosen`].
    pub chosen: Style,
    /// [`Role::Shade`], from little to much.
    pub shades: [Style; 3],
}

impl Theme {
    /// The theme for a terminal.
    pub fn new(look: &Look) -> Theme {
        if look.plain {
            return Theme::plain();
        }
        let (depth, wanted) = (look.depth, &look.colours);
        let mut theme = match wanted.theme {
            // Sixteen colours nobody knows: what is near there may be unreadable.
            ThemeName::Dark if depth > Depth::Sixteen => true_colour::DARK,
            ThemeName::Light if depth > Depth::Sixteen => true_colour::LIGHT,
            _ => Theme::terminal(depth),
        };
        if depth < Depth::True {
            for role in Role::EVERY {
                let style = theme.style_mut(role);
                *style = own::in_palette(*style);
            }
        }
        for (role, style) in &wanted.own {
            if let Some(style) = own::shown(*style, depth) {
                *theme.style_mut(*role) = style;
            }
        }
        theme
    }

    /// Without any colour.
    fn plain() -> Theme {
        let text = Style::new();
        let bold = text.add_modifier(Modifier::BOLD);
        let dim = text.add_modifier(Modifier::DIM);
        Theme {
            text,
            strong: bold,
            quiet: dim,
            faint: dim,
            accent: bold,
            good: bold,
            warning: bold,
            fault: bold,
            selected: bold,
            chosen: text.add_modifier(Modifier::UNDERLINED),
            shades: [text; 3],
        }
    }

    /// The terminal's own 16 colours, and greys.
    fn terminal(depth: Depth) -> Theme {
        let text = Style::new();
        let palette = depth > Depth::Sixteen;
        let (quiet, faint, raised) = if palette {
            (Color::Indexed(245), Color::Indexed(241), Color::Indexed(237))
        } else {
            (Color::DarkGray, Color::DarkGray, Color::DarkGray)
        };
        let bright = if palette { Color::Indexed(255) } else { Color::White };
        let shade = |index| if palette { text.bg(Color::Indexed(index)).fg(bright) } else { text };
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

    /// What lies under everything: the colours of text, behind what is no text as well.
    pub fn ground(&self) -> Style {
        Style { fg: self.text.fg, bg: self.text.bg, ..Style::new() }
    }

    /// What a search has found in a text. Without a colour it needs a line: what is unread is strong
    /// as well.
    pub fn found(&self) -> Style {
        let style = self.accent.patch(self.strong);
        if style.fg.is_none() { style.add_modifier(Modifier::UNDERLINED) } else { style }
    }

    /// The style of a role.
    pub fn style(mut self, role: Role) -> Style {
        *self.style_mut(role)
    }

    fn style_mut(&mut self, role: Role) -> &mut Style {
        match role {
            Role::Text => &mut self.text,
            Role::Strong => &mut self.strong,
            Role::Quiet => &mut self.quiet,
            Role::Faint => &mut self.faint,
            Role::Accent => &mut self.accent,
            Role::Good => &mut self.good,
            Role::Warning => &mut self.warning,
            Role::Fault => &mut self.fault,
            Role::Selected => &mut self.selected,
            Role::Chosen => &mut self.chosen,
            Role::Shade(number) => &mut self.shades[number.min(2)],
        }
    }
}

impl Role {
    /// Every role, in the order in which they are documented.
    pub const EVERY: [Role; 13] = [
        Role::Text,
        Role::Strong,
        Role::Quiet,
        Role::Faint,
        Role::Accent,
        Role::Good,
        Role::Warning,
        Role::Fault,
        Role::Selected,
        Role::Chosen,
        Role::Shade(0),
        Role::Shade(1),
        Role::Shade(2),
    ];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Role::Text => "text",
            Role::Strong => "strong",
            Role::Quiet => "quiet",
            Role::Faint => "faint",
            Role::Accent => "accent",
            Role::Good => "good",
            Role::Warning => "warning",
            Role::Fault => "fault",
            Role::Selected => "selected",
            Role::Chosen => "chosen",
            Role::Shade(0) => "shade-1",
            Role::Shade(1) => "shade-2",
            Role::Shade(_) => "shade-3",
        }
    }
}
