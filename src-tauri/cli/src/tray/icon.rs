//! Draws the icon: a horseshoe with a bar inside that fills in five steps.
//!
//! A panel's colour cannot be known (GNOME's is dark in light mode), so everything is light with a dark outline, which
//! is legible on both. Shape tells the states apart, and colour is kept for alerts. Plotters' bitmaps know no
//! transparency: each colour channel of a large drawing stands for one ink, and shrinking it gives smooth edges with
//! the right transparency. Deliberately not here: when which state is shown.

use plotters::backend::BitMapBackend;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, Polygon, Rectangle};
use plotters::style::{Color, RGBColor};

/// The sizes that panels ask for, in pixels.
pub const SIZES: &[u32] = &[16, 22, 24, 32, 48];

/// Into how many steps the bar is divided.
pub const STEPS: u8 = 5;

/// How much larger the drawing is than the icon.
const SCALE: u32 = 8;

/// What the icon says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Recording; the bar is filled up to `level` of [`STEPS`].
    Recording {
        /// 0 to [`STEPS`].
        level: u8,
    },
    /// A person paused the recording: two bars.
    Paused,
    /// A rule fires: an exclamation mark, in colour.
    Alert,
    /// The recording itself has trouble: a cross.
    Trouble,
}

/// A drawn icon.
pub struct Picture {
    rgba: Vec<u8>,
}

impl Picture {
    /// The pixels in the order in which trays want them: alpha, red, green, blue.
    pub fn argb(mut self) -> Vec<u8> {
        for pixel in self.rgba.chunks_exact_mut(4) {
            pixel.rotate_right(1);
        }
        self.rgba
    }
}

/// What an ink of the large drawing becomes: red, green, blue, and how opaque.
struct Ink {
    paint: RGBColor,
    color: [f64; 3],
    opacity: f64,
}

/// Outline and background.
const DARK: Ink = Ink { paint: RGBColor(255, 0, 0), color: [16.0, 21.0, 31.0], opacity: 0.78 };
/// The horseshoe and what is in it.
const LIGHT: Ink = Ink { paint: RGBColor(0, 255, 0), color: [244.0, 247.0, 251.0], opacity: 1.0 };
/// The same while a rule fires. Orange is told from white by everyone.
const GLOW: Ink = Ink { paint: RGBColor(0, 0, 255), color: [255.0, 122.0, 46.0], opacity: 1.0 };
/// In the order of the channels.
const INKS: [&Ink; 3] = [&DARK, &LIGHT, &GLOW];

/// Draws an icon of `size` × `size` pixels.
pub fn draw(icon: Icon, size: u32) -> Picture {
    let large = size * SCALE;
    let mut drawing = vec![0; (large * large * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut drawing, (large, large)).into_drawing_area();
        Pen { area, size: f64::from(size), ink: if icon == Icon::Alert { GLOW.paint } else { LIGHT.paint } }.icon(icon);
    }
    Picture { rgba: shrink(&drawing, size) }
}

/// Left, top, width and bottom of an arch.
type Arch = (f64, f64, f64, f64);

struct Pen<'a> {
    area: DrawingArea<BitMapBackend<'a>, plotters::coord::Shift>,
    size: f64,
    ink: RGBColor,
}

impl Pen<'_> {
    fn icon(&self, icon: Icon) {
        // All lengths are whole pixels, so that straight edges stay sharp at every size.
        let size = self.size;
        let outline = (size / 24.0).round().max(1.0);
        let iron = (size / 9.0).round();
        let width = 2.0 * (size * 0.36).round();
        let (left, top, bottom) = ((size - width) / 2.0, outline, size - outline);
        let foot = (left - outline).min((size / 12.0).round().max(1.0));
        self.horseshoe(
            (left - outline, top - outline, width + 2.0 * outline, bottom + outline),
            (foot, iron + 2.0 * outline),
            DARK.paint,
        );
        self.horseshoe((left, top, width, bottom), (foot, iron), self.ink);
        self.arch((left + iron, top + iron, width - 2.0 * iron, bottom), DARK.paint);
        if size >= 32.0 {
            self.nails(left, top, width, iron);
        }
        // Room for the symbol, with a dark seam to the iron.
        let seam = (size / 16.0).round().max(1.0);
        let inner = width - 2.0 * (iron + seam);
        let (left, top) = (left + iron + seam, top + iron + seam);
        match icon {
            Icon::Recording { level } => self.bar(left, top, inner, bottom, level),
            Icon::Paused => {
                let bar = (inner / 3.0).round().max(1.0);
                let top = top + (size / 8.0).round();
                self.block(left, top, bar, bottom - top);
                self.block(left + inner - bar, top, bar, bottom - top);
            }
            Icon::Alert => {
                let bar = (inner / 2.0).round().max(2.0);
                let bar = if (inner - bar) % 2.0 == 0.0 { bar } else { bar - 1.0 }.max(2.0);
                let x = left + (inner - bar) / 2.0;
                let dot = (size / 8.0).round();
                let top = top + (size / 16.0).floor();
                self.block(x, top, bar, bottom - top - dot - seam);
                self.block(x, bottom - dot, bar, dot);
            }
            Icon::Trouble => self.cross(left, bottom, inner),
        }
    }

    /// An arch with feet that point outwards: how far, and how thick.
    fn horseshoe(&self, arch: Arch, (foot, thick): (f64, f64), paint: RGBColor) {
        let (left, _, width, bottom) = arch;
        self.arch(arch, paint);
        self.rectangle((left - foot, bottom - thick, width + 2.0 * foot, thick), paint);
    }

    /// A half circle on top of a rectangle.
    fn arch(&self, (left, top, width, bottom): Arch, paint: RGBColor) {
        let radius = width / 2.0;
        let mut points = vec![(left + width, bottom), (left, bottom)];
        points.extend((0..=64).map(|step| {
            let angle = std::f64::consts::PI * (1.0 + f64::from(step) / 64.0);
            (left + radius + radius * angle.cos(), top + radius + radius * angle.sin())
        }));
        self.polygon(&points, paint);
    }

    /// The nail holes of the horseshoe, three a side.
    fn nails(&self, left: f64, top: f64, width: f64, iron: f64) {
        let radius = width / 2.0;
        let middle = radius - iron / 2.0;
        for degrees in [-8.0_f64, 28.0, 64.0, 116.0, 152.0, 188.0] {
            let angle = degrees.to_radians();
            let center = (left + radius - middle * angle.cos(), top + radius - middle * angle.sin());
            let dot = Circle::new(pixel(center), (iron * 0.2 * f64::from(SCALE)) as i32, DARK.paint.filled());
            self.area.draw(&dot).expect("drawing into memory cannot fail");
        }
    }

    /// Five blocks, filled from below.
    fn bar(&self, left: f64, top: f64, width: f64, bottom: f64, level: u8) {
        let steps = f64::from(STEPS);
        let step = ((bottom - top) / steps).floor();
        let gap = if step >= 4.0 { (step / 5.0).round().max(1.0) } else { 0.0 };
        for block in 0..level.min(STEPS) {
            let low = bottom - step * f64::from(block);
            // The blocks stay inside the round top of the horseshoe.
            self.block(left, low - step + gap, width, step - gap);
        }
    }

    /// Two diagonals of a square that stands on the bottom.
    fn cross(&self, left: f64, bottom: f64, side: f64) {
        let (thick, middle) = ((side / 3.0).max(1.6), bottom - side / 2.0 - (self.size / 12.0).round());
        let (center, reach) = (left + side / 2.0, side / 2.0);
        let half = thick / 2.0;
        for flip in [1.0, -1.0] {
            let at = |along: f64, across: f64| {
                (center + (along * reach - across * half * 0.7) * flip, middle + along * reach + across * half * 0.7)
            };
            self.polygon(&[at(-1.0, -1.0), at(1.0, -1.0), at(1.0, 1.0), at(-1.0, 1.0)], self.ink);
        }
    }

    /// A rectangle in the colour of what is said.
    fn block(&self, left: f64, top: f64, width: f64, height: f64) {
        self.rectangle((left, top, width, height), self.ink);
    }

    fn rectangle(&self, (left, top, width, height): (f64, f64, f64, f64), paint: RGBColor) {
        // Both corners of plotters' rectangles are painted.
        let (x, y) = pixel((left + width, top + height));
        let rectangle = Rectangle::new([pixel((left, top)), (x - 1, y - 1)], paint.filled());
        self.area.draw(&rectangle).expect("drawing into memory cannot fail");
    }

    fn polygon(&self, points: &[(f64, f64)], paint: RGBColor) {
        let points: Vec<_> = points.iter().map(|point| pixel(*point)).collect();
        self.area.draw(&Polygon::new(points, paint.filled())).expect("drawing into memory cannot fail");
    }
}

fn pixel((x, y): (f64, f64)) -> (i32, i32) {
    let scale = f64::from(SCALE);
    ((x * scale).round() as i32, (y * scale).round() as i32)
}

/// Shrinks the large drawing: how much of a pixel each ink covers gives its colour and its opacity.
fn shrink(drawing: &[u8], size: u32) -> Vec<u8> {
    let (size, scale) = (size as usize, SCALE as usize);
    let mut rgba = Vec::with_capacity(size * size * 4);
    for (y, x) in (0..size).flat_map(|y| (0..size).map(move |x| (y, x))) {
        let mut cover = [0.0; 3];
        for row in y * scale..(y + 1) * scale {
            let start = (row * size * scale + x * scale) * 3;
            for dot in drawing[start..start + scale * 3].chunks_exact(3) {
                for (cover, channel) in cover.iter_mut().zip(dot) {
                    *cover += f64::from(*channel) / (255.0 * (scale * scale) as f64);
                }
            }
        }
        let weight = |at: usize| cover[at] * INKS[at].opacity;
        let alpha: f64 = (0..3).map(weight).sum();
        for channel in 0..3 {
            let mixed: f64 = (0..3).map(|at| weight(at) * INKS[at].color[channel]).sum();
            rgba.push(if alpha > 0.0 { (mixed / alpha).round() as u8 } else { 0 });
        }
        rgba.push((alpha.min(1.0) * 255.0).round() as u8);
    }
    rgba
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fmt::Write;

    use super::*;

    fn states() -> Vec<Icon> {
        let mut states: Vec<_> = (0..=STEPS).map(|level| Icon::Recording { level }).collect();
        states.extend([Icon::Paused, Icon::Alert, Icon::Trouble]);
        states
    }

    #[test]
    fn every_state_has_a_shape_of_its_own_at_every_size() {
        for size in SIZES {
            // Without colour: shape alone must do, for people who see no colour and for panels that show none.
            let shapes: HashSet<Vec<bool>> = states()
                .into_iter()
                .map(|icon| {
                    draw(icon, *size).rgba.chunks_exact(4).map(|pixel| pixel[0] > 128 && pixel[3] > 128).collect()
                })
                .collect();
            assert_eq!(shapes.len(), states().len(), "at {size} pixels");
        }
    }

    #[test]
    fn only_an_alert_has_colour() {
        for (icon, size) in states().into_iter().flat_map(|icon| SIZES.iter().map(move |size| (icon, *size))) {
            let colored = draw(icon, size)
                .rgba
                .chunks_exact(4)
                .any(|pixel| pixel[3] > 0 && pixel[0] > pixel[2].saturating_add(60));
            assert_eq!(colored, icon == Icon::Alert, "{icon:?} at {size} pixels");
        }
    }

    #[test]
    fn light_ink_never_touches_the_panel_without_an_outline() {
        for (icon, size) in states().into_iter().flat_map(|icon| SIZES.iter().map(move |size| (icon, *size))) {
            let rgba = draw(icon, size).rgba;
            let at = |x: i64, y: i64| {
                let inside = (0..i64::from(size)).contains(&x) && (0..i64::from(size)).contains(&y);
                inside.then(|| &rgba[((y * i64::from(size) + x) * 4) as usize..][..4])
            };
            for (y, x) in (0..i64::from(size)).flat_map(|y| (0..i64::from(size)).map(move |x| (y, x))) {
                let pixel = at(x, y).expect("it is inside");
                if pixel[0] > 200 && pixel[3] > 240 {
                    for (dx, dy) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
                        let beside = at(x + dx, y + dy).map_or(0, |pixel| pixel[3]);
                        assert!(beside > 60, "{icon:?} at {size} pixels: {x},{y} is bare");
                    }
                }
            }
        }
    }

    /// The icons as text, so that a change of their look is seen in review.
    #[test]
    fn icons_look_as_they_did() {
        let mut text = String::new();
        for (icon, size) in states().into_iter().flat_map(|icon| [16, 22].map(|size| (icon, size))) {
            let _ = writeln!(text, "{icon:?} {size}");
            for row in draw(icon, size).rgba.chunks_exact(size as usize * 4) {
                let line: String = row
                    .chunks_exact(4)
                    .map(|pixel| match (pixel[3], pixel[0], pixel[2]) {
                        (0..=40, ..) => "  ",
                        (_, red, blue) if red > 150 && blue < 120 => "@@",
                        (_, 150.., _) => "##",
                        (_, 60.., _) => "++",
                        _ => "..",
                    })
                    .collect();
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tray/icon.golden.txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(golden, &text).unwrap();
        }
        assert_eq!(
            text,
            std::fs::read_to_string(golden).unwrap_or_default(),
            "UPDATE_GOLDEN=1 takes the new look over"
        );
    }
}
