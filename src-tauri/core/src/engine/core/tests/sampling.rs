//! Sensors that answer, are late, fail or come back.

use super::*;

#[test]
fn a_tick_takes_what_the_sensors_answer_and_says_health_once() {
    let mut rig = Rig::new(&["cpu"]);
    let cpu = cpu();
    let tick = rig.second(vec![batch(&[(&cpu, Metric::CpuUtilization, 12.34), (&cpu, Metric::CpuLoad1, 0.5)])]);
    assert_eq!(tick.ts, START as i64 + 1);
    assert_eq!(values(&tick, "cpu"), [(Metric::CpuUtilization, 12.3), (Metric::CpuLoad1, 0.5)]);
    assert_eq!(values(&tick, "self:cpu"), [(Metric::SelfSensorDuration, 0.00012)]);
    assert_eq!(values(&tick, "self"), [(Metric::SelfDatabaseBytes, 4096.0)]);
    assert_eq!(conditions(&tick), [("cpu", Health::Ok, ""), ("self:cpu", Health::Ok, ""), ("self", Health::Ok, "")]);
    assert_eq!(kinds(&tick.events), [EventKind::RecorderStarted]);
    assert_eq!((tick.recorder, tick.step), (Some((RecorderState::Recording, None)), Some(1)));

    let tick = rig.second(vec![batch(&[(&cpu, Metric::CpuUtilization, 50.0)])]);
    assert_eq!(tick.ts, START as i64 + 2);
    assert_eq!((conditions(&tick).len(), tick.events.len(), tick.recorder, tick.step), (0, 0, None, None));
    let status = rig.status();
    assert_eq!((status.ts, status.state), (Some(START as i64 + 2), RecorderState::Recording));
    assert_eq!(status.value("cpu", Metric::CpuUtilization), Some(50.0));
    assert_eq!(status.value("cpu", Metric::CpuLoad1), None, "what was not read this time is missing");
    assert_eq!(status.value("self", Metric::SelfDatabaseBytes), Some(4096.0));
}

#[test]
fn a_source_that_is_gone_is_lost_its_pack_emptied_and_it_may_come_back() {
    let mut rig = Rig::new(&["disk"]);
    let disk = Source::whole(SourceKind::Disk, "disk:a", "A");
    let part = Source::part(&disk, SourceKind::Filesystem, "fs:/", "/");
    let other = Source::whole(SourceKind::Disk, "disk:b", "B");
    let all =
        || batch(&[(&disk, Metric::DiskBusy, 1.0), (&part, Metric::DiskUsed, 1e9), (&other, Metric::DiskBusy, 2.0)]);
    rig.second(vec![all()]);
    // The disk goes, its file system stays for a moment: the pack still has values.
    let tick = rig.second(vec![batch(&[(&part, Metric::DiskUsed, 1e9), (&other, Metric::DiskBusy, 2.0)])]);
    assert_eq!(conditions(&tick), [("disk:a", Health::Lost, "no longer present")]);
    assert!(tick.emptied.is_empty());
    let tick = rig.second(vec![batch(&[(&other, Metric::DiskBusy, 2.0)])]);
    assert_eq!(conditions(&tick), [("fs:/", Health::Lost, "no longer present")]);
    assert_eq!(tick.emptied, std::slice::from_ref(&disk));
    let tick = rig.second(vec![batch(&[(&other, Metric::DiskBusy, 2.0)])]);
    assert!(tick.conditions.is_empty() && tick.emptied.is_empty(), "it is said once");
    let tick = rig.second(vec![all()]);
    assert_eq!(conditions(&tick), [("disk:a", Health::Ok, ""), ("fs:/", Health::Ok, "")]);
    assert_eq!(rig.status().value("disk:a", Metric::DiskBusy), Some(1.0));
}

#[test]
fn a_condition_goes_with_its_source_and_an_error_with_all_of_them() {
    let mut rig = Rig::new(&["gpu", "cpu"]);
    let (gpu, cpu) = (Source::whole(SourceKind::Gpu, "gpu:1", "GPU"), cpu());
    rig.second(vec![batch(&[(&gpu, Metric::GpuPower, 30.0)]), batch(&[(&cpu, Metric::CpuLoad1, 1.0)])]);
    let mut asleep = Batch::default();
    asleep.condition(&gpu, Health::Asleep, "powered down");
    let tick = rig.second(vec![Ok(asleep), batch(&[(&cpu, Metric::CpuLoad1, 1.0)])]);
    assert_eq!(conditions(&tick), [("gpu:1", Health::Asleep, "powered down")]);
    assert_eq!(tick.emptied, std::slice::from_ref(&gpu));
    let error = || Err(SensorError { health: Health::Denied, reason: "/dev/x: no".to_owned() });
    let tick = rig.second(vec![error(), batch(&[(&cpu, Metric::CpuLoad1, 1.0)])]);
    assert_eq!(
        conditions(&tick),
        [("gpu:1", Health::Denied, "/dev/x: no"), ("self:gpu", Health::Denied, "/dev/x: no")]
    );
    assert_eq!(values(&tick, "cpu"), [(Metric::CpuLoad1, 1.0)], "the others go on");
}

#[test]
fn a_sensor_that_hangs_is_stale_holds_up_nobody_and_comes_back() {
    let mut rig = Rig::new(&["nfs", "cpu"]);
    let (disk, cpu) = (Source::whole(SourceKind::Disk, "disk:nfs", "NFS"), cpu());
    let good = || batch(&[(&cpu, Metric::CpuLoad1, 1.0)]);
    rig.second(vec![batch(&[(&disk, Metric::DiskUsed, 1e9)]), good()]);

    rig.advance(1000);
    let hanging = rig.asked(0).unwrap();
    let number = rig.asked(1).unwrap();
    rig.answer(1, number, good());
    assert!(rig.ticks().is_empty(), "the tick waits until its deadline");
    rig.advance(599);
    assert!(rig.ticks().is_empty());
    rig.advance(1);
    let tick = rig.tick();
    let reason = "did not answer for 1 s";
    assert_eq!(conditions(&tick), [("disk:nfs", Health::Stale, reason), ("self:nfs", Health::Stale, reason)]);
    assert_eq!(tick.emptied, std::slice::from_ref(&disk));
    assert_eq!(values(&tick, "cpu"), [(Metric::CpuLoad1, 1.0)]);

    rig.clock.advance(Duration::from_millis(400));
    for at in 0..70 {
        rig.advance(if at == 0 { 0 } else { 1000 });
        assert_eq!(rig.asked(0), None, "requests do not pile up");
        let number = rig.asked(1).unwrap();
        rig.answer(1, number, good());
    }
    let ticks = rig.ticks();
    assert_eq!(ticks.len(), 70, "a tick does not wait for a sensor that was not asked");
    let reasons: Vec<_> = ticks.iter().flat_map(|tick| conditions(tick)).map(|(_, _, reason)| reason).collect();
    let told = ["2 s", "3 s", "10 s", "30 s", "1 min"].map(|time| format!("did not answer for {time}"));
    assert_eq!(reasons, told.iter().flat_map(|reason| [reason, reason]).collect::<Vec<_>>());

    // The answer comes at last: it is old and dropped, but what processes used is not lost, nor what happened.
    let Ok(mut old) = batch(&[(&disk, Metric::DiskUsed, 2e9)]) else { unreachable!() };
    old.usage(Usage {
        key: "program:cc".into(),
        identity: "cc".into(),
        uid: 1,
        processes: 1,
        cpu: 5.0,
        memory: 1,
        io: None,
    });
    old.event(&disk, EventKind::Xid, json!({ "code": 79 }));
    rig.answer(0, hanging, Ok(old));
    let tick = rig.second(vec![batch(&[(&disk, Metric::DiskUsed, 3e9)]), good()]);
    assert_eq!(values(&tick, "disk:nfs").len(), 1);
    let happened: Vec<_> = tick.events.iter().map(|event| (event.kind, event.source.as_deref())).collect();
    assert_eq!(happened, [(EventKind::Xid, Some("disk:nfs"))]);
    assert_eq!(conditions(&tick), [("disk:nfs", Health::Ok, ""), ("self:nfs", Health::Ok, "")]);
    let minute = (0..60).find_map(|_| rig.second(vec![batch(&[(&disk, Metric::DiskUsed, 3e9)]), good()]).usage);
    assert_eq!(minute.unwrap().1[0].cpu, 5.0);
}

#[test]
fn a_sensor_is_asked_at_its_own_interval_and_may_then_take_longer_than_a_tick() {
    let mut rig = Rig::new(&["processes"]);
    let cpu = cpu();
    let mut asked_at = Vec::new();
    for second in 1..=20 {
        rig.advance(1000);
        if let Some(number) = rig.asked(0) {
            asked_at.push(START % 5 + second);
            let answer = batch(&[(&cpu, Metric::CpuLoad1, 1.0)]);
            if second < 10 {
                rig.answer_wishing(0, number, answer, Duration::from_secs(5));
                rig.tick();
            } else {
                // 1.2 s late: no tick waits for it, it joins the one after, and its source stays well.
                rig.advance(600);
                assert_eq!(values(&rig.tick(), "cpu"), []);
                rig.advance(400);
                assert_eq!(values(&rig.tick(), "cpu"), []);
                rig.advance(200);
                rig.answer_wishing(0, number, answer, Duration::from_secs(5));
                rig.advance(800);
                let tick = rig.tick();
                assert_eq!(values(&tick, "cpu").len(), 1);
                assert_eq!(conditions(&tick), []);
                break;
            }
        } else {
            rig.tick();
        }
    }
    assert_eq!(asked_at, [1, 5, 10]);
}

#[test]
fn a_sensor_that_fails_again_and_again_rests_longer_and_longer() {
    let mut rig = Rig::new(&["bad"]);
    let mut asked_at = Vec::new();
    for second in 1..=16 {
        rig.advance(1000);
        if let Some(number) = rig.asked(0) {
            asked_at.push(second);
            let outcome = Err(SensorError { health: Health::Stale, reason: "its reader failed".to_owned() });
            let (took, interval) = (Duration::ZERO, Duration::ZERO);
            rig.core.handle(Event::Sensed(Sensed { sensor: 0, number, outcome, panicked: true, took, interval }));
        }
        assert_eq!(rig.tick().ts, (START + second) as i64, "ticks go on");
    }
    assert_eq!(asked_at, [1, 2, 4, 8, 16]);
    assert_eq!(rig.health("self:bad"), (Health::Stale, "its reader failed".to_owned()));
}

#[test]
fn two_sensors_may_speak_of_one_source() {
    let mut rig = Rig::new(&["disk", "hwmon", "self"]);
    // Each sensor makes its own copy.
    let disk = || Source::whole(SourceKind::Disk, "disk:a", "A");
    let (one, two, own) = (disk(), disk(), own_source());
    let sample = |rig: &mut Rig, first: bool| {
        let space = if first { batch(&[(&one, Metric::DiskBusy, 1.0)]) } else { batch(&[]) };
        rig.second(vec![space, batch(&[(&two, Metric::DiskTemperature, 40.0)]), batch(&[(&own, Metric::SelfCpu, 0.1)])])
    };
    sample(&mut rig, true);
    let tick = sample(&mut rig, true);
    assert_eq!(conditions(&tick), []);
    let status = rig.status();
    assert_eq!(status.sources.iter().filter(|now| now.source.id == "disk:a").count(), 1);
    assert_eq!(status.value("disk:a", Metric::DiskBusy), Some(1.0));
    assert_eq!(status.value("disk:a", Metric::DiskTemperature), Some(40.0));
    assert_eq!(status.value("self", Metric::SelfCpu), Some(0.1));
    assert_eq!(status.value("self", Metric::SelfDatabaseBytes), Some(4096.0));
    // While one of them still reads it, it is there.
    let tick = sample(&mut rig, false);
    assert_eq!((conditions(&tick).len(), tick.emptied.len()), (0, 0));
    assert_eq!(rig.status().value("disk:a", Metric::DiskBusy), None);
}

#[test]
fn what_recording_costs_is_told_every_half_minute_with_the_longest_time() {
    let mut rig = Rig::new(&["cpu"]);
    let cpu = cpu();
    let mut told = Vec::new();
    for second in 1..=90 {
        rig.advance(1000);
        let number = rig.asked(0).unwrap();
        let took = Duration::from_millis(if second == 5 { 7 } else { 1 });
        let outcome = batch(&[(&cpu, Metric::CpuLoad1, 1.0)]);
        let sensed = Sensed { sensor: 0, number, outcome, panicked: false, took, interval: Duration::ZERO };
        rig.core.handle(Event::Sensed(sensed));
        let tick = rig.tick();
        assert_eq!(values(&tick, "self").len(), values(&tick, "self:cpu").len(), "one row has all of it");
        told.extend(values(&tick, "self:cpu").into_iter().map(|(_, seconds)| (second, seconds)));
    }
    assert_eq!(told, [(1, 0.001), (10, 0.007), (40, 0.001), (70, 0.001)]);
}

#[test]
fn usage_is_given_once_a_minute() {
    let mut rig = Rig::new(&["processes"]);
    let used = || {
        let mut batch = Batch::default();
        batch.usage(Usage {
            key: "program:cc".into(),
            identity: "cc".into(),
            uid: 1,
            processes: 2,
            cpu: 0.5,
            memory: 100,
            io: Some(1),
        });
        Ok(batch)
    };
    let minutes: Vec<_> = (0..130).filter_map(|_| rig.second(vec![used()]).usage).collect();
    // 1,700,000,000 is 20 s into its minute.
    let start = START as i64 - 20;
    assert_eq!(
        minutes.iter().map(|(ts, usage)| (*ts, usage[0].cpu)).collect::<Vec<_>>(),
        [(start, 20.0), (start + 60, 30.0)]
    );
    rig.core.handle(Event::Command(Command::Stop));
    let last = rig.tick().usage.unwrap();
    assert_eq!((last.0, last.1[0].cpu, last.1[0].io), (start + 120, 15.0, Some(30)));
}

#[test]
fn a_thousand_interfaces_that_come_and_go_are_forgotten() {
    let mut rig = Rig::new(&["net"]);
    for at in 0..1000 {
        let veth = Source::whole(SourceKind::Network, format!("net:veth{at}"), "veth");
        rig.second(vec![batch(&[(&veth, Metric::NetReceive, 1.0)])]);
        rig.clock.advance(Duration::from_secs(59));
    }
    assert!(rig.core.roster.sources().len() < 100, "{}", rig.core.roster.sources().len());
}

#[test]
fn a_source_that_turns_out_to_be_another_one_is_forgotten_at_once() {
    let mut rig = Rig::new(&["nvidia"]);
    let by_address = Source::whole(SourceKind::Gpu, "gpu:0000:01:00.0", "GPU");
    let mut asleep = Batch::default();
    asleep.condition(&by_address, Health::Asleep, "");
    rig.second(vec![Ok(asleep)]);
    assert_eq!(rig.health("gpu:0000:01:00.0").0, Health::Asleep);
    let own = Source::whole(SourceKind::Gpu, "gpu:GPU-0b0b", "GPU");
    let mut awake = Batch::default();
    awake.put(&own, Metric::GpuUtilization, 5.0);
    awake.replace("gpu:0000:01:00.0".into(), &own);
    let tick = rig.second(vec![Ok(awake)]);
    assert_eq!(tick.replaced, [("gpu:0000:01:00.0".to_owned(), own)]);
    assert!(!conditions(&tick).iter().any(|(id, ..)| *id == "gpu:0000:01:00.0"), "it is not lost");
    let sources = rig.status().sources;
    let gpus: Vec<_> = sources.iter().filter(|now| now.source.kind == SourceKind::Gpu).collect();
    assert_eq!(gpus.len(), 1, "{gpus:?}");
}
