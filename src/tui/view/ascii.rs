//! The screen in ASCII, for a locale that is not UTF-8: signs have a plain form, other text has
//! question marks.

use ratatui::buffer::Buffer;

/// Replaces every sign that is not ASCII.
pub fn fold(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let plain = plain(cell.symbol());
            cell.set_char(plain);
        }
    }
}

fn plain(symbol: &str) -> char {
    match symbol {
        "─" | "–" | "━" | "╸" | "−" => '-',
        "│" | "┃" => '|',
        "╭" | "╮" | "╰" | "╯" => '+',
        "▌" | "›" | "▸" | "→" => '>',
        "‹" | "←" => '<',
        "●" => '*',
        "·" => '.',
        "…" => '~',
        "×" => 'x',
        "↑" => '^',
        "↓" => 'v',
        "✗" => '!',
        _ => '?',
    }
}
