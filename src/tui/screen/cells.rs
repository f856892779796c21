//! Cells as bytes: cursor moves, SGR sequences (ECMA-48, 8.3.117) and text.

use std::io::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// SGR parameters that switch a modifier on.
const MODIFIERS: [(Modifier, u8); 9] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// How the terminal writes the next character.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    const RESET: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    fn of(cell: &Cell) -> Pen {
        Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Switches the terminal from this pen to `next`, in one sequence.
    fn switch(self, next: Pen, bytes: &mut Vec<u8>) {
        if self == next {
            return;
        }
        if next == Pen::RESET {
            bytes.extend(b"\x1b[m");
            return;
        }
        let mut parameters = Parameters::default();
        // One off switch serves two modifiers (22: neither bold nor dim), so modifiers go off by a reset.
        let from = if (self.modifier - next.modifier).is_empty() {
            self
        } else {
            parameters.push(&[0]);
            Pen::RESET
        };
        for (modifier, on) in MODIFIERS {
            if (next.modifier - from.modifier).contains(modifier) {
                parameters.push(&[on]);
            }
        }
        if from.fg != next.fg {
            parameters.colour(next.fg, 30);
        }
        if from.bg != next.bg {
            parameters.colour(next.bg, 40);
        }
        parameters.write(bytes);
    }
}

/// The parameters of one SGR sequence.
#[derive(Default)]
struct Parameters(Vec<u8>);

impl Parameters {
    fn push(&mut self, numbers: &[u8]) {
        self.0.extend(numbers);
    }

    /// Adds a colour of the foreground (`base` 30) or the background (`base` 40).
    fn colour(&mut self, colour: Color, base: u8) {
        let (dark, bright, extended) = (base, base + 60, base + 8);
        match colour {
            Color::Reset => self.push(&[base + 9]),
            Color::Black => self.push(&[dark]),
            Color::Red => self.push(&[dark + 1]),
            Color::Green => self.push(&[dark + 2]),
            Color::Yellow => self.push(&[dark + 3]),
            Color::Blue => self.push(&[dark + 4]),
            Color::Magenta => self.push(&[dark + 5]),
            Color::Cyan => self.push(&[dark + 6]),
            Color::Gray => self.push(&[dark + 7]),
            Color::DarkGray => self.push(&[bright]),
            Color::LightRed => self.push(&[bright + 1]),
            Color::LightGreen => self.push(&[bright + 2]),
            Color::LightYellow => self.push(&[bright + 3]),
            Color::LightBlue => self.push(&[bright + 4]),
            Color::LightMagenta => self.push(&[bright + 5]),
            Color::LightCyan => self.push(&[bright + 6]),
            Color::White => self.push(&[bright + 7]),
            Color::Indexed(index) => self.push(&[extended, 5, index]),
            Color::Rgb(r, g, b) => self.push(&[extended, 2, r, g, b]),
        }
    }

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend(b"\x1b[");
        for (index, number) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ";" };
            let _ = write!(bytes, "{separator}{number}");
        }
        bytes.push(b'm');
    }
}

/// Writes `cells` (column, line, cell; from 0) as bytes for a terminal without colours or modifiers in force,
/// and leaves it so.
pub(super) fn write<'a>(cells: impl IntoIterator<Item = (u16, u16, &'a Cell)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut pen = Pen::RESET;
    // Where the cursor is. After a wide character or joined ones that is not known for sure, so it is moved.
    let mut at = None;
    for (x, y, cell) in cells {
        if at != Some((x, y)) {
            let _ = write!(bytes, "\x1b[{};{}H", y + 1, x + 1);
        }
        at = Some((x + 1, y)).filter(|_| cell.symbol().chars().nth(1).is_none());
        let next = Pen::of(cell);
        pen.switch(next, &mut bytes);
        pen = next;
        bytes.extend(cell.symbol().as_bytes());
    }
    pen.switch(Pen::RESET, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(symbol: &'static str, pen: Pen) -> Cell {
        let mut cell = Cell::new(symbol);
        (cell.fg, cell.bg, cell.modifier) = (pen.fg, pen.bg, pen.modifier);
        cell
    }

    fn written(pens: &[Pen]) -> String {
        let cells: Vec<_> = pens.iter().map(|pen| cell("x", *pen)).collect();
        let bytes = write(cells.iter().zip(0..).map(|(cell, x)| (x, 4, cell)));
        String::from_utf8(bytes).unwrap().replace('\x1b', "^")
    }

    #[test]
    fn a_style_is_switched_on_and_off_in_one_sequence_each() {
        let strong = Pen { fg: Color::Cyan, bg: Color::Indexed(237), modifier: Modifier::BOLD };
        let quiet = Pen { modifier: Modifier::DIM, ..strong };
        assert_eq!(written(&[Pen::RESET, Pen::RESET]), "^[5;1Hxx");
        assert_eq!(written(&[strong, strong]), "^[5;1H^[1;36;48;5;237mxx^[m");
        assert_eq!(written(&[strong, quiet]), "^[5;1H^[1;36;48;5;237mx^[0;2;36;48;5;237mx^[m");
        let more = Pen { modifier: Modifier::BOLD | Modifier::REVERSED, ..strong };
        assert_eq!(written(&[strong, more]), "^[5;1H^[1;36;48;5;237mx^[7mx^[m");
        assert_eq!(written(&[strong, Pen::RESET]), "^[5;1H^[1;36;48;5;237mx^[mx");
    }

    #[test]
    fn a_terminal_shows_every_colour_and_modifier_as_the_cell_has_it() {
        let colours = [
            (Color::Red, vt100::Color::Idx(1)),
            (Color::LightRed, vt100::Color::Idx(9)),
            (Color::White, vt100::Color::Idx(15)),
            (Color::Indexed(200), vt100::Color::Idx(200)),
            (Color::Rgb(1, 20, 255), vt100::Color::Rgb(1, 20, 255)),
            (Color::Reset, vt100::Color::Default),
        ];
        for (colour, shown) in colours {
            for modifier in [Modifier::empty(), Modifier::BOLD | Modifier::UNDERLINED, Modifier::REVERSED] {
                let pens = [Pen { fg: colour, bg: Color::Blue, modifier }, Pen { bg: colour, ..Pen::RESET }];
                let mut terminal = vt100::Parser::new(10, 10, 0);
                let cells: Vec<_> = pens.iter().map(|pen| cell("x", *pen)).collect();
                terminal.process(&write(cells.iter().zip(0..).map(|(cell, x)| (x, 4, cell))));
                let first = terminal.screen().cell(4, 0).unwrap();
                assert_eq!((first.fgcolor(), first.bgcolor()), (shown, vt100::Color::Idx(4)), "{colour}");
                assert_eq!(first.bold(), modifier.contains(Modifier::BOLD));
                assert_eq!(first.underline(), modifier.contains(Modifier::UNDERLINED));
                assert_eq!(first.inverse(), modifier.contains(Modifier::REVERSED));
                let second = terminal.screen().cell(4, 1).unwrap();
                assert_eq!((second.fgcolor(), second.bgcolor()), (vt100::Color::Default, shown), "{colour}");
                assert!(!second.bold() && !second.underline() && !second.inverse());
            }
        }
    }
}
