//! Draws the icon: the horseshoe of the app's icon on a dark tile that fills with grey the busier the machine is.
//!
//! A panel's colour cannot be known (GNOME's is dark in light mode), so the icon brings its own ground along: everything
//! stands on a tile. Shape tells the states apart; the one that has a colour is an alert. Plotters' bitmaps know no transparency: each
//! colour channel of a large drawing stands for one ink, and shrinking it gives smooth edges with the right
//! transparency. Deliberately not here: when which state is shown.

mod digits;

use plotters::backend::BitMapBackend;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, Polygon, Rectangle};
use plotters::style::{Color, RGBColor};

/// The sizes that most panels ask for, in pixels. One of 32 at double scale enlarges the last: a panel that hears of any
/// change fetches all sizes anew, and with one more, of 64, that would cost nearly twice as much (`hoofbeat-bench tick`).
pub const SIZES: &[u32] = &[16, 22, 24, 32, 48];

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
    /// All GPUs sleep: a dim horseshoe with a moon.
    Asleep,
    /// A GPU is near the point at which it slows itself down: a thermometer.
    Hot,
    /// A person paused the recording: a pale horseshoe with two bars.
    Paused,
    /// A rule fires: an exclamation mark, on red, the only colour that there is.
    Alert,
    /// The recording itself has trouble: a broken horseshoe with a cross.
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

const DARK: Rgb = [36.0, 38.0, 42.0];
const WHITE: Rgb = [252.0, 252.0, 252.0];
const PALE: Rgb = [158.0, 160.0, 164.0];
const GREY: Rgb = [122.0, 124.0, 128.0];
const RED: Rgb = [200.0, 32.0, 28.0];
const PINK: Rgb = [255.0, 178.0, 170.0];

/// How the inks of the large drawing are painted, in the order of the channels: what stands on the tile covers it.
const TILE: RGBColor = RGBColor(255, 0, 0);
const IRON: RGBColor = RGBColor(0, 255, 0);
const SIGN: RGBColor = RGBColor(0, 0, 255);

/// The colours of tile, iron and sign: greys, so that the one colour of a panel means that somebody is wanted.
fn palette(icon: Icon) -> [Rgb; 3] {
    match icon {
        Icon::Recording { .. } | Icon::Percent { .. } => [DARK, WHITE, GREY],
        Icon::Asleep => [DARK, GREY, WHITE],
        Icon::Hot | Icon::Paused | Icon::Trouble => [DARK, PALE, WHITE],
        Icon::Alert => [RED, PINK, WHITE],
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
        // A sign of five pixels within a horseshoe is a stain: on small tiles it stands alone and large. The cross breaks
        // the horseshoe, which is what it says.
        if icon.is_load() || icon == Icon::Trouble || !self.is_small() {
            self.line(&self.horseshoe(), self.iron() / 2.0, IRON);
        }
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

    /// Whether there is room for a horseshoe or for a sign, and not for both.
    fn is_small(&self) -> bool {
        self.size < 28.0
    }

    /// A crescent: a disc, and the tile over a part of it.
    fn moon(&self) {
        let (radius, x, y) = if self.is_small() { (0.37, 0.48, 0.52) } else { (0.215, 0.51, 0.57) };
        let (radius, middle) = (self.size * radius, (self.size * x, self.size * y));
        self.dot(middle, radius, SIGN);
        self.dot((middle.0 + radius * 0.56, middle.1 - radius * 0.42), radius * 0.82, TILE);
    }

    fn thermometer(&self) {
        let share = |part: f64| self.size * part;
        let (x, top, bottom, half, bulb) =
            if self.is_small() { (0.4375, 0.2, 0.69, 0.115, 0.22) } else { (0.5, 0.33, 0.72, 0.065, 0.14) };
        self.line(&[(share(x), share(top)), (share(x), share(bottom))], share(half), SIGN);
        self.dot((share(x), share(bottom)), share(bulb), SIGN);
        if self.is_small() {
            // The marks of its scale, without which it is a drop.
            for row in [0.125, 0.3125] {
                let [left, top, width, height] = [0.625, row, 0.1875, 0.0625].map(|part| share(part).round());
                self.rectangle((left, top, width, height), SIGN);
            }
        }
    }

    fn bars(&self) {
        let share = |part: f64| (self.size * part).round();
        let (bar, half_gap, top, height) = match self.is_small() {
            true => (share(0.1875), share(0.0625), share(0.1875), share(0.625)),
            false => (share(0.125), share(0.05), share(0.4), share(0.42)),
        };
        self.rectangle((self.size / 2.0 - half_gap - bar, top, bar, height), SIGN);
        self.rectangle((self.size / 2.0 + half_gap, top, bar, height), SIGN);
    }

    fn exclamation(&self) {
        let whole = |parts: f64| (self.size / parts).round();
        let (bar, top, rest) = match self.is_small() {
            true => (2.0 * whole(8.0), whole(8.0), whole(8.0)),
            false => (2.0 * whole(14.0), whole(3.0), self.seam()),
        };
        let (dot, gap) = if self.is_small() { ((bar * 0.7).round(), whole(13.0)) } else { (bar, self.seam()) };
        let (x, bottom) = ((self.size - bar) / 2.0, self.size - rest);
        self.rectangle((x, top, bar, bottom - dot - gap - top), SIGN);
        self.rectangle((x, bottom - dot, bar, dot), SIGN);
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
mod tests;
