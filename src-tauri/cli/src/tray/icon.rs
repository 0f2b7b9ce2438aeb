//! Draws the icon: the horseshoe of the app's icon on a dark tile that fills with blue the busier the machine is.
//!
//! A panel's colour cannot be known (GNOME's is dark in light mode), so the icon brings its own ground along: everything
//! stands on a tile. Shape tells the states apart, and colour says it again. Plotters' bitmaps know no transparency: each
//! colour channel of a large drawing stands for one ink, and shrinking it gives smooth edges with the right
//! transparency. Deliberately not here: when which state is shown.

mod digits;

use plotters::backend::BitMapBackend;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, Polygon, Rectangle};
use plotters::style::{Color, RGBColor};

/// The sizes that panels ask for, in pixels.
pub const SIZES: &[u32] = &[16, 22, 24, 32, 48, 64];

/// Into how many steps the load is divided.
pub const STEPS: u8 = 5;

/// How much larger the drawing is than the icon. A large icon needs less for smooth edges, and a large drawing leaves its
/// room in the thread's memory for good.
const fn scale(size: u32) -> u32 {
    if size > 32 { 4 } else { 8 }
}

/// What the icon says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Recording; the tile is filled up to `level` of [`STEPS`].
    Recording {
        /// 0 to [`STEPS`].
        level: u8,
    },
    /// The same with its percent in digits, where there are enough pixels for them.
    Percent {
        /// 0 to 100.
        percent: u8,
    },
    /// All GPUs sleep: a pale horseshoe with a moon.
    Asleep,
    /// A GPU is near the point at which it slows itself down: a thermometer.
    Hot,
    /// A person paused the recording: a grey horseshoe with two bars.
    Paused,
    /// A rule fires: an exclamation mark, on red.
    Alert,
    /// The recording itself has trouble: a grey horseshoe with a red cross.
    Trouble,
}

impl Icon {
    /// Whether it says how busy the machine is, and nothing else.
    pub fn is_load(self) -> bool {
        matches!(self, Icon::Recording { .. } | Icon::Percent { .. })
    }
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

/// Red, green, blue.
type Rgb = [f64; 3];

const NIGHT: Rgb = [22.0, 29.0, 43.0];
const ORANGE: Rgb = [247.0, 165.0, 66.0];
const WHITE: Rgb = [250.0, 252.0, 255.0];
const PALE: Rgb = [160.0, 172.0, 192.0];
const GREY: Rgb = [112.0, 122.0, 138.0];
const BLUE: Rgb = [24.0, 96.0, 176.0];
const PINK: Rgb = [255.0, 178.0, 170.0];
const RED: Rgb = [200.0, 32.0, 28.0];
const ROSE: Rgb = [255.0, 96.0, 84.0];

/// How the inks of the large drawing are painted, in the order of the channels: what stands on the tile covers it.
const TILE: RGBColor = RGBColor(255, 0, 0);
const IRON: RGBColor = RGBColor(0, 255, 0);
const SIGN: RGBColor = RGBColor(0, 0, 255);

/// The colours of tile, iron and sign.
fn palette(icon: Icon) -> [Rgb; 3] {
    match icon {
        Icon::Recording { .. } => [NIGHT, ORANGE, BLUE],
        Icon::Percent { .. } => [NIGHT, WHITE, BLUE],
        Icon::Asleep => [NIGHT, PALE, WHITE],
        Icon::Hot => [NIGHT, ORANGE, WHITE],
        Icon::Paused => [NIGHT, GREY, WHITE],
        Icon::Alert => [RED, PINK, WHITE],
        Icon::Trouble => [NIGHT, GREY, ROSE],
    }
}

/// Draws an icon of `size` × `size` pixels.
pub fn draw(icon: Icon, size: u32) -> Picture {
    let icon = match icon {
        Icon::Percent { percent } if !digits::fit(size) => Icon::Recording { level: level(percent) },
        other => other,
    };
    let large = size * scale(size);
    let mut drawing = vec![0; (large * large * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut drawing, (large, large)).into_drawing_area();
        Pen { area, size: f64::from(size) }.icon(icon);
    }
    Picture { rgba: shrink(&drawing, size, &palette(icon)) }
}

/// The step that is nearest to a percent.
fn level(percent: u8) -> u8 {
    (f64::from(percent) * f64::from(STEPS) / 100.0).round() as u8
}

type Point = (f64, f64);

/// The left half of the line in the app's icon, from the foot to the top, between -1 and 1: foot, leg, arch. It is wider
/// here, so that a sign fits in.
const HALF: [[Point; 4]; 3] = [
    [(-0.74, 1.0), (-0.58, 1.0), (-0.54, 0.85), (-0.6, 0.68)],
    [(-0.6, 0.68), (-0.72, 0.4), (-0.8, 0.19), (-0.8, -0.1)],
    [(-0.8, -0.1), (-0.8, -0.64), (-0.46, -1.0), (0.0, -1.0)],
];

/// The point of a cubic curve at a part of its way.
fn bezier([from, pull, push, to]: [Point; 4], part: f64) -> Point {
    let rest = 1.0 - part;
    let [a, b, c, d] = [rest * rest * rest, 3.0 * rest * rest * part, 3.0 * rest * part * part, part * part * part];
    let mix = |axis: fn(Point) -> f64| a * axis(from) + b * axis(pull) + c * axis(push) + d * axis(to);
    (mix(|point| point.0), mix(|point| point.1))
}

struct Pen<'a> {
    area: DrawingArea<BitMapBackend<'a>, plotters::coord::Shift>,
    size: f64,
}

impl Pen<'_> {
    fn icon(&self, icon: Icon) {
        self.tile(0.0, TILE);
        let level = match icon {
            Icon::Recording { level } => level.min(STEPS),
            Icon::Percent { percent } => level(percent),
            _ => 0,
        };
        if level > 0 {
            let height = self.size * f64::from(level) / f64::from(STEPS);
            self.tile((self.size - height).round(), SIGN);
        }
        if let Icon::Percent { percent } = icon {
            return digits::draw(self, percent);
        }
        if icon == Icon::Asleep {
            // Below the horseshoe: what cuts it out to a crescent must not cut that.
            self.moon();
        }
        self.line(&self.horseshoe(), self.iron() / 2.0, IRON);
        match icon {
            Icon::Recording { .. } | Icon::Percent { .. } | Icon::Asleep => (),
            Icon::Hot => self.thermometer(),
            Icon::Paused => self.bars(),
            Icon::Alert => self.exclamation(),
            Icon::Trouble => self.cross(),
        }
    }

    /// The ground: a square with round corners, from the row `low` downwards.
    fn tile(&self, low: f64, paint: RGBColor) {
        let (size, radius) = (self.size, (self.size * 0.22).round());
        let (near, far) = (radius, size - radius);
        let corner = |x: f64, y: f64, quarter: f64| {
            (0..=12).map(move |step| {
                let angle = std::f64::consts::FRAC_PI_2 * (quarter + f64::from(step) / 12.0);
                (x + radius * angle.cos(), (y + radius * angle.sin()).max(low))
            })
        };
        let corners = [corner(far, far, 0.0), corner(near, far, 1.0), corner(near, near, 2.0), corner(far, near, 3.0)];
        self.polygon(&corners.into_iter().flatten().collect::<Vec<_>>(), paint);
    }

    /// How thick the horseshoe is: whole pixels, so that it is as sharp as it can be.
    fn iron(&self) -> f64 {
        (self.size / 8.5).round()
    }

    /// What lies between a sign and the horseshoe, and between the horseshoe and the tile's edge.
    fn seam(&self) -> f64 {
        (self.size / 18.0).round()
    }

    /// The line of the app's icon, left half and right half, as large as the tile allows.
    fn horseshoe(&self) -> Vec<Point> {
        let reach = self.size / 2.0 - self.seam() - self.iron() / 2.0;
        let at = |x: f64, y: f64| {
            // The tile is small: the arch is drawn higher than it is in the app's icon, where there is room around it.
            (self.size / 2.0 + x * reach, self.size / 2.0 + y * reach * 0.95)
        };
        let mut left = vec![at(-1.0, 1.0), at(-0.74, 1.0)];
        for [from, pull, push, to] in HALF {
            left.extend((1..=8).map(|step| {
                let (x, y) = bezier([from, pull, push, to], f64::from(step) / 8.0);
                at(x, y)
            }));
        }
        let right: Vec<Point> = left.iter().rev().map(|(x, y)| (self.size - x, *y)).collect();
        [left, right].concat()
    }

    /// A crescent: a disc, and the tile over a part of it.
    fn moon(&self) {
        let (radius, middle) = (self.size * 0.19, (self.size * 0.51, self.size * 0.57));
        self.dot(middle, radius, SIGN);
        self.dot((middle.0 + radius * 0.6, middle.1 - radius * 0.42), radius * 0.84, TILE);
    }

    fn thermometer(&self) {
        let (middle, bulb) = (self.size / 2.0, self.size * 0.14);
        let (top, bottom) = (self.size * 0.33, self.size * 0.72);
        self.line(&[(middle, top), (middle, bottom)], self.size * 0.065, SIGN);
        self.dot((middle, bottom), bulb, SIGN);
    }

    fn bars(&self) {
        let bar = (self.size / 8.0).round();
        let gap = 2.0 * (self.size / 20.0).round();
        let (top, height) = ((self.size * 0.4).round(), (self.size * 0.42).round());
        self.rectangle((self.size / 2.0 - gap / 2.0 - bar, top, bar, height), SIGN);
        self.rectangle((self.size / 2.0 + gap / 2.0, top, bar, height), SIGN);
    }

    fn exclamation(&self) {
        let bar = 2.0 * (self.size / 14.0).round();
        let x = (self.size - bar) / 2.0;
        let (top, bottom) = ((self.size * 0.34).round(), self.size - self.seam());
        self.rectangle((x, top, bar, bottom - bar - self.seam() - top), SIGN);
        self.rectangle((x, bottom - bar, bar, bar), SIGN);
    }

    /// A cross in the lower right corner; the horseshoe gives way to it.
    fn cross(&self) {
        let half = self.size * 0.075;
        let (low, high) = (self.size * 0.5, self.size - self.seam() - half);
        for (thick, paint) in [(half + self.seam(), TILE), (half, SIGN)] {
            // What is cut out must not leave the tile, whose corner is round.
            let high = if paint == TILE { high - self.seam() } else { high };
            self.line(&[(low, low), (high, high)], thick, paint);
            self.line(&[(low, high), (high, low)], thick, paint);
        }
    }

    /// A thick line with round ends, of dots so near each other that the gaps between them cannot be seen.
    fn line(&self, path: &[Point], half: f64, paint: RGBColor) {
        if let Some(start) = path.first() {
            self.dot(*start, half, paint);
        }
        for ends in path.windows(2) {
            let ((x0, y0), (x1, y1)) = (ends[0], ends[1]);
            let steps = ((x1 - x0).hypot(y1 - y0) * 3.0 / half).ceil();
            for step in 1..=steps as u32 {
                let part = f64::from(step) / steps;
                self.dot((x0 + (x1 - x0) * part, y0 + (y1 - y0) * part), half, paint);
            }
        }
    }

    fn scale(&self) -> f64 {
        f64::from(scale(self.size as u32))
    }

    fn pixel(&self, (x, y): Point) -> (i32, i32) {
        ((x * self.scale()).round() as i32, (y * self.scale()).round() as i32)
    }

    fn dot(&self, center: Point, radius: f64, paint: RGBColor) {
        let dot = Circle::new(self.pixel(center), (radius * self.scale()).round() as i32, paint.filled());
        self.area.draw(&dot).expect("drawing into memory cannot fail");
    }

    fn rectangle(&self, (left, top, width, height): (f64, f64, f64, f64), paint: RGBColor) {
        let rectangle =
            Rectangle::new([self.pixel((left, top)), self.pixel((left + width, top + height))], paint.filled());
        self.area.draw(&rectangle).expect("drawing into memory cannot fail");
    }

    fn polygon(&self, points: &[Point], paint: RGBColor) {
        let points: Vec<_> = points.iter().map(|point| self.pixel(*point)).collect();
        self.area.draw(&Polygon::new(points, paint.filled())).expect("drawing into memory cannot fail");
    }
}

/// Shrinks the large drawing: how much of a pixel each ink covers gives its colour and its opacity.
fn shrink(drawing: &[u8], size: u32, palette: &[Rgb; 3]) -> Vec<u8> {
    let (size, scale) = (size as usize, scale(size) as usize);
    let mut rgba = Vec::with_capacity(size * size * 4);
    let mut covers = vec![[0_u32; 3]; size];
    for rows in drawing.chunks_exact(size * scale * 3 * scale) {
        // Whole numbers, and a row after the other: all that is done for each dot of a drawing that is made anew each two
        // seconds where the icon shows digits.
        covers.fill([0; 3]);
        for row in rows.chunks_exact(size * scale * 3) {
            for (cover, dots) in covers.iter_mut().zip(row.chunks_exact(scale * 3)) {
                for dot in dots.chunks_exact(3) {
                    for (cover, channel) in cover.iter_mut().zip(dot) {
                        *cover += u32::from(*channel);
                    }
                }
            }
        }
        for cover in &covers {
            let cover = cover.map(|cover| f64::from(cover) / (255.0 * (scale * scale) as f64));
            let alpha: f64 = cover.iter().sum();
            for channel in 0..3 {
                let mixed: f64 = cover.iter().zip(palette).map(|(cover, ink)| cover * ink[channel]).sum();
                rgba.push(if alpha > 0.0 { (mixed / alpha).round() as u8 } else { 0 });
            }
            rgba.push((alpha.min(1.0) * 255.0).round() as u8);
        }
    }
    rgba
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn states() -> Vec<Icon> {
        let mut states: Vec<_> = (0..=STEPS).map(|level| Icon::Recording { level }).collect();
        states.extend([7, 48, 100].map(|percent| Icon::Percent { percent }));
        states.extend([Icon::Asleep, Icon::Hot, Icon::Paused, Icon::Alert, Icon::Trouble]);
        states
    }

    fn luminance([red, green, blue]: Rgb) -> f64 {
        let linear = |channel: f64| match channel / 255.0 {
            dark @ ..=0.04045 => dark / 12.92,
            light => ((light + 0.055) / 1.055).powf(2.4),
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    #[test]
    fn every_state_is_told_apart_at_every_size_without_its_colour() {
        for size in SIZES {
            let grey = |icon| -> Vec<f64> {
                let rgba = draw(icon, *size).rgba;
                let color =
                    |pixel: &[u8]| [0, 1, 2].map(|channel| f64::from(pixel[channel]) * f64::from(pixel[3]) / 255.0);
                rgba.chunks_exact(4).map(|pixel| luminance(color(pixel))).collect()
            };
            let is_drawn = |icon: &Icon| !matches!(icon, Icon::Percent { .. }) || digits::fit(*size);
            let states: Vec<_> = states().into_iter().filter(is_drawn).map(|icon| (icon, grey(icon))).collect();
            for (at, (one, first)) in states.iter().enumerate() {
                for (other, second) in &states[at + 1..] {
                    let apart = first.iter().zip(second).filter(|(a, b)| (*a - *b).abs() > 0.05).count();
                    let share = apart as f64 / f64::from(size * size);
                    assert!(share > 0.1, "{one:?} and {other:?} at {size} pixels differ in {share}");
                }
            }
        }
    }

    #[test]
    fn what_is_said_stands_out_from_its_ground() {
        #[track_caller]
        fn check(one: Rgb, other: Rgb) {
            let (one, other) = (luminance(one), luminance(other));
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            assert!(contrast >= 3.0, "the contrast is {contrast}");
        }
        for icon in states() {
            let [tile, iron, sign] = palette(icon);
            check(iron, tile);
            // The load is a ground itself.
            check(sign, if icon.is_load() { iron } else { tile });
        }
    }

    #[test]
    fn only_an_alert_is_red() {
        for (icon, size) in states().into_iter().flat_map(|icon| SIZES.iter().map(move |size| (icon, *size))) {
            let rgba = draw(icon, size).rgba;
            let red = rgba.chunks_exact(4).filter(|pixel| pixel[0] > 150 && pixel[1] < 60).count();
            let share = red as f64 / f64::from(size * size);
            assert!(if icon == Icon::Alert { share > 0.3 } else { share == 0.0 }, "{icon:?} at {size} pixels: {share}");
        }
    }

    #[test]
    fn the_icon_brings_its_own_ground() {
        for (icon, size) in states().into_iter().flat_map(|icon| SIZES.iter().map(move |size| (icon, *size))) {
            let rgba = draw(icon, size).rgba;
            let opacity = |x: u32, y: u32| rgba[((y * size + x) * 4 + 3) as usize];
            let (middle, last) = (size / 2, size - 1);
            for (x, y) in [(middle, 0), (0, middle), (last, middle), (middle, last), (middle, middle)] {
                assert_eq!(opacity(x, y), 255, "{icon:?} at {size} pixels: {x},{y}");
            }
            for (x, y) in [(0, 0), (last, 0), (0, last), (last, last)] {
                assert!(opacity(x, y) < 60, "{icon:?} at {size} pixels: {x},{y}");
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
                    .map(|pixel| match (pixel[0], pixel[1], pixel[2], pixel[3]) {
                        (.., 0..=40) => "  ",
                        (150.., ..=60, ..) => "rr",
                        (200.., 200.., ..) => "##",
                        (150.., ..) => "@@",
                        (..=60, _, 100.., _) => "==",
                        (70.., ..) => "++",
                        _ => "..",
                    })
                    .collect();
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tray/icon.golden.txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(golden, &text).unwrap();
            lay_out();
        }
        assert_eq!(
            text,
            std::fs::read_to_string(golden).unwrap_or_default(),
            "UPDATE_GOLDEN=1 takes the new look over, and lays all icons out in target/tray-icons.ppm"
        );
    }

    /// A sheet of all of them on panels of several colours, for who changes their look: `target/tray-icons.ppm`.
    fn lay_out() {
        let percents = [0, 12, 34, 56, 78, 90, 100].map(|percent| Icon::Percent { percent });
        let all: Vec<_> = states().into_iter().chain(percents).collect();
        let (row, gap) = (SIZES.iter().sum::<u32>() + 8 * SIZES.len() as u32, 72);
        let panels = [[240.0, 240.0, 240.0], [30.0, 30.0, 34.0], [120.0, 120.0, 120.0]];
        let (width, height) = (row * panels.len() as u32, gap * all.len() as u32);
        let mut sheet = vec![0; (width * height * 3) as usize];
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let at = ((y * width + x) * 3) as usize;
            sheet[at..at + 3].copy_from_slice(&panels[(x / row) as usize].map(|channel: f64| channel as u8));
        }
        for ((line, icon), (panel, ground)) in
            all.iter().enumerate().flat_map(|line| panels.iter().enumerate().map(move |panel| (line, panel)))
        {
            let mut left = panel as u32 * row + 4;
            for size in SIZES {
                let rgba = draw(*icon, *size).rgba;
                for (pixel, (y, x)) in
                    rgba.chunks_exact(4).zip((0..*size).flat_map(|y| (0..*size).map(move |x| (y, x))))
                {
                    let at = (((line as u32 * gap + 4 + y) * width + left + x) * 3) as usize;
                    let opacity = f64::from(pixel[3]) / 255.0;
                    for channel in 0..3 {
                        let mixed = f64::from(pixel[channel]) * opacity + ground[channel] * (1.0 - opacity);
                        sheet[at + channel] = mixed.round() as u8;
                    }
                }
                left += size + 8;
            }
        }
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tray-icons.ppm");
        let head = format!("P6 {width} {height} 255\n");
        std::fs::write(file, [head.as_bytes(), &sheet].concat()).unwrap();
    }
}
