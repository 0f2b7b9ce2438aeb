//! Values over time: a number, steps, lines, a wave, or what follows another quantity. A curve has a value at each time and
//! keeps nothing, so that the clock may jump.

use serde::Deserialize;

use crate::scenario::device::Quantity;

/// A value over time.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a curve is a number, [[time, value], …], or a table with a kind: steps, line, wave, follow, lag"
)]
pub enum Curve {
    Constant(f64),
    Steps(Vec<(f64, f64)>),
    Shaped(Shape),
}

/// The curves that have a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Shape {
    /// Each value holds until the next one; `every` repeats the whole after so many seconds.
    Steps { at: Vec<(f64, f64)>, every: Option<f64> },
    /// Straight between the points.
    Line { at: Vec<(f64, f64)>, every: Option<f64> },
    /// A sine.
    Wave { mean: f64, amplitude: f64, period: f64 },
    /// `idle` where the other quantity is 0, `max` where it is 100.
    Follow { of: Quantity, idle: f64, max: f64 },
    /// Another quantity, as slowly as heat: `base` and `gain` times its exponential mean over `tau` seconds.
    Lag {
        of: Quantity,
        tau: f64,
        #[serde(default)]
        base: f64,
        #[serde(default = "one")]
        gain: f64,
    },
}

impl Default for Curve {
    fn default() -> Curve {
        Curve::Constant(0.0)
    }
}

fn one() -> f64 {
    1.0
}

/// Into so many pieces a lag's past is cut; it reaches back six times tau, where less than 0.3 % is left.
const LAG_PIECES: u32 = 60;
const LAG_REACH: f64 = 6.0;

impl Curve {
    /// The quantity that this curve is made from.
    pub fn follows(&self) -> Option<Quantity> {
        match self {
            Curve::Shaped(Shape::Follow { of, .. } | Shape::Lag { of, .. }) => Some(*of),
            _ => None,
        }
    }

    /// The value at a time; `other` gives those of other quantities.
    pub fn value(&self, at: f64, other: &dyn Fn(Quantity, f64) -> f64) -> f64 {
        match self {
            Curve::Constant(value) => *value,
            Curve::Steps(points) => step(points, at),
            Curve::Shaped(Shape::Steps { at: points, every }) => step(points, repeated(at, *every)),
            Curve::Shaped(Shape::Line { at: points, every }) => line(points, repeated(at, *every)),
            Curve::Shaped(Shape::Wave { mean, amplitude, period }) => {
                mean + amplitude * (at / period * std::f64::consts::TAU).sin()
            }
            Curve::Shaped(Shape::Follow { of, idle, max }) => idle + (max - idle) * other(*of, at) / 100.0,
            Curve::Shaped(Shape::Lag { of, tau, base, gain }) => {
                let piece = tau * LAG_REACH / f64::from(LAG_PIECES);
                let (mut sum, mut weights) = (0.0, 0.0);
                for index in 0..LAG_PIECES {
                    let back = (f64::from(index) + 0.5) * piece;
                    let weight = (-back / tau).exp();
                    sum += weight * other(*of, (at - back).max(0.0));
                    weights += weight;
                }
                base + gain * sum / weights
            }
        }
    }
}

fn repeated(at: f64, every: Option<f64>) -> f64 {
    every.filter(|every| *every > 0.0).map_or(at, |every| at.rem_euclid(every))
}

/// The last point's value; before the first one its value.
fn step(points: &[(f64, f64)], at: f64) -> f64 {
    let passed = points.iter().rev().find(|(time, _)| *time <= at);
    passed.or(points.first()).map_or(0.0, |(_, value)| *value)
}

fn line(points: &[(f64, f64)], at: f64) -> f64 {
    let next = points.iter().position(|(time, _)| *time > at);
    match next {
        None => points.last().map_or(0.0, |(_, value)| *value),
        Some(0) => points[0].1,
        Some(next) => {
            let ((from, low), (to, high)) = (points[next - 1], points[next]);
            low + (high - low) * (at - from) / (to - from)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(toml: &str, time: f64) -> f64 {
        let table: toml::Table = format!("curve = {toml}").parse().unwrap();
        let curve: Curve = table["curve"].clone().try_into().unwrap();
        curve.value(time, &|_, at| if at >= 10.0 { 100.0 } else { 0.0 })
    }

    #[test]
    fn each_shape_has_its_value() {
        for (toml, time, expected) in [
            ("7", 3.0, 7.0),
            ("[[0, 1], [10, 2.5]]", 9.9, 1.0),
            ("[[0, 1], [10, 2.5]]", 10.0, 2.5),
            ("[[5, 1]]", 0.0, 1.0),
            ("{ kind = 'steps', at = [[0, 1], [5, 2]], every = 10 }", 26.0, 2.0),
            ("{ kind = 'line', at = [[0, 0], [10, 50]] }", 4.0, 20.0),
            ("{ kind = 'line', at = [[0, 0], [10, 50]] }", 99.0, 50.0),
            ("{ kind = 'wave', mean = 5, amplitude = 2, period = 4 }", 1.0, 7.0),
            ("{ kind = 'follow', of = 'util', idle = 20, max = 400 }", 10.0, 400.0),
            ("{ kind = 'follow', of = 'util', idle = 20, max = 400 }", 9.0, 20.0),
        ] {
            assert_eq!(at(toml, time), expected, "{toml} at {time}");
        }
    }

    #[test]
    fn a_lag_comes_slowly_and_arrives() {
        let lag = "{ kind = 'lag', of = 'util', tau = 20, base = 30, gain = 0.5 }";
        assert_eq!(at(lag, 5.0), 30.0);
        let soon = at(lag, 30.0);
        assert!((30.0 + 50.0 * 0.6..30.0 + 50.0 * 0.67).contains(&soon), "{soon}");
        assert!((79.0..=80.0).contains(&at(lag, 200.0)));
    }
}
