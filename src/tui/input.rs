//! Keys of a text field.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::InputRequest;

use crate::tui::dates::{Dates, Part};
use crate::tui::ways::Save;

/// Takes a key into the range picker's text field; says whether it was one for it.
pub fn edit(dates: &mut Dates, key: KeyEvent) -> bool {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Char(c) if plain => dates.type_text(c.encode_utf8(&mut [0; 4])),
        _ if dates.part != Part::Text => return false,
        _ => match request(key) {
            Some(request) => dates.edit(request),
            None => return false,
        },
    }
    true
}

/// Takes a key into the path of a recording that is being saved.
pub fn edit_path(dialog: &mut Save, key: KeyEvent) {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Char(c) if plain => dialog.type_text(c.encode_utf8(&mut [0; 4])),
        _ => {
            if let Some(request) = request(key) {
                dialog.edit(request);
            }
        }
    }
}

/// The digit that was typed.
pub fn digit(key: KeyEvent) -> Option<usize> {
    match key.code {
        KeyCode::Char(c) => c.to_digit(10).map(|digit| digit as usize),
        _ => None,
    }
}

/// The editing step that a key means, as in a shell.
fn request(key: KeyEvent) -> Option<InputRequest> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left if control => InputRequest::GoToPrevWord,
        KeyCode::Right if control => InputRequest::GoToNextWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char('u') if control => InputRequest::DeleteLine,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        _ => return None,
    })
}
