//! A small chart beside a notification: the last ten minutes of what fired, with the limit as a line.
//!
//! Without words, because the title has the number. It is read from the history, on a thread of its own and only for a
//! moment: a notification never waits for its picture. Deliberately not here: which servers show pictures.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use hoofbeat_core::api::Face;
use hoofbeat_core::engine::{Notice, NoticePhase};
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::answer::HistoryQuery;
use plotters::backend::BitMapBackend;
use plotters::drawing::{DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{PathElement, Polygon};
use plotters::style::{Color, RGBColor};

pub const WIDTH: u32 = 240;
pub const HEIGHT: u32 = 80;
/// Red, green, blue.
pub const CHANNELS: u32 = 3;

/// How far back it shows.
const SPAN: i64 = 600;
/// The longest that a notification is held up for it.
const LIMIT: Duration = Duration::from_millis(40);
/// Readings that are further apart are not joined.
const GAP: i64 = 15;
/// What is free above and below, in pixels.
const MARGIN: f64 = 6.0;

const GROUND: RGBColor = RGBColor(22, 29, 43);
const AREA: RGBColor = RGBColor(24, 96, 176);
const LINE: RGBColor = RGBColor(250, 252, 255);
const BOUND: RGBColor = RGBColor(247, 165, 66);

/// The pixels of a chart, row by row.
pub type Pixels = Vec<u8>;

/// The chart of an alert that fires; `None` where it is not about a metric, or cannot be had within a moment.
pub fn of(notice: &Notice, folder: &Path, now: i64) -> Option<Pixels> {
    let metric = notice.rule.metric().filter(|_| !matches!(notice.phase, NoticePhase::Cleared { .. }))?;
    let (source, limit) = (notice.source.id.clone(), notice.rule.fire.limit);
    // What decided is in the history only when its tick is complete.
    let newest = notice.value.filter(|_| notice.rule.window.is_none() && notice.phase == NoticePhase::Fired);
    let folder = folder.to_path_buf();
    let (sender, receiver) = sync_channel(1);
    let run = move || {
        let mut points = read(&folder, metric, source, now);
        points.extend(newest.map(|value| (now, value)));
        // Nobody may wait any more.
        drop(sender.send(draw(&points, limit, now)));
    };
    std::thread::Builder::new().name("chart".into()).spawn(run).ok()?;
    receiver.recv_timeout(LIMIT).ok().flatten()
}

/// What is recorded: Unix seconds and values, oldest first.
fn read(folder: &Path, metric: Metric, source: String, now: i64) -> Vec<(i64, f64)> {
    let points = WIDTH as usize;
    let query = HistoryQuery { metric, source: Some(source), since: now - SPAN, until: now, points };
    match Face::open(folder).and_then(|face| face.history(&query)) {
        Ok(history) => {
            history.series.into_iter().flat_map(|one| one.points).map(|(ts, _, mean, _)| (ts, mean)).collect()
        }
        Err(error) => {
            log::debug!("a notification has no chart: {error}");
            Vec::new()
        }
    }
}

/// Draws it; nothing of fewer than two points.
fn draw(points: &[(i64, f64)], limit: f64, now: i64) -> Option<Pixels> {
    if points.len() < 2 || !limit.is_finite() || points.iter().any(|(_, value)| !value.is_finite()) {
        return None;
    }
    let mut pixels = vec![0; (WIDTH * HEIGHT * CHANNELS) as usize];
    let drawn = paint(&mut pixels, points, limit, now);
    drawn.inspect_err(|error| log::debug!("a notification has no chart: {error}")).ok()?;
    Some(pixels)
}

type Problem = DrawingAreaErrorKind<<BitMapBackend<'static> as plotters::backend::DrawingBackend>::ErrorType>;

fn paint(pixels: &mut [u8], points: &[(i64, f64)], limit: f64, now: i64) -> Result<(), Problem> {
    let values = || points.iter().map(|(_, value)| *value).chain([limit]);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let height = f64::from(HEIGHT) - 2.0 * MARGIN;
    // What never changed lies in the middle.
    let share = |value: f64| if high > low { (value - low) / (high - low) } else { 0.5 };
    let row = |value: f64| (MARGIN + (1.0 - share(value)) * height).round() as i32;
    let column = |ts: i64| ((ts - (now - SPAN)) * i64::from(WIDTH - 1) / SPAN).clamp(0, i64::from(WIDTH - 1)) as i32;

    let area = BitMapBackend::with_buffer(pixels, (WIDTH, HEIGHT)).into_drawing_area();
    area.fill(&GROUND)?;
    let stretches = points.chunk_by(|one, next| next.0 - one.0 <= GAP);
    let stretches: Vec<Vec<(i32, i32)>> =
        stretches.map(|part| part.iter().map(|(ts, value)| (column(*ts), row(*value))).collect()).collect();
    for line in &stretches {
        let (Some(first), Some(last)) = (line.first(), line.last()) else { continue };
        let floor = HEIGHT as i32 - 1;
        let mut under = line.clone();
        under.extend([(last.0, floor), (first.0, floor)]);
        area.draw(&Polygon::new(under, AREA.filled()))?;
    }
    let bound = vec![(0, row(limit)), (WIDTH as i32 - 1, row(limit))];
    area.draw(&PathElement::new(bound, BOUND.stroke_width(2)))?;
    for line in stretches {
        area.draw(&PathElement::new(line, LINE.stroke_width(2)))?;
    }
    area.present()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel(pixels: &[u8], x: u32, y: u32) -> RGBColor {
        let at = ((y * WIDTH + x) * CHANNELS) as usize;
        RGBColor(pixels[at], pixels[at + 1], pixels[at + 2])
    }

    #[test]
    fn a_chart_has_the_limit_as_a_line_and_leaves_gaps() {
        // Ten minutes from 50 to 100, without the middle; the limit is 75.
        let points: Vec<(i64, f64)> =
            (0..600).filter(|at| !(200..400).contains(at)).map(|at| (at, 50.0 + at as f64 / 12.0)).collect();
        let pixels = draw(&points, 75.0, 600).unwrap();
        assert!(pixels.len() < 100 * 1024);
        assert_eq!(pixel(&pixels, 120, 40), BOUND, "the limit goes through");
        assert_eq!(pixel(&pixels, 120, 70), GROUND, "nothing was read then");
        assert_eq!(pixel(&pixels, 70, 74), AREA);
        assert_eq!(pixel(&pixels, 10, 20), GROUND);
        assert_eq!(pixel(&pixels, 230, 60), AREA);
    }

    #[test]
    fn what_makes_no_chart_makes_none() {
        assert_eq!(draw(&[], 1.0, 600), None);
        assert_eq!(draw(&[(599, 1.0)], 1.0, 600), None);
        assert_eq!(draw(&[(598, 1.0), (599, f64::NAN)], 1.0, 600), None);
        assert!(draw(&[(598, 1.0), (599, 1.0)], 1.0, 600).is_some(), "what never changed");
        // A clock that was set, and values as large as they may be.
        assert!(draw(&[(-9_000_000_000, -1e300), (9_000_000_000, 1e300)], 0.0, 600).is_some());
    }
}
