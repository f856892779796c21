//! What the bytes and numbers that terminals send stand for: keys, modifiers, mouse buttons.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEventKind};

/// Returns the key of a control character.
pub(super) fn control_key(byte: u8) -> (KeyCode, KeyModifiers) {
    match byte {
        b'\r' => (KeyCode::Enter, KeyModifiers::NONE),
        b'\t' => (KeyCode::Tab, KeyModifiers::NONE),
        0x7f => (KeyCode::Backspace, KeyModifiers::NONE),
        0 => (KeyCode::Char(' '), KeyModifiers::CONTROL),
        1..=0x1a => (KeyCode::Char((byte - 1 + b'a').into()), KeyModifiers::CONTROL),
        // As crossterm has it: Ctrl-\ is Ctrl-4, and so on.
        _ => (KeyCode::Char((byte.wrapping_sub(0x1c) % 4 + b'4').into()), KeyModifiers::CONTROL),
    }
}

/// Returns the key that a letter ends the sequence of.
pub(super) fn letter(byte: u8) -> Option<KeyCode> {
    Some(match byte {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(byte - b'P' + 1),
        _ => return None,
    })
}

/// Returns the key of a number that ends with `~`.
pub(super) fn function_key(number: u32) -> Option<KeyCode> {
    let f = |number: u32| KeyCode::F(number as u8);
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => f(number - 10),
        17..=21 => f(number - 11),
        23..=26 => f(number - 12),
        28..=29 => f(number - 15),
        31..=34 => f(number - 17),
        _ => return None,
    })
}

/// Returns the modifiers of a parameter: a sum of powers of two, plus 1.
pub(super) fn modifiers(mask: Option<u32>) -> KeyModifiers {
    let mask = mask.unwrap_or(1).saturating_sub(1);
    let mut held = KeyModifiers::NONE;
    held.set(KeyModifiers::SHIFT, mask & 1 != 0);
    held.set(KeyModifiers::ALT, mask & 2 != 0);
    held.set(KeyModifiers::CONTROL, mask & 4 != 0);
    held
}

/// Returns what a mouse report's byte of buttons says, and the modifiers; `None` for other buttons.
pub(super) fn button(buttons: u8, released: bool) -> Option<(MouseEventKind, KeyModifiers)> {
    let button = (buttons & 0b11) | ((buttons & 0b1100_0000) >> 4);
    let dragged = buttons & 0b10_0000 != 0;
    let which = match button {
        0 => MouseButton::Left,
        1 => MouseButton::Middle,
        _ => MouseButton::Right,
    };
    let kind = match (button, dragged) {
        (0..=2, false) if released => MouseEventKind::Up(which),
        (0..=2, false) => MouseEventKind::Down(which),
        (0..=2, true) => MouseEventKind::Drag(which),
        (3, false) => MouseEventKind::Up(MouseButton::Left),
        (3..=5, true) => MouseEventKind::Moved,
        (4, false) => MouseEventKind::ScrollUp,
        (5, false) => MouseEventKind::ScrollDown,
        (6, false) => MouseEventKind::ScrollLeft,
        (7, false) => MouseEventKind::ScrollRight,
        _ => return None,
    };
    let mut held = KeyModifiers::NONE;
    held.set(KeyModifiers::SHIFT, buttons & 0b100 != 0);
    held.set(KeyModifiers::ALT, buttons & 0b1000 != 0);
    held.set(KeyModifiers::CONTROL, buttons & 0b1_0000 != 0);
    Some((kind, held))
}
