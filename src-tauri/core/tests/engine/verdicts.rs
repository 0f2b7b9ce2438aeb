//! The faces in the recorder's own process and those that read the database say the same of a GPU.

use hoofbeat_core::model::GpuUse;
use hoofbeat_core::why::{State, Verdict, judge};

use super::*;

/// What the GPU does now, by its place in [`STAGES`].
static STAGE: AtomicU64 = AtomicU64::new(0);

/// Who uses it: name, user, share and GiB; and how busy it is. Nobody's GPU is one that was let go.
type Use = (&'static str, u32, Option<f64>, u64);

const STAGES: &[(State, f64, &[Use])] = &[
    (
        State::Several,
        95.0,
        &[("Blender", 1000, Some(40.0), 8), ("Blender", 1000, Some(20.0), 1), ("x", 7, Some(30.0), 2)],
    ),
    (State::One, 95.0, &[("Blender", 1000, Some(40.0), 8), ("Blender", 1001, Some(10.0), 8), ("x", 7, Some(5.0), 2)]),
    (State::Unattributed, 80.0, &[("Blender", 1000, Some(10.0), 8)]),
    (State::Unattributed, 80.0, &[("x", 7, None, 2), ("Blender", 1000, None, 8)]),
    (State::Display, 8.0, &[("Xorg", 0, Some(3.0), 0), ("GNOME Shell", 1000, Some(5.0), 0)]),
    // It only calls itself so: see its file below.
    (State::One, 8.0, &[("Xorg", 1001, Some(8.0), 0)]),
    (State::Idle, 0.0, &[]),
];

struct Played(Arc<Source>);

impl Sensor for Played {
    fn sample(&mut self, _clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let (_, busy, users) = STAGES[STAGE.load(Ordering::SeqCst) as usize];
        if users.is_empty() {
            batch.condition(&self.0, Health::Asleep, "idle, letting it sleep");
            return Ok(());
        }
        batch.put(&self.0, Metric::GpuUtilization, busy);
        batch.put(&self.0, Metric::GpuPower, 80.0);
        batch.put(&self.0, Metric::GpuTemperature, 61.0);
        for (at, (name, uid, share, gib)) in users.iter().enumerate() {
            batch.gpu_use(GpuUse {
                exe: (*uid == 1001 && *name == "Xorg").then(|| "/home/eve/Xorg".into()),
                command: None,
                source: self.0.clone(),
                pid: 100 + at as u32,
                started: Some(at as u64),
                key: (*name).into(),
                identity: (*name).into(),
                uid: Some(*uid),
                share: *share,
                vram: Some(gib << 30),
                busy: share.map(|share| share / 100.0),
                encoder: None,
                decoder: None,
            });
        }
        Ok(())
    }
}

/// Without what the database learns a little later.
fn settled(verdict: &Verdict) -> Verdict {
    let mut verdict = verdict.clone();
    verdict.culprits.iter_mut().for_each(|one| (one.since, one.energy) = (None, None));
    verdict
}

#[test]
fn what_is_judged_in_process_is_what_the_database_says() {
    static SENSORS: &[Registration] = &[
        Registration {
            name: "played",
            new: |_| Box::new(Played(Source::whole(SourceKind::Gpu, "gpu:1", "RTX"))),
            waits: false,
        },
        // Of a GPU that is let go nothing is written, and the newest moment is one in which something was.
        Registration { name: "cpu", new: |_| cpu(|| 42.0), waits: false },
    ];
    let recording = Recording::start("[sessions]\nfor = \"1s\"\n", SENSORS);
    let face = recording.face();
    for (stage, (state, _, users)) in STAGES.iter().enumerate() {
        STAGE.store(stage as u64, Ordering::SeqCst);
        let (own, told) = recording.hear(|said| {
            let Published::Status(snapshot) = said else { return None };
            let own = judge(snapshot.scenes().first()?);
            let has_come = own.state == *state && (stage != 1 || own.culprits.iter().all(|one| one.since.is_some()));
            if !has_come {
                return None;
            }
            let deadline = Instant::now() + LIMIT;
            let told = loop {
                let told = face.why(None).unwrap();
                if told.at >= snapshot.ts {
                    break told;
                }
                assert!(Instant::now() < deadline, "it was not written in time");
                std::thread::sleep(Duration::from_millis(5));
            };
            // The next tick may have come already.
            (told.at == snapshot.ts).then(|| (own, told.verdicts[0].clone()))
        });
        assert_eq!(settled(&own), settled(&told), "{users:?}");
        if stage == 1 {
            assert_eq!((own.culprits[0].since, own.culprits.len()), (told.culprits[0].since, 1));
        }
    }
    recording.stop();
}
