//! The two true-colour themes. Text has a contrast of at least 4.5:1 with usual backgrounds and with the
//! theme's own: computed in `tests/screen/look.rs`.

use ratatui::style::{Color, Modifier, Style};

use super::Theme;

const fn fg(rgb: u32) -> Style {
    Style::new().fg(Color::from_u32(rgb))
}

const fn on(rgb: u32, ground: u32) -> Style {
    fg(rgb).bg(Color::from_u32(ground))
}

/// For black to slate backgrounds: cool greys, one blue, muted signal colours.
pub const DARK: Theme = Theme {
    text: fg(0x00d3_d9e6),
    strong: Style::new().add_modifier(Modifier::BOLD),
    quiet: fg(0x00a0_a9bd),
    faint: fg(0x0080_889d),
    accent: fg(0x0079_c0ee),
    good: fg(0x008f_cf9a),
    warning: fg(0x00e6_c07b),
    fault: fg(0x00f2_8b90),
    selected: on(0x00f2_f5fb, 0x0034_3b52),
    chosen: on(0x000d_1420, 0x0079_c0ee),
    shades: [on(0x00d3_d9e6, 0x0027_3244), on(0x00e4_e9f2, 0x0031_4a66), on(0x00f5_f8fc, 0x003b_6690)],
};

/// For white to cream backgrounds: dark ink, one blue, dark signal colours.
pub const LIGHT: Theme = Theme {
    text: fg(0x0024_2a33),
    strong: Style::new().add_modifier(Modifier::BOLD),
    quiet: fg(0x0052_5c69),
    faint: fg(0x0068_707c),
    accent: fg(0x0005_62a0),
    good: fg(0x001a_6b32),
    warning: fg(0x0085_5200),
    fault: fg(0x00b0_2330),
    selected: on(0x0012_1820, 0x00dc_e7f3),
    chosen: on(0x00ff_ffff, 0x0005_62a0),
    shades: [on(0x0024_2a33, 0x00e1_ebf5), on(0x0018_2028, 0x00bd_d4ea), on(0x000c_1218, 0x0093_b8dc)],
};
