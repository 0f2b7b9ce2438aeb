//! Loads that are known beforehand, through the whole product: what sessions, energy and verdicts make of them.
//!
//! Four GPUs are played at the same time by the scripted driver, for two minutes of work between moments of rest, so that
//! all of this costs two minutes once. The programs are real processes, but for the hidden one: its number is one that no
//! process of this machine can have, as that of another user's or another container's is.

use std::time::Duration;

use hoofbeat_product_tests::{GpuMachine, wait_at_most, wait_for};
use rustix::process::Signal;
use serde_json::Value;

/// Seconds of the scenario in which work begins and ends. What comes before tells what the GPUs take when idle.
const BEGIN: u32 = 10;
const END: u32 = 130;

/// No process has a number above 4194304.
const HIDDEN: u32 = 4_200_042;

/// Works three seconds out of ten.
const DUTY: usize = 0;
/// Two share it, seven to three.
const SHARED: usize = 1;
/// The hidden one does a third of the work, and a visible one the rest.
const PART: usize = 2;
/// The hidden one does two thirds; a visible one the rest, and another one only has memory there.
const MOST: usize = 3;

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[track_caller]
fn near(what: &str, found: f64, expected: f64, by: f64) {
    assert!((found - expected).abs() <= by, "{what}: {found} is not {expected} ± {by}");
}

/// Work at `busy` percent from [`BEGIN`] to [`END`].
fn steady(busy: u32) -> String {
    let watts = 30 + 3 * busy;
    format!(
        "util = [[0, 0], [{BEGIN}, {busy}], [{END}, 0]]\npower_w = [[0, 30], [{BEGIN}, {watts}], [{END}, 30]]\n\
         mem_util = 0\nenc = 0\ndec = 0"
    )
}

/// Work at 100 percent in the first three of every ten seconds.
fn in_turns() -> String {
    let steps = |rest: u32, work: u32| {
        let each = (BEGIN..END).step_by(10).map(|at| format!("[{at}, {work}], [{}, {rest}]", at + 3));
        each.fold(format!("[0, {rest}]"), |all, step| format!("{all}, {step}"))
    };
    format!("util = [{}]\npower_w = [{}]\nmem_util = 0\nenc = 0\ndec = 0", steps(0, 100), steps(30, 330))
}

fn process(pid: u32, gpu: usize, mib: u32, share: f64) -> String {
    format!("[[process]]\npid = {pid}\ndevice = {gpu}\nkind = \"C\"\nmem_mib = {mib}\nshare = {share}\n")
}

/// What one GPU is said to do, and why.
fn verdict(machine: &GpuMachine, gpu: usize) -> Option<Value> {
    let why = machine.sandbox.json(&["why"]);
    why["verdicts"].as_array()?.iter().find(|one| one["source"] == GpuMachine::source(gpu)).cloned()
}

/// The names in a verdict, each with its share.
fn named(verdict: &Value) -> Vec<(String, f64)> {
    let culprits = verdict["culprits"].as_array().into_iter().flatten();
    culprits.map(|one| (one["identity"].as_str().unwrap_or_default().to_owned(), number(&one["share"]))).collect()
}

/// Sessions on a GPU, by name.
fn session<'a>(sessions: &'a [Value], gpu: usize, name: &str) -> &'a Value {
    let is_it = |one: &&Value| {
        one["source"] == GpuMachine::source(gpu) && one["identity"].as_str().is_some_and(|text| text.contains(name))
    };
    let mut found = sessions.iter().filter(is_it);
    let one = found.next().unwrap_or_else(|| panic!("{name} has no session on {gpu}: {sessions:?}"));
    assert!(found.next().is_none(), "{name} has two sessions on {gpu}: {sessions:?}");
    one
}

#[test]
fn known_loads_come_out_as_sessions_energy_and_verdicts() {
    let mut machine = GpuMachine::new(4);
    let [duty, trainer, renderer, blender, solver, bystander] =
        ["duty", "trainer", "renderer", "painter", "solver", "bystander"].map(|name| machine.start(name));
    let devices = [in_turns(), steady(100), steady(90), steady(90)];
    let devices: String = devices.iter().enumerate().map(|(gpu, curves)| GpuMachine::device(gpu, curves)).collect();
    let processes = [
        process(duty, DUTY, 100, 1.0),
        process(trainer, SHARED, 100, 0.7),
        process(renderer, SHARED, 100, 0.3),
        process(blender, PART, 100, 2.0 / 3.0),
        process(HIDDEN, PART, 100, 1.0 / 3.0),
        process(solver, MOST, 100, 1.0 / 3.0),
        process(HIDDEN + 1, MOST, 100, 2.0 / 3.0),
        process(bystander, MOST, 4096, 0.0),
    ];
    let mut watch = machine.watch(&[GpuMachine::driver(), &devices, &processes.concat()].concat());

    // While they work: what nobody sees is what the hidden one does, and nobody else is said to do it.
    let settled = |gpu: usize, unseen: f64| {
        wait_for("the verdict on a hidden process", || {
            let verdict = verdict(&machine, gpu)?;
            let left = verdict["remainder"].as_f64()?;
            ((left - unseen).abs() < 5.0 && verdict["busy"] == 90.0).then_some(verdict)
        })
    };
    let part = settled(PART, 30.0);
    let said = part["sentence"].as_str().unwrap_or_default();
    assert!(part["state"] == "one" || part["state"] == "several", "{part}");
    assert!(said.contains("painter") && said.contains("not visible"), "{part}");
    let names = named(&part);
    assert!(names[0].0.contains("painter"), "{part}");
    near("painter's share", names[0].1, 60.0, 5.0);
    assert!(!named(&part).iter().any(|(name, _)| name.contains("solver")), "{part}");
    let most = settled(MOST, 60.0);
    assert_eq!(most["state"], "unattributed", "{most}");
    assert!(most["sentence"].as_str().is_some_and(|said| !said.contains("bystander")), "{most}");
    for (name, share) in named(&most) {
        assert!(!name.contains("bystander") && share > 0.0, "{most}");
    }
    let seen = machine.gpu(MOST).expect("it was just judged");
    near("what is explained", number(&seen["metrics"]["gpu.attributed"]["value"]), 30.0, 5.0);

    let begun = machine.sandbox.sqlite("SELECT min(ts) FROM history WHERE metric = 'gpu.power'");
    let begun: i64 = begun.parse().expect("it is recorded");
    let over = begun + i64::from(END) + 4;
    let limit = Duration::from_secs(u64::from(END) + 60);
    let done = wait_at_most(limit, || machine.sandbox.newest_tick().filter(|ts| *ts >= over));
    assert!(done.is_some(), "the recorder does not come to the end of the load:\n{}", watch.log());
    assert!(watch.end(Signal::TERM).success(), "{}", watch.log());

    let sessions = machine.sandbox.json(&["sessions", "--since", "1h"])["sessions"].clone();
    let sessions = sessions.as_array().expect("a list");
    let busy = |gpu, name| number(&session(sessions, gpu, name)["busy"]);
    near("busy seconds at 30 % duty", busy(DUTY, "duty"), 36.0, 3.6);
    let (trainer, renderer) = (busy(SHARED, "trainer"), busy(SHARED, "renderer"));
    near("the trainer's share", trainer / (trainer + renderer) * 100.0, 70.0, 5.0);
    near("of both together", trainer + renderer, 120.0, 6.0);
    for (name, share) in [("trainer", 70.0), ("renderer", 30.0)] {
        near(name, number(&session(sessions, SHARED, name)["mean_share"]), share, 5.0);
    }

    let usage = machine.sandbox.json(&["usage", "--since", "1h"]);
    for gpu in [DUTY, SHARED, PART, MOST] {
        let totals = usage["gpus"].as_array().expect("a list");
        let total = totals.iter().find(|one| one["source"] == GpuMachine::source(gpu)).expect("it was used");
        let on_it = sessions.iter().filter(|one| one["source"] == GpuMachine::source(gpu));
        let of_sessions: f64 = on_it.filter_map(|one| one["energy"].as_f64()).sum();
        let energy = number(&total["energy"]);
        let parts = of_sessions + number(&total["idle"]) + number(&total["unattributed"]);
        near(&format!("what GPU {gpu} took, in parts: {total} {sessions:?}"), parts, energy, energy * 0.01);
        // What the scenario gave: 300 W for a busy GPU beyond the 30 W of an idle one.
        let missing = number(&total["missing"]);
        let took = f64::from(END + 4) * 30.0 + [36.0, 120.0, 108.0, 108.0][gpu] * 300.0;
        near(&format!("what GPU {gpu} took, {missing} s missing"), energy, took, took * 0.03);
    }
    // What the hidden one took is nobody's, and its work is in the remainder of the GPU's episode.
    let episodes = machine.sandbox.json(&["episodes", "--since", "1h"])["episodes"].clone();
    for (gpu, unseen) in [(SHARED, 0.0), (PART, 1.0 / 3.0), (MOST, 2.0 / 3.0)] {
        let mut on_it = episodes.as_array().expect("a list").iter();
        let episode = on_it.find(|one| one["source"] == GpuMachine::source(gpu)).expect("it was used");
        near("the unseen part of an episode", number(&episode["remainder"]) / number(&episode["busy"]), unseen, 0.05);
        let total = usage["gpus"].as_array().expect("a list").iter();
        let total = total.into_iter().find(|one| one["source"] == GpuMachine::source(gpu)).expect("it was used");
        let work = number(&total["energy"]) - number(&total["idle"]);
        near("the unseen part of the energy", number(&total["unattributed"]) / work, unseen, 0.05);
    }
}
