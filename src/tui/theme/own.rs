//! The user's own styles for roles of the theme: their notation, and what a terminal can show of them.

use ratatui::style::{Color, Modifier, Style};

use super::Role;
use crate::config::OwnColour;
use crate::core::suggest::nearest;
use crate::core::text;
use crate::terminal::colours::Depth;

/// How much of the user's text an error message quotes, in characters.
const SHOWN_MAX: usize = 60;

/// The modifiers, by name.
const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// The colour names, for suggestions.
const NAMES: [&str; 17] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "dark-gray",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "white",
    "default",
];

/// Parses a colour role of the settings and its style: "#ff8800", "bold white on 236".
///
/// # Errors
///
/// Returns a message to follow "`colours.ROLE`: ".
pub fn read(own: &OwnColour) -> Result<(Role, Style), String> {
    let role = Role::EVERY.into_iter().find(|role| role.name() == own.role).ok_or_else(|| {
        let names = || Role::EVERY.into_iter().map(Role::name);
        let hint = nearest(&own.role, names()).map_or_else(
            || format!(": the roles are {}", names().collect::<Vec<_>>().join(", ")),
            |known| format!("; did you mean `{known}`?"),
        );
        format!("no such role{hint}")
    })?;
    let mut style = Style::new();
    let mut behind = false;
    for word in own.style.split_whitespace() {
        let modifier = MODIFIERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        match modifier {
            Some((_, modifier)) if !behind => style = style.add_modifier(*modifier),
            _ if word.eq_ignore_ascii_case("on") && !behind => behind = true,
            _ => {
                let colour = colour(word)?;
                let place = if behind { &mut style.bg } else { &mut style.fg };
                if place.replace(colour).is_some() {
                    return Err(format!("too many colours: unexpected \"{}\"", text::clean(word, SHOWN_MAX)));
                }
                behind = false;
            }
        }
    }
    if behind {
        return Err("expected a colour after \"on\"".to_owned());
    }
    if style == Style::new() {
        return Err("is empty: expected a colour, \"on\" and a colour, or words like \"bold\"".to_owned());
    }
    Ok((role, style))
}

fn colour(word: &str) -> Result<Color, String> {
    if word.eq_ignore_ascii_case("default") {
        return Ok(Color::Reset);
    }
    word.parse().map_err(|_| {
        let known = NAMES.into_iter().chain(MODIFIERS.map(|(name, _)| name)).chain(["on"]);
        let hint =
            nearest(word, known).map_or_else(String::new, |known| format!("; did you mean \"{known}\"?"));
        format!(
            "invalid colour \"{}\": expected one like \"#ff8800\", \"red\", \"bright-blue\" or \"245\"{hint}",
            text::clean(word, SHOWN_MAX)
        )
    })
}

/// Returns the user's style as a terminal of `depth` can show it; `None` if it lacks a colour.
pub(super) fn shown(style: Style, depth: Depth) -> Option<Style> {
    let beyond = |colour: Option<Color>| match colour {
        Some(Color::Rgb(..)) => true,
        Some(Color::Indexed(index)) => index > 15,
        _ => false,
    };
    match depth {
        Depth::True => Some(style),
        Depth::Palette => Some(in_palette(style)),
        Depth::Sixteen => (!beyond(style.fg) && !beyond(style.bg)).then_some(style),
    }
}

/// Returns the user's style with the nearest of the 256 colours.
pub(super) fn in_palette(style: Style) -> Style {
    let nearest = |colour| match colour {
        Color::Rgb(red, green, blue) => Color::Indexed(nearest_index([red, green, blue])),
        other => other,
    };
    Style { fg: style.fg.map(nearest), bg: style.bg.map(nearest), ..style }
}

/// Returns the nearest of the colours 16 to 255. The first 16 depend on the terminal's palette.
fn nearest_index(rgb: [u8; 3]) -> u8 {
    let away = |index: u8| {
        let difference = |(one, other): (u8, u8)| u32::from(one.abs_diff(other)).pow(2);
        rgb.into_iter().zip(palette_colour(index)).map(difference).sum::<u32>()
    };
    (16..=255).min_by_key(|&index| away(index)).unwrap_or(16)
}

/// Returns the RGB values of xterm's colours 16 to 255: a cube of 6 by 6 by 6, and 24 greys.
pub fn palette_colour(index: u8) -> [u8; 3] {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index.saturating_sub(16) {
        grey @ 216.. => [8 + 10 * (grey - 216); 3],
        cube => [cube / 36, cube / 6 % 6, cube % 6].map(|step| STEPS[usize::from(step)]),
    }
}
