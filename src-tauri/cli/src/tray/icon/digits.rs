//! The percent in the tray's icon: digits of three by five blocks, drawn by hand, which stand on whole pixels at every size.
//!
//! Corners that stand out are cut, so that they read as strokes and not as bricks. Deliberately not here: a font file, and
//! text, which icons have none of.

use super::{IRON, Pen, Point};

/// The rows of each digit, a bit a block, the left one first.
const DIGITS: [[u8; ROWS]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b001, 0b001, 0b001],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];
/// The one of "100": three digits fit only if it takes a single column.
const SLIM: [u8; ROWS] = [0b1; ROWS];
const ROWS: usize = 5;
/// How much of a corner that stands out is cut, in parts of a block.
const CUT: f64 = 0.3;

/// Whether digits can be read at this size: two pixels a stroke are the least.
pub fn fit(size: u32) -> bool {
    block(f64::from(size)) >= 2.0
}

/// The side of a block, in whole pixels: "100" is nine of them wide, with the gaps between its digits.
fn block(size: f64) -> f64 {
    (size / 10.6).floor()
}

/// Draws a percent into the middle.
pub fn draw(pen: &Pen<'_>, percent: u8) {
    let block = block(pen.size);
    let (tens, ones) = (&DIGITS[usize::from(percent / 10 % 10)], &DIGITS[usize::from(percent % 10)]);
    let digits: Vec<(&[u8; ROWS], usize)> = match percent {
        100.. => vec![(&SLIM, 1), (&DIGITS[0], 3), (&DIGITS[0], 3)],
        10.. => vec![(tens, 3), (ones, 3)],
        _ => vec![(ones, 3)],
    };
    let columns = digits.iter().map(|(_, width)| width + 1).sum::<usize>() - 1;
    let mut left = ((pen.size - columns as f64 * block) / 2.0).round();
    let top = ((pen.size - ROWS as f64 * block) / 2.0).round();
    for (rows, width) in digits {
        digit(pen, rows, width, (left, top), block);
        left += (width + 1) as f64 * block;
    }
}

fn digit(pen: &Pen<'_>, rows: &[u8; ROWS], width: usize, (left, top): Point, block: f64) {
    let width = width as isize;
    let is_set = |row: isize, column: isize| {
        let row = usize::try_from(row).ok().and_then(|row| rows.get(row));
        (0..width).contains(&column) && row.is_some_and(|row| row >> (width - 1 - column) & 1 == 1)
    };
    let all = (0..ROWS as isize).flat_map(|row| (0..width).map(move |column| (row, column)));
    for (row, column) in all.filter(|(row, column)| is_set(*row, *column)) {
        let middle = (left + (column as f64 + 0.5) * block, top + (row as f64 + 0.5) * block);
        // Around the block, clockwise from its upper left corner; a corner that is cut has two points.
        let corners = [(-1_i8, -1_i8), (1, -1), (1, 1), (-1, 1)].into_iter().flat_map(|(x, y)| {
            let stands_out = !is_set(row, column + isize::from(x)) && !is_set(row + isize::from(y), column);
            let cut = if stands_out { block * CUT } else { 0.0 };
            // A column of the drawing that is an edge belongs to what is filled.
            let edge = if x > 0 { 1.0 / pen.scale() } else { 0.0 };
            let (x, y) = (f64::from(x), f64::from(y));
            let at = |along: f64, across: f64| {
                (middle.0 + x * (block / 2.0 - along) - edge, middle.1 + y * (block / 2.0 - across))
            };
            if x == y { [at(0.0, cut), at(cut, 0.0)] } else { [at(cut, 0.0), at(0.0, cut)] }
        });
        pen.polygon(&corners.collect::<Vec<_>>(), IRON);
    }
}
