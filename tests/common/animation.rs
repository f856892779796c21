//! Drawn buffers, one after the other, as an SVG that moves by itself: without scripts, so that it works
//! where a document shows it as an image.
//!
//! An element that several frames share is written once. Elements that are shown in the same frames form a
//! group, and each group has CSS keyframes that show and hide it. Where nothing moves, because the reader
//! wants it so or the viewer does not know CSS animations, one frame is shown: `still`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use crate::svg::{
    CELL_HEIGHT, CELL_WIDTH, FOREGROUND, FRAME, Layer, MARGIN, PALETTE, Window, elements, escaped, rectangle,
};

/// Height of the strip below the cells, which shows the key that is pressed.
const STRIP: u32 = 48;
/// A key cap: its height, and its width beside the letters on it.
const CAP: u32 = 28;
const CAP_SIDES: u32 = 20;
const CAP_LETTER: u32 = 9;

/// How the cursor's cell is filled, behind a letter.
const CURSOR: &str = "fill=\"#9aa0ac\"";

/// What the screen looks like for a while.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The cells.
    pub buffer: Buffer,
    /// Where the cursor stands.
    pub cursor: Option<Position>,
    /// The key that was pressed last, and whether it is down.
    pub key: Option<(String, bool)>,
    /// What happens, in a few words.
    pub caption: String,
    /// How long it is shown, in milliseconds.
    pub lasts: u32,
}

/// The whole picture: `frames` in a loop, and `still` where nothing moves.
pub fn moving(frames: &[Frame], still: usize, title: &str, about: &str) -> String {
    let area = frames[still].buffer.area;
    let size = (area.width, area.height);
    let window = Window { size, title, about, foot: STRIP };
    let times = Times::of(frames);
    let mut style = format!(
        "<style>.m{{visibility:hidden;animation:{}ms step-end infinite}}.m.s{{visibility:visible}}",
        times.whole()
    );
    let mut content = strip(&window);
    let mut names = BTreeMap::new();
    for layer in Layer::EVERY {
        let _ = writeln!(content, "<g{}>", layer.attributes());
        for (shown, elements) in groups(frames, layer) {
            if shown.iter().all(|shown| *shown) {
                let _ = writeln!(content, "{}", elements.concat());
                continue;
            }
            let still = if shown[still] { " s" } else { "" };
            let number = names.len();
            let name = names.entry(shown).or_insert_with_key(|shown| {
                let name = format!("a{number}");
                let _ = write!(style, "\n.{name}{{animation-name:{name}}}@keyframes {name}{{");
                style.push_str(&times.keyframes(shown));
                style.push('}');
                name
            });
            let _ = writeln!(content, r#"<g class="m{still} {name}">{}</g>"#, elements.concat());
        }
        content.push_str("</g>\n");
    }
    style.push_str("\n@media (prefers-reduced-motion:reduce){.m{animation:none}}</style>\n");
    window.around(&style, &content)
}

/// When each frame starts, and the end, in milliseconds.
struct Times(Vec<u32>);

impl Times {
    fn of(frames: &[Frame]) -> Times {
        let mut end = 0;
        let ends = frames.iter().map(|frame| {
            end += frame.lasts;
            end
        });
        Times(std::iter::once(0).chain(ends).collect())
    }

    fn whole(&self) -> u32 {
        self.0.last().copied().unwrap_or_default()
    }

    /// Keyframes of what is shown in these frames: one wherever it comes or goes.
    fn keyframes(&self, shown: &[bool]) -> String {
        let mut keyframes = String::new();
        let mut before = None;
        for (start, shown) in self.0.iter().zip(shown) {
            if before == Some(shown) {
                continue;
            }
            before = Some(shown);
            let percent = (f64::from(*start) * 1e5 / f64::from(self.whole())).round() / 1e3;
            let value = if *shown { "visible" } else { "hidden" };
            let _ = write!(keyframes, "{percent}%{{visibility:{value}}}");
        }
        keyframes
    }
}

/// The elements of a layer by the frames that show them.
fn groups(frames: &[Frame], layer: Layer) -> Vec<(Vec<bool>, Vec<String>)> {
    // By first appearance, which is the order in which a single frame has them.
    let mut order = Vec::new();
    let mut shown: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    for (index, frame) in frames.iter().enumerate() {
        let of_screen = elements(&frame.buffer).into_iter();
        for (_, element) in of_screen.chain(of_strip(frame)).filter(|(its, _)| *its == layer) {
            let frames = shown.entry(element).or_insert_with_key(|element| {
                order.push(element.clone());
                vec![false; frames.len()]
            });
            frames[index] = true;
        }
    }
    let mut groups: Vec<(Vec<bool>, Vec<String>)> = Vec::new();
    let mut places = BTreeMap::new();
    for element in order {
        let shown = shown[&element].clone();
        let place = *places.entry(shown.clone()).or_insert_with(|| {
            groups.push((shown, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(element);
    }
    groups
}

/// Where the strip starts, from the first cell.
fn strip_top(rows: u16) -> u32 {
    u32::from(rows) * CELL_HEIGHT + MARGIN
}

/// The line above the strip.
fn strip(window: &Window) -> String {
    let (width, _) = window.pixels();
    let y = strip_top(window.size.1);
    let left = i64::from(MARGIN) - 1;
    format!("<path d=\"M-{left} {y}.5h{}\" stroke=\"{FRAME}\"/>\n", width - 2)
}

/// What changes with the frame beside the cells: the cursor, and the strip's key and caption.
fn of_strip(frame: &Frame) -> Vec<(Layer, String)> {
    let mut elements = Vec::new();
    if let Some(Position { x, y }) = frame.cursor {
        let (x, y) = (u32::from(x) * CELL_WIDTH, u32::from(y) * CELL_HEIGHT);
        elements.push((Layer::Ground, rectangle(x, y, CELL_WIDTH, CELL_HEIGHT, CURSOR)));
    }
    let top = strip_top(frame.buffer.area.height) + (STRIP - CAP) / 2;
    let line = top + 19;
    let mut left = CELL_WIDTH;
    if let Some((key, down)) = &frame.key {
        let letters = key.chars().count() as u32 * CAP_LETTER;
        let width = letters + CAP_SIDES;
        let (fill, edge, ink) =
            if *down { (PALETTE[6], PALETTE[14], PALETTE[0]) } else { (FRAME, PALETTE[8], PALETTE[15]) };
        let cap = format!(r#"rx="6" fill="{fill}" stroke="{edge}""#);
        elements.push((Layer::Ground, rectangle(left, top, width, CAP, &cap)));
        elements.push((
            Layer::Signs,
            format!(
                r#"<text x="{}" y="{line}" textLength="{letters}" font-weight="700" fill="{ink}">{}</text>"#,
                left + CAP_SIDES / 2,
                escaped(key)
            ),
        ));
        left += width + CELL_WIDTH;
    }
    let caption = escaped(&frame.caption);
    elements.push((
        Layer::Signs,
        format!(r#"<text x="{left}" y="{line}" fill="{FOREGROUND}" xml:space="preserve">{caption}</text>"#),
    ));
    elements
}
