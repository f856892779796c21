//! Draws the login form.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use crate::core::humanize::broken;
use crate::core::model::Region;
use crate::tui::layout::middle;
use crate::tui::overlays::login::{LoginField, LoginForm};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::field;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::{Pen, width};

/// The maximum width of the dialog.
const WIDTH: u16 = 62;

/// The width of the field names.
const LABEL: u16 = 9;

/// The maximum number of dots for a secret, so that the screen does not show how long it is.
const DOTS: usize = 24;

/// The title of the form.
pub const TITLE: &str = "Log in to TeleCMI";

/// Returns the area of the form.
pub fn place(screen: Size) -> Rect {
    let height = if is_low(screen) { 9 } else { 12 };
    middle(screen, WIDTH, height)
}

fn is_low(screen: Size) -> bool {
    screen.height < 14
}

/// Draws the login form. Returns the position of the cursor.
pub fn draw(state: &State, form: &LoginForm, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let low = is_low(state.above_player());
    let inside = frame(place(state.above_player()), TITLE, state, theme, buffer);
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let mut y = 0;
    for line in broken("Your app ID and secret are in the TeleCMI dashboard under Settings.", area.width) {
        Pen::new(buffer, area, y).write(&line, theme.quiet);
        y += 1;
    }
    y += u16::from(!low);
    let mut cursor = None;
    for (name, this) in
        [("Region", LoginField::Region), ("App ID", LoginField::AppId), ("Secret", LoginField::Secret)]
    {
        let active = form.part == this && !form.asking;
        Pen::new(buffer, area, y).column(if active { "▌" } else { "" }, 2, theme.accent).column(
            name,
            LABEL,
            if active { theme.strong } else { theme.quiet },
        );
        let left = 2 + LABEL;
        let room = Rect { x: area.x + left, width: area.width.saturating_sub(left), ..area };
        match this {
            LoginField::Region => {
                let (name, server) = region(form.region);
                let arrow = if active { theme.accent } else { theme.faint };
                Pen::new(buffer, room, y)
                    .write("‹ ", arrow)
                    .write(name, theme.text)
                    .write(" ›", arrow)
                    .skip(2)
                    .write(server, theme.quiet);
            }
            LoginField::AppId => {
                let at = field::draw(&form.app_id, room, y, theme, buffer);
                cursor = cursor.or(at.filter(|_| active));
            }
            LoginField::Secret => {
                let dots = "•".repeat(form.secret.len().min(DOTS).min(usize::from(room.width)));
                Pen::new(buffer, room, y).write(&dots, theme.text);
                if active && y < area.height {
                    cursor = Some(Position::new(room.x + width(&dots), room.y + y));
                }
            }
        }
        y += 1;
    }
    y += u16::from(!low);
    let (said, style) = match &form.refused {
        _ if form.asking => ("logging in…", theme.text),
        Some(why) => (why.as_str(), theme.fault),
        None if form.wanted == Some(LoginField::AppId) => ("type the app ID", theme.warning),
        None if form.wanted == Some(LoginField::Secret) => ("type the secret", theme.warning),
        None if low => ("Stored in the keyring or in a private file.", theme.quiet),
        None => ("The secret is stored in the system keyring, or in a file only you can read.", theme.quiet),
    };
    for line in broken(said, area.width) {
        Pen::new(buffer, area, y).write(&line, style);
        y += 1;
    }
    cursor
}

fn region(region: Region) -> (&'static str, &'static str) {
    let host = region.base_url().trim_start_matches("https://");
    let host = host.split_once('/').map_or(host, |(host, _)| host);
    (region.name(), host)
}
