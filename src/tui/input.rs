//! Keys of a text field.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::InputRequest;

use crate::tui::dates::{Dates, Part};
use crate::tui::filter::Filter;
use crate::tui::people::Naming;
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

/// Takes a key into the search line; says whether its text has changed.
pub fn edit_filter(filter: &mut Filter, key: KeyEvent) -> bool {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let before = filter.input.value().to_owned();
    match key.code {
        KeyCode::Char(c) if plain => filter.type_text(c.encode_utf8(&mut [0; 4])),
        _ => {
            if let Some(request) = request(key) {
                filter.edit(request);
            }
        }
    }
    filter.input.value() != before
}

/// Takes a key into the path of a recording that is being saved.
pub fn edit_path(dialog: &mut Save, key: KeyEvent) {
    if let Some(request) = typed(key) {
        dialog.edit(request);
    }
}

/// What a key does to a text of one line: a character is typed.
pub fn typed(key: KeyEvent) -> Option<InputRequest> {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Char(c) if plain => Some(InputRequest::InsertChar(c)),
        _ => request(key),
    }
}

/// Takes a key into a caller's name.
pub fn edit_name(naming: &mut Naming, key: KeyEvent) {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Char(c) if plain => naming.type_text(c.encode_utf8(&mut [0; 4])),
        _ => {
            if let Some(request) = request(key) {
                naming.edit(request);
            }
        }
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
