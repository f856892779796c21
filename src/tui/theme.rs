//! The theme: colours by their role.
//!
//! The default accents are the terminal's own 16 colours, so they follow the user's palette on dark and
//! light backgrounds. Greys come from the fixed 256-colour ramp if the terminal has one: in some palettes
//! "bright black" is the background colour. There are also two true-colour themes, and every role can be
//! overridden. Nothing is shown by colour alone.

use ratatui::style::{Color, Modifier, Style};

use crate::config::ThemeName;
use crate::terminal::colours::Depth;
use crate::tui::state::Look;

pub mod own;
mod true_colour;

/// The colours from the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThemeSettings {
    /// The theme to start from.
    pub theme: ThemeName,
    /// The user's overrides.
    pub own: Vec<(Role, Style)>,
}

/// What a style is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Normal text.
    Text,
    /// Important text: added to other styles.
    Strong,
    /// Secondary text: labels, headings, units.
    Quiet,
    /// Lines, and the least important text.
    Faint,
    /// The current position, and keys.
    Accent,
    /// Success: fetched, valid.
    Good,
    /// Needs attention: offline, stale.
    Warning,
    /// Errors.
    Fault,
    /// The selected row: added to other styles.
    Selected,
    /// A day of the selected range: added to other styles.
    Chosen,
    /// A day with few (0), some (1) or many (2) voicemails.
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
    /// Returns the theme of colours for the settings and the terminal.
    pub fn new(look: &Look) -> Theme {
        if look.plain {
            return Theme::plain();
        }
        let (depth, wanted) = (look.depth, &look.colours);
        let mut theme = match wanted.theme {
            // The 16 colours vary between terminals: the nearest one may be unreadable.
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

    /// A theme without colours.
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
            // A row that is only bold is lost among unread ones.
            selected: bold.add_modifier(Modifier::REVERSED),
            chosen: text.add_modifier(Modifier::UNDERLINED),
            shades: [text; 3],
        }
    }

    /// A theme of the terminal's own 16 colours, and greys.
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
            // Sets foreground and background, to be readable with any palette.
            selected: text.fg(bright).bg(raised),
            chosen: text.fg(Color::Black).bg(Color::Cyan),
            shades: [shade(236), shade(239), shade(243)],
        }
    }

    /// Returns the base style of the whole screen: the text colours.
    pub fn ground(&self) -> Style {
        Style { fg: self.text.fg, bg: self.text.bg, ..Style::new() }
    }

    /// Returns the style for search matches in a text. Without colours it is underlined, because unread
    /// rows are strong too.
    pub fn found(&self) -> Style {
        let style = self.accent.patch(self.strong);
        if style.fg.is_none() { style.add_modifier(Modifier::UNDERLINED) } else { style }
    }

    /// Returns the theme's style of a colour role.
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
    /// All roles, in the order of the documentation.
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

    /// Returns the name of a theme's colour role, as in settings.
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
