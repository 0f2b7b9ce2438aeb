//! How the icons look: told apart, legible, and without colour where nothing alarms.

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
            let color = |pixel: &[u8]| [0, 1, 2].map(|channel| f64::from(pixel[channel]) * f64::from(pixel[3]) / 255.0);
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

/// A panel is full of icons: whoever looks at one that is grey is not wanted.
#[test]
fn only_an_alert_has_a_colour() {
    for (icon, size) in states().into_iter().flat_map(|icon| SIZES.iter().map(move |size| (icon, *size))) {
        let rgba = draw(icon, size).rgba;
        let is_coloured = |pixel: &&[u8]| {
            let [low, high] = [pixel[..3].iter().min(), pixel[..3].iter().max()].map(|one| i16::from(*one.unwrap()));
            pixel[3] > 0 && high - low > 8
        };
        let coloured = rgba.chunks_exact(4).filter(is_coloured).count();
        let share = coloured as f64 / f64::from(size * size);
        let is_right = if icon == Icon::Alert { share > 0.5 } else { coloured == 0 };
        assert!(is_right, "{icon:?} at {size} pixels: {share} of it is coloured");
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
            for (pixel, (y, x)) in rgba.chunks_exact(4).zip((0..*size).flat_map(|y| (0..*size).map(move |x| (y, x)))) {
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
