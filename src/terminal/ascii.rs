//! The screen in ASCII, for locales other than UTF-8: signs get an ASCII form, other characters become
//! question marks.

use ratatui::buffer::Buffer;

/// Replaces every non-ASCII character of the screen by ASCII.
pub fn fold(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let plain = plain(cell.symbol());
            cell.set_char(plain);
        }
    }
}

/// Returns `text` with every non-ASCII character replaced by ASCII.
pub fn folded(text: &str) -> String {
    let fold = |c: char| if c.is_ascii() { c } else { plain(c.encode_utf8(&mut [0; 4])) };
    text.chars().map(fold).collect()
}

fn plain(symbol: &str) -> char {
    match symbol {
        "─" | "–" | "━" | "╸" | "−" => '-',
        "│" | "┃" | "▏" | "▅" | "▆" => '|',
        "╭" | "╮" | "╰" | "╯" | "★" | "◆" => '+',
        "▌" | "›" | "▸" | "→" | "▶" | "▷" => '>',
        "‹" | "←" | "↩" => '<',
        "●" => '*',
        "·" | "▁" | "▂" => '.',
        "▃" | "▄" => ':',
        "▇" | "█" => '#',
        "‖" => '=',
        "…" => '~',
        "×" => 'x',
        "↑" => '^',
        "↓" | "✓" => 'v',
        "✗" => '!',
        "✎" => '"',
        _ => braille(symbol).unwrap_or('?'),
    }
}

/// Returns a character for a braille cell of the waveform, by its number of dots.
fn braille(symbol: &str) -> Option<char> {
    let dots = u32::from(symbol.chars().next()?).checked_sub(0x2800).filter(|dots| *dots < 256)?;
    Some(match dots.count_ones() {
        0 => ' ',
        1..=2 => '.',
        3..=4 => '-',
        5..=6 => '+',
        _ => '#',
    })
}
