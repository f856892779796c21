//! A drawn buffer as an SVG, for the pictures in the documents.
//!
//! A terminal is a grid, and which font a reader has is not known. So every word is placed at its
//! own cell and stretched to its cells; lines, blocks and braille dots are shapes instead of glyphs.
//! Columns line up and nothing has gaps.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

/// A cell, in pixels. The usual monospaced fonts are about 0.6 em wide.
pub const CELL_WIDTH: u32 = 9;
pub const CELL_HEIGHT: u32 = 20;
const FONT_SIZE: u32 = 15;
/// From the top of a cell to the line that letters stand on.
const BASELINE: u32 = 15;
/// Where a thin line passes through a cell.
const MIDDLE_X: u32 = 4;
const MIDDLE_Y: u32 = 10;

/// Around the cells, and the bar above them.
pub const MARGIN: u32 = 12;
const BAR: u32 = 34;

const BACKGROUND: &str = "#15171c";
pub const FOREGROUND: &str = "#d8dbe2";
pub const FRAME: &str = "#33363e";

/// The terminal's 16 colours: a dark palette with calm accents.
pub const PALETTE: [&str; 16] = [
    "#15171c", "#f2777a", "#9fd68a", "#f0c674", "#7aa6f0", "#c99be8", "#5fcde4", "#c5c8d0", "#6b707c",
    "#ff9c9e", "#b9e8a6", "#ffdf94", "#9dc0ff", "#dfbdf7", "#93e3f4", "#ffffff",
];

/// What lies above what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Rectangles behind the letters.
    Ground,
    /// Braille dots, which share the shape of their strokes.
    Dots,
    /// Words, lines and blocks.
    Signs,
}

impl Layer {
    /// Every layer, from the back.
    pub const EVERY: [Layer; 3] = [Layer::Ground, Layer::Dots, Layer::Signs];

    /// What is set once for all elements of the layer.
    pub fn attributes(self) -> &'static str {
        match self {
            Layer::Dots => r#" fill="none" stroke-width="2.7" stroke-linecap="round""#,
            Layer::Ground | Layer::Signs => "",
        }
    }
}

/// A window of a terminal, and what is said of it to those who do not see it.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// Columns and rows.
    pub size: (u16, u16),
    /// The title in its bar.
    pub title: &'a str,
    /// What the picture shows, in a sentence.
    pub about: &'a str,
    /// Room below the cells, in pixels.
    pub foot: u32,
}

impl Window<'_> {
    /// Width and height in pixels.
    pub fn pixels(&self) -> (u32, u32) {
        let (columns, rows) = (u32::from(self.size.0), u32::from(self.size.1));
        (columns * CELL_WIDTH + 2 * MARGIN, rows * CELL_HEIGHT + BAR + MARGIN + self.foot)
    }

    /// An SVG of the window around `content`, whose origin is the first cell. `style` is a style sheet.
    pub fn around(&self, style: &str, content: &str) -> String {
        let (width, height) = self.pixels();
        let (title, about) = (escaped(self.title), escaped(self.about));
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{about}">
<title>{about}</title>
{style}<rect x=".5" y=".5" width="{}" height="{}" rx="9.5" fill="{BACKGROUND}" stroke="{FRAME}"/>
<g fill="{FRAME}"><circle cx="20" cy="17" r="5.5"/><circle cx="39" cy="17" r="5.5"/><circle cx="58" cy="17" r="5.5"/></g>
<g font-family="ui-monospace,'SF Mono',SFMono-Regular,Menlo,'Cascadia Mono',Consolas,'DejaVu Sans Mono','Liberation Mono',monospace" font-size="{FONT_SIZE}" fill="{FOREGROUND}">
<text x="{}" y="22" text-anchor="middle" font-size="13" fill="{}">{title}</text>
<g transform="translate({MARGIN} {BAR})">
{content}</g>
</g>
</svg>
"#,
            width - 1,
            height - 1,
            width / 2,
            PALETTE[8],
        )
    }
}

/// A picture that stands still: `buffer` in a window with `title`, and a sentence `about` it.
pub fn still(buffer: &Buffer, title: &str, about: &str) -> String {
    let size = (buffer.area.width, buffer.area.height);
    let elements = elements(buffer);
    let mut content = String::new();
    for layer in Layer::EVERY {
        let of_layer: Vec<_> = elements.iter().filter(|(its, _)| *its == layer).collect();
        if of_layer.is_empty() {
            continue;
        }
        let _ = writeln!(content, "<g{}>", layer.attributes());
        for (_, element) in of_layer {
            let _ = writeln!(content, "{element}");
        }
        content.push_str("</g>\n");
    }
    Window { size, title, about, foot: 0 }.around("", &content)
}

/// What is drawn of `buffer`, line by line. Each element stands at its own place and depends on its
/// own cells alone, so that two buffers share the elements of what is the same in both.
pub fn elements(buffer: &Buffer) -> Vec<(Layer, String)> {
    let mut elements = Vec::new();
    for y in 0..buffer.area.height {
        backgrounds(buffer, y, &mut elements);
        letters(buffer, y, &mut elements);
    }
    elements
}

/// What stands behind the letters of line `y`: one rectangle for neighbours of one colour.
fn backgrounds(buffer: &Buffer, y: u16, elements: &mut Vec<(Layer, String)>) {
    let mut x = 0;
    while x < buffer.area.width {
        let colour = colours(&buffer[(x, y)]).1;
        let end = (x..buffer.area.width).find(|&at| colours(&buffer[(at, y)]).1 != colour);
        let end = end.unwrap_or(buffer.area.width);
        if let Some(colour) = colour {
            let (left, top) = origin(x, y);
            let width = u32::from(end - x) * CELL_WIDTH;
            let element = rectangle(left, top, width, CELL_HEIGHT, &format!("fill=\"{colour}\""));
            elements.push((Layer::Ground, element));
        }
        x = end;
    }
}

/// The signs of line `y`: shapes where there is one, words elsewhere.
fn letters(buffer: &Buffer, y: u16, elements: &mut Vec<(Layer, String)>) {
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(x, y)];
        let style = attributes(cell);
        let (left, top) = origin(x, y);
        let alike = |at: &u16| attributes(&buffer[(*at, y)]) == style;
        let run = |of: &dyn Fn(&str) -> bool| {
            (x..buffer.area.width).take_while(|at| of(buffer[(*at, y)].symbol()) && alike(at)).count() as u16
        };
        if let Some(dots) = dots(cell.symbol(), left, top, &colours(cell).0) {
            elements.push((Layer::Dots, dots));
            x += 1;
            continue;
        }
        if eighths(cell.symbol()).is_some() {
            let cells = run(&|symbol| eighths(symbol).is_some());
            let heights = (x..x + cells).filter_map(|at| eighths(buffer[(at, y)].symbol()));
            elements.push((Layer::Signs, bars(heights, left, top, &colours(cell).0)));
            x += cells;
            continue;
        }
        let cells = if joins(cell.symbol()) { run(&|symbol| symbol == cell.symbol()) } else { 1 };
        if let Some(shape) = shape(cell.symbol(), cells.into(), left, top, &colours(cell).0) {
            elements.push((Layer::Signs, shape));
            x += cells;
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
        let text = format!(r#"<text x="{left}" y="{y}" textLength="{length}"{style}>{word}</text>"#);
        elements.push((Layer::Signs, text));
        if cell.modifier.contains(Modifier::UNDERLINED) {
            let fill = format!("fill=\"{}\"", colours(cell).0);
            elements.push((Layer::Signs, rectangle(left, y + 2, length, 1, &fill)));
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
    shape(symbol, 1, 0, 0, "").is_some() || eighths(symbol).is_some() || dots(symbol, 0, 0, "").is_some()
}

/// The one character of `symbol`.
fn sign(symbol: &str) -> Option<char> {
    symbol.chars().next().filter(|sign| symbol.len() == sign.len_utf8())
}

/// How many lower eighths of its cell a block fills.
fn eighths(symbol: &str) -> Option<u32> {
    sign(symbol).filter(|sign| ('▁'..='▇').contains(sign)).map(|sign| sign as u32 - '▀' as u32)
}

/// Blocks that stand side by side from (`x`, `y`) on, as one shape.
fn bars(heights: impl Iterator<Item = u32>, x: u32, y: u32, colour: &str) -> String {
    let mut path = String::new();
    let bottom = y + CELL_HEIGHT;
    for (cell, eighths) in heights.enumerate() {
        let (left, height) = (x + cell as u32 * CELL_WIDTH, eighths * CELL_HEIGHT / 8);
        let _ = write!(path, "M{left} {bottom}v-{height}h{CELL_WIDTH}v{height}z");
    }
    format!(r#"<path d="{path}" fill="{colour}"/>"#)
}

/// The dots of a braille sign, as strokes without length and with round ends.
fn dots(symbol: &str, x: u32, y: u32, colour: &str) -> Option<String> {
    /// The dots of the left column from the top, then those of the right one, as bits of the sign.
    const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    let bits = (sign(symbol)? as u32).checked_sub(0x2800).filter(|bits| *bits <= 0xff)?;
    let places = (0..2).flat_map(|column| (0..4).map(move |row| (column, row)));
    let mut path = String::new();
    let mut before = None;
    for (column, row) in places.filter(|(column, row)| bits & BITS[*column][*row] != 0) {
        let (dot_x, dot_y) = (2.0 + 4.5 * column as f64, 2 + 5 * row as i32);
        match before.replace((dot_x, dot_y)) {
            None => write!(path, "M{} {}", f64::from(x) + dot_x, i64::from(y) + i64::from(dot_y)),
            Some((last_x, last_y)) => write!(path, "m{} {}", dot_x - last_x, dot_y - last_y),
        }
        .ok()?;
        path.push_str("h0");
    }
    Some(format!(r#"<path d="{path}" stroke="{colour}"/>"#))
}

/// A sign that is drawn instead of written, over `cells` cells from (`x`, `y`).
fn shape(symbol: &str, cells: u32, x: u32, y: u32, colour: &str) -> Option<String> {
    let fill = format!("fill=\"{colour}\"");
    let part = |dx, dy, width, height| Some(rectangle(x + dx, y + dy, width, height, &fill));
    let width = cells * CELL_WIDTH;
    let sign = sign(symbol)?;
    match sign {
        '─' => part(0, MIDDLE_Y, width, 1),
        '━' => part(0, MIDDLE_Y - 1, width, 3),
        '│' => part(MIDDLE_X, 0, 1, CELL_HEIGHT),
        '┃' => part(MIDDLE_X - 1, 0, 3, CELL_HEIGHT),
        '╭' | '╮' | '╰' | '╯' => Some(corner(sign, x, y, colour)),
        '█' => part(0, 0, width, CELL_HEIGHT),
        '▀' => part(0, 0, width, CELL_HEIGHT / 2),
        '▔' => part(0, 0, width, 2),
        // From seven eighths down to one at the left.
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

/// A rectangle at (`x`, `y`).
pub fn rectangle(x: u32, y: u32, width: u32, height: u32, style: &str) -> String {
    format!(r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" {style}/>"#)
}

/// `text` as it stands in an SVG.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
