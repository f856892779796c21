//! A drawn buffer as an SVG, for the screens in the README.
//!
//! A terminal is a grid, and which font a reader has is not known. So every word is placed at its
//! own cell and stretched to its cells, and lines, blocks and shades are shapes instead of glyphs:
//! columns line up and nothing has gaps.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

/// A cell, in pixels. The usual monospaced fonts are about 0.6 em wide.
const CELL_WIDTH: u32 = 9;
const CELL_HEIGHT: u32 = 20;
const FONT_SIZE: u32 = 15;
/// From the top of a cell to the line that letters stand on.
const BASELINE: u32 = 15;
/// Where a thin line passes through a cell.
const MIDDLE_X: u32 = 4;
const MIDDLE_Y: u32 = 10;

/// Around the cells, and the bar above them.
const MARGIN: u32 = 12;
const BAR: u32 = 34;

const BACKGROUND: &str = "#15171c";
const FOREGROUND: &str = "#d8dbe2";
const FRAME: &str = "#33363e";

/// The terminal's 16 colours: a dark palette with calm accents.
const PALETTE: [&str; 16] = [
    "#15171c", "#f2777a", "#9fd68a", "#f0c674", "#7aa6f0", "#c99be8", "#5fcde4", "#c5c8d0", "#6b707c",
    "#ff9c9e", "#b9e8a6", "#ffdf94", "#9dc0ff", "#dfbdf7", "#93e3f4", "#ffffff",
];

/// The whole window: a frame with `title` in its bar, and the cells.
pub fn window(buffer: &Buffer, title: &str) -> String {
    let width = u32::from(buffer.area.width) * CELL_WIDTH + 2 * MARGIN;
    let height = u32::from(buffer.area.height) * CELL_HEIGHT + BAR + MARGIN;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{title}">
<rect x=".5" y=".5" width="{}" height="{}" rx="9.5" fill="{BACKGROUND}" stroke="{FRAME}"/>
<g fill="{FRAME}"><circle cx="20" cy="17" r="5.5"/><circle cx="39" cy="17" r="5.5"/><circle cx="58" cy="17" r="5.5"/></g>
<g font-family="ui-monospace,'SF Mono',SFMono-Regular,Menlo,'Cascadia Mono',Consolas,'DejaVu Sans Mono','Liberation Mono',monospace" font-size="{FONT_SIZE}" fill="{FOREGROUND}">
<text x="{}" y="22" text-anchor="middle" font-size="13" fill="{}">{title}</text>
<g transform="translate({MARGIN} {BAR})">
"#,
        width - 1,
        height - 1,
        width / 2,
        PALETTE[8],
        title = escaped(title),
    );
    for y in 0..buffer.area.height {
        backgrounds(buffer, y, &mut svg);
        letters(buffer, y, &mut svg);
    }
    svg.push_str("</g>\n</g>\n</svg>\n");
    svg
}

/// What stands behind the letters of line `y`: one rectangle for neighbours of one colour.
fn backgrounds(buffer: &Buffer, y: u16, svg: &mut String) {
    let mut x = 0;
    while x < buffer.area.width {
        let colour = colours(&buffer[(x, y)]).1;
        let end = (x..buffer.area.width).find(|&at| colours(&buffer[(at, y)]).1 != colour);
        let end = end.unwrap_or(buffer.area.width);
        if let Some(colour) = colour {
            let (left, top) = origin(x, y);
            let width = u32::from(end - x) * CELL_WIDTH;
            line(svg, &rectangle(left, top, width, CELL_HEIGHT, &format!("fill=\"{colour}\"")));
        }
        x = end;
    }
}

/// The signs of line `y`: shapes where there is one, words elsewhere.
fn letters(buffer: &Buffer, y: u16, svg: &mut String) {
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(x, y)];
        let style = attributes(cell);
        let (left, top) = origin(x, y);
        let same =
            |at: &u16| buffer[(*at, y)].symbol() == cell.symbol() && attributes(&buffer[(*at, y)]) == style;
        let run =
            if joins(cell.symbol()) { (x..buffer.area.width).take_while(same).count() as u16 } else { 1 };
        if let Some(shape) = shape(cell.symbol(), run.into(), left, top, &colours(cell).0) {
            line(svg, &shape);
            x += run;
            continue;
        }
        let mut word = String::new();
        let mut cells: u16 = 0;
        while x + cells < buffer.area.width {
            let cell = &buffer[(x + cells, y)];
            let symbol = cell.symbol();
            if symbol.trim().is_empty() || attributes(cell) != style || is_shape(symbol) {
                break;
            }
            word.push_str(symbol);
            cells += symbol.width().max(1) as u16;
        }
        if word.is_empty() {
            x += 1;
            continue;
        }
        let (y, length) = (top + BASELINE, u32::from(cells) * CELL_WIDTH);
        let word = escaped(&word);
        line(svg, &format!(r#"<text x="{left}" y="{y}" textLength="{length}"{style}>{word}</text>"#));
        if cell.modifier.contains(Modifier::UNDERLINED) {
            line(svg, &rectangle(left, y + 2, length, 1, &format!("fill=\"{}\"", colours(cell).0)));
        }
        x += cells;
    }
}

/// How a letter looks, as attributes with a blank before each.
fn attributes(cell: &Cell) -> String {
    let mut attributes = String::new();
    let colour = colours(cell).0;
    if colour != FOREGROUND {
        let _ = write!(attributes, " fill=\"{colour}\"");
    }
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"700\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::DIM, " opacity=\".6\""),
    ] {
        if cell.modifier.contains(modifier) {
            attributes.push_str(attribute);
        }
    }
    attributes
}

/// The colour of the letters, and of what is behind them where it is not the window's own.
fn colours(cell: &Cell) -> (String, Option<String>) {
    let fore = colour(cell.fg);
    let back = colour(cell.bg);
    if cell.modifier.contains(Modifier::REVERSED) {
        return (back.unwrap_or_else(|| BACKGROUND.into()), Some(fore.unwrap_or_else(|| FOREGROUND.into())));
    }
    (fore.unwrap_or_else(|| FOREGROUND.into()), back)
}

/// `None` is the terminal's own.
fn colour(colour: Color) -> Option<String> {
    let index: u8 = match colour {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    Some(match index {
        0..=15 => PALETTE[usize::from(index)].into(),
        // xterm's cube of six steps a colour, and its ramp of greys.
        16..=231 => {
            let part = |place: u8| match (index - 16) / place % 6 {
                0 => 0,
                step => 55 + 40 * step,
            };
            format!("#{:02x}{:02x}{:02x}", part(36), part(6), part(1))
        }
        232..=255 => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    })
}

fn origin(x: u16, y: u16) -> (u32, u32) {
    (u32::from(x) * CELL_WIDTH, u32::from(y) * CELL_HEIGHT)
}

fn is_shape(symbol: &str) -> bool {
    shape(symbol, 1, 0, 0, "").is_some()
}

/// A sign that is drawn instead of written, over `cells` cells from (`x`, `y`).
fn shape(symbol: &str, cells: u32, x: u32, y: u32, colour: &str) -> Option<String> {
    let fill = format!("fill=\"{colour}\"");
    let part = |dx, dy, width, height| Some(rectangle(x + dx, y + dy, width, height, &fill));
    let width = cells * CELL_WIDTH;
    let sign = symbol.chars().next().filter(|sign| symbol.len() == sign.len_utf8())?;
    match sign {
        '─' => part(0, MIDDLE_Y, width, 1),
        '━' => part(0, MIDDLE_Y - 1, width, 3),
        '│' => part(MIDDLE_X, 0, 1, CELL_HEIGHT),
        '┃' => part(MIDDLE_X - 1, 0, 3, CELL_HEIGHT),
        '╭' | '╮' | '╰' | '╯' => Some(corner(sign, x, y, colour)),
        '█' => part(0, 0, width, CELL_HEIGHT),
        '▀' => part(0, 0, width, CELL_HEIGHT / 2),
        '▔' => part(0, 0, width, 2),
        // The lower eighths, and from seven eighths down to one at the left.
        '▁'..='▇' => {
            let height = (sign as u32 - '▀' as u32) * CELL_HEIGHT / 8;
            part(0, CELL_HEIGHT - height, width, height)
        }
        '▉'..='▏' => part(0, 0, ('▐' as u32 - sign as u32) * CELL_WIDTH / 8, CELL_HEIGHT),
        '▸' => Some(format!(r#"<path d="M{} {}l7 4.5-7 4.5z" {fill}/>"#, x + 1, y + MIDDLE_Y - 4)),
        _ => None,
    }
}

/// A rounded corner of a box: a light line that turns.
fn corner(sign: char, x: u32, y: u32, colour: &str) -> String {
    let (middle_x, middle_y) = (f64::from(x + MIDDLE_X) + 0.5, f64::from(y + MIDDLE_Y) + 0.5);
    let end_x = if matches!(sign, '╭' | '╰') { x + CELL_WIDTH } else { x };
    let end_y = if matches!(sign, '╭' | '╮') { y + CELL_HEIGHT } else { y };
    let path = format!("M{middle_x} {end_y}Q{middle_x} {middle_y} {end_x} {middle_y}");
    format!(r#"<path d="{path}" fill="none" stroke="{colour}"/>"#)
}

/// Signs that touch the next one of their kind: a run of them is one shape.
fn joins(symbol: &str) -> bool {
    matches!(symbol, "─" | "━" | "█" | "▔")
}

fn rectangle(x: u32, y: u32, width: u32, height: u32, style: &str) -> String {
    format!(r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" {style}/>"#)
}

fn line(svg: &mut String, element: &str) {
    svg.push_str(element);
    svg.push('\n');
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
