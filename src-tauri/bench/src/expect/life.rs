//! A quarter of a year of one machine, made of chance and habits; the same for the same seed.

use hoofbeat_core::alerts::expect::Used;

use crate::trace::Random;

pub const DAY: i64 = 86_400;
pub const DAYS: i64 = 91;

const HOUR: f64 = 3600.0;
const MINUTE: f64 = 60.0;

/// Users.
const PERSON: u32 = 1000;
const OTHER: u32 = 1001;
const SERVICE: u32 = 110;
const ROOT: u32 = 0;

/// Between the uses of the most and of the least usual tool, in days.
const OFTEN: f64 = 7.0;
const SELDOM: f64 = 180.0;

/// What was injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something that was never there.
    Stranger,
    /// Something known, when it never runs.
    OddHour,
    /// A stranger who takes less than what is looked at.
    Small,
}

/// One use of the GPU, from when until when.
#[derive(Clone, Debug)]
pub struct Stint {
    pub start: i64,
    pub end: i64,
    pub key: String,
    pub label: String,
    pub uid: u32,
    share: f64,
    mib: u64,
    /// Works so many seconds of each minute.
    duty: i64,
    /// Where it was injected.
    pub kind: Option<Kind>,
}

impl Stint {
    /// What is seen of it at a moment.
    pub fn used(&self, ts: i64) -> Used {
        let on = (ts - self.start) % 60 < self.duty;
        Used {
            gpu: "gpu:1".to_owned(),
            key: self.key.as_str().into(),
            label: self.label.as_str().into(),
            uid: Some(self.uid),
            files: Vec::new(),
            share: Some(if on { self.share } else { 0.0 }),
            vram: Some(self.mib << 20),
        }
    }
}

struct Life {
    /// Tools that are used now and then, or seldom.
    tools: u8,
    random: Random,
    stints: Vec<Stint>,
}

impl Life {
    /// From an hour of a day on, for so many minutes; both about.
    fn add(&mut self, day: i64, hour: f64, minutes: f64, key: &str, (uid, share, mib): (u32, f64, u64)) -> &mut Stint {
        let start = day * DAY + (hour * HOUR) as i64;
        let length = (minutes * MINUTE * (0.7 + 0.6 * self.random.uniform())).max(60.0) as i64;
        let label = key.split_once(':').map_or(key, |(_, name)| name).to_owned();
        let at = self.stints.len();
        self.stints.push(Stint {
            start,
            end: start + length,
            key: key.to_owned(),
            label,
            uid,
            share,
            mib,
            duty: 60,
            kind: None,
        });
        &mut self.stints[at]
    }

    /// About this hour, with this deviation in hours.
    fn about(&mut self, hour: f64, deviation: f64) -> f64 {
        (hour + self.random.normal() * deviation).clamp(0.0, 23.9)
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.random.uniform() * (high - low)
    }

    fn hexadecimal(&mut self, digits: usize) -> String {
        format!("{:016x}", self.random.next())[..digits].to_owned()
    }

    fn workday(&mut self, day: i64) {
        for _ in 0..4 {
            let (hour, minutes, name) = (self.between(9.0, 17.5), self.between(1.0, 9.0), self.hexadecimal(16));
            self.add(day, hour, minutes, &format!("program:nn-{name}"), (PERSON, 60.0, 900));
        }
        for _ in 0..5 {
            let (hour, minutes) = (self.between(8.8, 18.0), self.between(5.0, 12.0));
            self.add(day, hour, minutes, "docker:ollama-1", (ROOT, 70.0, 8000));
        }
        if self.random.chance(0.4) {
            let (hour, version) = (self.between(9.5, 16.0), day / 5);
            self.add(day, hour, 90.0, &format!("script:train_v{version}.py"), (PERSON, 95.0, 6000));
        }
        if self.random.chance(0.4) {
            let (hour, id) = (self.about(17.5, 0.6), self.hexadecimal(12));
            let label = format!("train.py in container {id}");
            self.add(day, hour, 300.0, &format!("docker:{id}"), (ROOT, 95.0, 9000)).label = label;
        }
    }

    fn evening(&mut self, day: i64) {
        if self.random.chance(0.6) {
            let (hour, minutes) = (self.about(19.8, 0.8), self.between(60.0, 180.0));
            self.add(day, hour, minutes, "steam:570", (PERSON, 90.0, 5000));
        }
        if [1, 3, 5].contains(&(day % 7)) && self.random.chance(0.8) {
            let (hour, version) = (self.about(20.0, 0.6), day / 30 + 2);
            let key = format!("appimage:Blender-4.{version}.{}", day % 3);
            self.add(day, hour, 100.0, &key, (PERSON, 80.0, 3000));
        }
        if self.random.chance(0.5) {
            let hour = self.about(20.8, 0.7);
            self.add(day, hour, 110.0, "unit:jellyfin.service", (SERVICE, 25.0, 600));
        }
        if day >= 45 && self.random.chance(0.5) {
            let hour = self.about(20.5, 0.9);
            self.add(day, hour, 100.0, "steam:1091500", (PERSON, 97.0, 7000));
        }
        // Now and then one plays on until long after midnight.
        if self.random.chance(0.05) {
            self.add(day, 22.0, 270.0, "steam:570", (PERSON, 90.0, 5000));
        }
    }

    fn present(&mut self, day: i64) {
        let (hour, minutes) = (self.about(8.3, 0.4), self.between(850.0, 900.0));
        self.add(day, hour, minutes, "program:gnome-shell", (PERSON, 3.0, 400));
        for start in [8.6, 12.5, 18.2] {
            let hour = self.about(start, 0.3);
            self.add(day, hour, 150.0, "app:org.mozilla.firefox", (PERSON, 6.0, 700));
        }
        match day % 7 {
            5 | 6 => {
                if self.random.chance(0.6) {
                    let hour = self.about(14.5, 1.3);
                    self.add(day, hour, 150.0, "steam:570", (PERSON, 90.0, 5000));
                }
            }
            _ if self.random.chance(0.06) => {
                // A day off.
                let hour = self.between(10.5, 15.0);
                self.add(day, hour, 160.0, "steam:570", (PERSON, 90.0, 5000));
            }
            _ => self.workday(day),
        }
        self.evening(day);
        for tool in 0..self.tools {
            let often = OFTEN * (SELDOM / OFTEN).powf(f64::from(tool) / f64::from(self.tools));
            if self.random.chance(1.0 / often) {
                let (hour, minutes) = (self.between(10.0, 22.0), self.between(1.0, 20.0));
                let name = char::from(b'a' + tool);
                self.add(day, hour, minutes, &format!("program:tool{name}"), (PERSON, 50.0, 500));
            }
        }
    }

    /// What the machine does by itself. One job moves to the day.
    fn by_itself(&mut self, day: i64) {
        let hour = if day < 50 { 2.0 } else { 13.0 };
        self.add(day, hour, 25.0, "unit:index.service", (ROOT, 40.0, 1500));
        if day % 7 == 6 {
            self.add(day, 4.0, 60.0, "unit:photos.service", (SERVICE, 70.0, 2500));
        }
    }

    fn inject(&mut self, kind: Kind, day: i64, hour: f64, key: &str, (uid, share, mib): (u32, f64, u64), duty: i64) {
        let stint = self.add(day, hour, 30.0, key, (uid, share, mib));
        (stint.kind, stint.duty) = (Some(kind), duty);
    }

    fn strangers(&mut self) {
        let miner = (PERSON, 99.0, 2200);
        for (at, day) in [16, 30, 44, 52, 66, 80].into_iter().enumerate() {
            let (name, hour) = (char::from(b'a' + at as u8), self.between(0.2, 23.0));
            self.inject(Kind::Stranger, day, hour, &format!("program:stranger{name}"), miner, 60);
        }
        self.inject(Kind::Stranger, 25, 3.0, "program:xmrig", miner, 60);
        // During the holidays; with little memory and many pauses; and in the shape of what is known, of another user.
        self.inject(Kind::Stranger, 58, 3.0, "docker:kthreadd", (ROOT, 99.0, 2200), 60);
        self.inject(Kind::Stranger, 71, 11.0, "program:pulse", (PERSON, 99.0, 100), 40);
        self.inject(Kind::Stranger, 74, 15.0, "appimage:Blender-4.4.1", (OTHER, 80.0, 3000), 60);
        self.inject(Kind::OddHour, 47, 6.2, "steam:570", (PERSON, 90.0, 5000), 60);
        self.inject(Kind::OddHour, 68, 3.5, "docker:ollama-1", (ROOT, 90.0, 8000), 60);
        self.inject(Kind::OddHour, 77, 5.0, "appimage:Blender-4.4.2", (PERSON, 80.0, 3000), 60);
        self.inject(Kind::Small, 40, 3.0, "program:small", (PERSON, 8.0, 200), 60);
    }
}

/// All uses of a quarter of a year, by their beginning; of a person who has so many tools for now and then.
pub fn life(seed: u64, tools: u8) -> Vec<Stint> {
    let random = Random::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut life = Life { tools, random, stints: Vec::new() };
    for day in 0..DAYS {
        life.by_itself(day);
        // Two weeks of holidays.
        if !(54..68).contains(&day) {
            life.present(day);
        }
    }
    for (day, name) in [(34, "newtool"), (72, "othertool")] {
        life.add(day, 15.0, 40.0, &format!("program:{name}"), (PERSON, 60.0, 2000));
    }
    life.strangers();
    life.stints.sort_by_key(|stint| stint.start);
    life.stints
}
