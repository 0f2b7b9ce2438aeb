//! Tables of every revision with invented values, and damaged ones.

use proptest::prelude::*;

use super::*;

/// A table in which only the given fields are filled: where, how many bytes, what.
fn table(format: u8, content: u8, size: u16, fields: &[(usize, usize, u64)]) -> Vec<u8> {
    let mut table = vec![0xff; usize::from(size)];
    let [low, high] = size.to_le_bytes();
    table[..4].copy_from_slice(&[low, high, format, content]);
    for (at, len, value) in fields {
        table[*at..at + len].copy_from_slice(&value.to_le_bytes()[..*len]);
    }
    table
}

#[track_caller]
fn check(table: &[u8], chip: Option<u16>, expected: &[(Metric, f64)]) {
    assert_eq!(read(table, chip).values, expected);
}

/// The fields of 1.1 to 1.3 that are taken.
const CARD_FIELDS: &[(usize, usize, u64)] = &[
    (4, 2, 51),
    (6, 2, 63),
    (8, 2, 58),
    (16, 2, 87),
    (18, 2, 40),
    (22, 2, 201),
    (24, 8, 5_000_000),
    (40, 2, 2300),
    (54, 2, 2400),
    (58, 2, 1000),
    (68, 4, 0),
    (72, 2, 1200),
    (74, 2, 16),
    (76, 2, 160),
];

const CARD_VALUES: &[(Metric, f64)] = &[
    (Metric::GpuUtilization, 87.0),
    (Metric::GpuMemoryUtilization, 40.0),
    (Metric::GpuTemperature, 51.0),
    (Metric::GpuHotspot, 63.0),
    (Metric::GpuMemoryTemperature, 58.0),
    (Metric::GpuPower, 201.0),
    (Metric::GpuEnergy, 5000.0),
    (Metric::GpuFanSpeed, 1200.0),
    (Metric::GpuClock, 2400e6),
    (Metric::GpuMemoryClock, 1000e6),
    (Metric::GpuThrottle, 0.0),
    (Metric::GpuPcieGeneration, 4.0),
    (Metric::GpuPcieWidth, 16.0),
];

#[test]
fn cards() {
    let navi = Some(0x73bf);
    check(&table(1, 1, 96, CARD_FIELDS), navi, CARD_VALUES);
    check(&table(1, 2, 104, CARD_FIELDS), navi, CARD_VALUES);
    check(&table(1, 3, 120, CARD_FIELDS), navi, CARD_VALUES);
    let first = table(
        1,
        0,
        80,
        &[
            (16, 2, 51),
            (18, 2, 63),
            (20, 2, 58),
            (28, 2, 87),
            (30, 2, 40),
            (34, 2, 201),
            (36, 4, 5_000_000),
            (54, 2, 2400),
            (58, 2, 1000),
            (68, 4, 0),
            (72, 2, 1200),
            (74, 1, 16),
            (75, 1, 160),
        ],
    );
    check(&first, navi, CARD_VALUES);
}

#[test]
fn accelerators() {
    #[track_caller]
    fn revision(
        content: u8,
        size: u16,
        energy: usize,
        throttle: Option<usize>,
        lanes: usize,
        clock: usize,
        memory: usize,
    ) {
        let mut fields = vec![
            (4, 2, 71),
            (6, 2, 49),
            (10, 2, 640),
            (12, 2, 99),
            (14, 2, 30),
            (energy, 8, 131_072),
            (lanes, 2, 16),
            (lanes + 2, 2, 320),
            (clock, 2, 2100),
            (memory, 2, 1300),
        ];
        fields.extend(throttle.map(|at| (at, 4, 8)));
        let mut expected = vec![
            (Metric::GpuUtilization, 99.0),
            (Metric::GpuMemoryUtilization, 30.0),
            (Metric::GpuHotspot, 71.0),
            (Metric::GpuMemoryTemperature, 49.0),
            (Metric::GpuPower, 640.0),
            (Metric::GpuEnergy, 2.0),
            (Metric::GpuClock, 2100e6),
            (Metric::GpuMemoryClock, 1300e6),
            (Metric::GpuPcieGeneration, 5.0),
            (Metric::GpuPcieWidth, 16.0),
        ];
        if throttle.is_some() {
            expected.insert(8, (Metric::GpuThrottle, throttle::OTHER as f64));
        }
        check(&table(1, content, size, &fields), Some(0x74a1), &expected);
    }
    revision(4, 288, 24, Some(40), 48, 240, 280);
    revision(5, 360, 88, Some(104), 112, 312, 352);
    revision(6, 1000, 16, None, 60, 264, 304);
    revision(7, 1000, 24, None, 68, 296, 336);
    revision(8, 1000, 24, None, 68, 296, 336);
}

#[test]
fn apus() {
    let expected = [
        (Metric::GpuTemperature, 47.25),
        (Metric::GpuClock, 800e6),
        (Metric::GpuMemoryClock, 1600e6),
        (Metric::GpuThrottle, 0.0),
    ];
    let later = [(4, 2, 4725), (28, 2, 79), (40, 2, 3401), (64, 2, 800), (68, 2, 1600), (108, 4, 0)];
    check(&table(2, 1, 120, &later), None, &expected);
    check(&table(2, 2, 128, &later), None, &expected);
    check(&table(2, 3, 152, &later), None, &expected);
    check(&table(2, 4, 168, &later), None, &expected);
    let first = [(16, 2, 4725), (80, 2, 800), (84, 2, 1600), (68, 2, 700), (112, 4, 0)];
    check(&table(2, 0, 120, &first), None, &expected);
    let third = [(4, 2, 4725), (42, 2, 3), (112, 4, 15_500), (174, 2, 800), (186, 2, 1600)];
    let expected = [
        (Metric::GpuUtilization, 3.0),
        (Metric::GpuTemperature, 47.25),
        (Metric::GpuPower, 15.5),
        (Metric::GpuClock, 800e6),
        (Metric::GpuMemoryClock, 1600e6),
    ];
    check(&table(3, 0, 264, &third), None, &expected);
}

#[test]
fn the_unit_of_energy_depends_on_the_chip() {
    #[track_caller]
    fn check(chip: Option<u16>, count: u64, expected: Option<f64>) {
        let found = read(&table(1, 3, 120, &[(24, 8, count)]), chip).values;
        assert_eq!(found, expected.map(|joules| (Metric::GpuEnergy, joules)).into_iter().collect::<Vec<_>>());
    }
    check(Some(0x73bf), 2_500, Some(2.5));
    check(Some(0x7408), 131_072, Some(2.0));
    check(Some(0x738c), 131_072, Some(2.0));
    check(Some(0x744c), 2_500, None);
    check(None, 2_500, None);
    check(Some(0x73bf), 0, None);
}

#[test]
fn reasons_of_throttling_are_the_same_for_all() {
    #[track_caller]
    fn check(own: u64, common: u64, expected: Option<u64>) {
        let found = read(&table(1, 3, 120, &[(40, 2, 1500), (68, 4, own), (112, 8, common)]), None).values;
        let found = found.iter().find(|(metric, _)| *metric == Metric::GpuThrottle).map(|(_, bits)| *bits as u64);
        assert_eq!(found, expected);
    }
    check(0, 0, Some(0));
    check(7, 1 << 2, Some(throttle::POWER));
    check(7, 1 << 16, Some(throttle::CURRENT));
    check(7, 1 << 36, Some(throttle::HEAT));
    check(7, 1 << 45, Some(throttle::HEAT));
    check(7, 1 << 47, Some(throttle::SIGNAL));
    check(7, 1 << 57, Some(throttle::OTHER));
    check(7, 1 << 63 | 1 << 36 | 1, Some(throttle::POWER | throttle::HEAT | throttle::OTHER));
    check(7, u64::MAX, Some(throttle::OTHER));
    check(0xffff_ffff, u64::MAX, None);
    let off = table(1, 3, 120, &[(40, 2, 0), (68, 4, 2), (112, 8, 1 << 36)]);
    assert_eq!(read(&off, None).values, [(Metric::GpuClock, 0.0)], "an engine that is switched off is not slowed down");
}

#[test]
fn what_no_chip_has_is_absent() {
    let absurd = [(4, 2, 200), (6, 2, 0), (8, 2, 127), (16, 2, 655), (22, 2, 6000), (54, 2, 50_000), (72, 2, 40_000)];
    check(&table(1, 3, 120, &absurd), Some(0x73bf), &[]);
    check(&table(1, 3, 120, &[(74, 2, 3), (76, 2, 161)]), None, &[]);
}

#[test]
fn damaged_and_unknown_tables_give_nothing() {
    let whole = table(1, 3, 120, CARD_FIELDS);
    let mut page = whole.clone();
    page.resize(4096, 0);
    check(&page, Some(0x73bf), CARD_VALUES);
    (0..whole.len()).for_each(|len| check(&whole[..len], Some(0x73bf), &[]));
    for (format, content) in [(0, 0), (1, 9), (1, 255), (2, 5), (3, 1), (4, 0), (255, 255)] {
        check(&table(format, content, 400, CARD_FIELDS), Some(0x73bf), &[]);
    }
    // A table that says that it is short has no fields behind its end.
    let mut short = whole;
    short[0] = 10;
    check(&short, Some(0x73bf), &CARD_VALUES[2..5]);
}

proptest! {
    #[test]
    fn no_bytes_give_a_value_that_no_chip_has(
        format in 0_u8..5, content in 0_u8..12, chip: Option<u16>, size: u16,
        body in proptest::collection::vec(prop_oneof![Just(0_u8), Just(0xff), any::<u8>()], 0..500),
    ) {
        let [low, high] = size.to_le_bytes();
        let honest = (body.len() + 4) as u16;
        for [low, high] in [[low, high], honest.to_le_bytes()] {
            let file = [&[low, high, format, content], body.as_slice()].concat();
            for (metric, value) in read(&file, chip).values {
                let most = match metric {
                    Metric::GpuUtilization | Metric::GpuMemoryUtilization => 100.0,
                    Metric::GpuTemperature | Metric::GpuHotspot | Metric::GpuMemoryTemperature => 126.0,
                    Metric::GpuPower => MOST_WATTS as f64,
                    Metric::GpuFanSpeed => MOST_RPM as f64,
                    Metric::GpuPcieGeneration => 6.0,
                    Metric::GpuPcieWidth => 32.0,
                    Metric::GpuThrottle => 31.0,
                    Metric::GpuClock | Metric::GpuMemoryClock => 20e9,
                    _ => f64::MAX,
                };
                prop_assert!((0.0..=most).contains(&value), "{metric:?} {value}");
            }
        }
    }

    #[test]
    fn random_bytes_do_no_harm(file: Vec<u8>, chip: Option<u16>) {
        prop_assert!(read(&file, chip).values.iter().all(|(_, value)| value.is_finite()));
    }
}

#[test]
fn what_no_card_has_is_odd_and_what_is_not_there_is_not() {
    let odd = |fields: &[(usize, usize, u64)]| read(&table(1, 3, 120, fields), None).odd;
    assert_eq!(odd(&[(16, 2, 655), (4, 2, 400)]), [Metric::GpuUtilization, Metric::GpuTemperature]);
    assert_eq!(odd(&[(54, 2, 30_000), (16, 2, 7), (8, 2, 0)]), [Metric::GpuClock]);
    assert_eq!(odd(&[]), []);
    let damaged = |file: &[u8]| read(file, None).damaged;
    assert!(damaged(b"garbage") && damaged(b"") && damaged(&table(0, 3, 120, &[])) && damaged(&table(77, 1, 120, &[])));
    assert!(!damaged(&table(1, 3, 120, &[])) && !damaged(&table(1, 9, 120, &[])) && !damaged(&table(4, 0, 120, &[])));
}

#[test]
fn a_fan_that_hardly_turns_stands_still() {
    let fan = |rpm| read(&table(1, 3, 120, &[(72, 2, rpm)]), None).values;
    assert_eq!((fan(5), fan(595)), (vec![(Metric::GpuFanSpeed, 0.0)], vec![(Metric::GpuFanSpeed, 595.0)]));
}
