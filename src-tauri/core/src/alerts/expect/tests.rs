//! Declarations against uses: who is named, who may run, and what contradicts itself.

use super::*;
use crate::model::expectation::{Hours, User};

fn used(key: &str, label: &str) -> Used {
    Used {
        gpu: "gpu:1".to_owned(),
        key: key.into(),
        label: label.into(),
        uid: Some(1000),
        files: Vec::new(),
        share: Some(50.0),
        vram: Some(1 << 30),
    }
}

const NOON: u16 = 12 * 60;
const NIGHT: u16 = 3 * 60;

fn nightly() -> Option<Hours> {
    Some(Hours { from: 22 * 60, until: 7 * 60 })
}

fn reason(expectations: &[Expectation], used: &Used, minute: u16) -> Option<Reason> {
    match judge(expectations, used, minute, UseRules::default()) {
        Judgement::Unexpected(difference) => Some(difference.reason),
        Judgement::Undeclared | Judgement::Expected(_) => None,
    }
}

#[test]
fn a_use_is_named_by_key_label_program_unit_container_user_and_gpu() {
    #[track_caller]
    fn check(change: impl Fn(&mut Expectation), key: &str, label: &str, expected: bool) {
        let mut one = Expectation::of_nobody("x", Policy::Allow);
        change(&mut one);
        assert_eq!(names(&one, &used(key, label)), expected, "{one:?} {key} {label}");
    }
    let text = |text: &str| Some(text.to_owned());
    check(|one| one.identity = text("docker:ollama"), "docker:ollama", "Ollama in ollama", true);
    check(|one| one.identity = text("Ollama*"), "docker:ollama", "Ollama in ollama", true);
    check(|one| one.identity = text("docker:*"), "program:blender", "Blender", false);
    check(|one| one.program = text("blender"), "program:blender", "Blender", true);
    check(|one| one.program = text("Blender"), "program:blender", "Blender", true);
    check(|one| one.program = text("train.py"), "script:train.py", "train.py", true);
    check(|one| one.program = text("blender"), "docker:blender", "Blender in blender", false);
    check(|one| one.unit = text("ollama"), "unit:ollama.service", "Ollama", true);
    check(|one| one.unit = text("ollama.service"), "unit:ollama.service", "Ollama", true);
    check(|one| one.unit = text("vllm@*"), "unit:vllm@llama.service", "vLLM (llama)", true);
    check(|one| one.unit = text("*"), "program:blender", "Blender", false);
    check(|one| one.container = text("ollama"), "docker:ollama", "Ollama in ollama", true);
    check(|one| one.container = text("ml/*"), "pod:ml/llm-0", "serve.py in pod ml/llm-0", true);
    check(|one| one.container = text("*"), "program:blender", "Blender", false);
    check(|one| one.container = text("*"), "hidden", "a process that cannot be seen", false);
    check(|one| one.gpu = text("gpu:1"), "program:blender", "Blender", true);
    check(|one| one.gpu = text("gpu:2"), "program:blender", "Blender", false);
    let user = |name: &str, uid| Some(User { name: name.to_owned(), uid });
    check(|one| one.user = user("ada", Some(1000)), "program:blender", "Blender", true);
    check(|one| one.user = user("eve", Some(1001)), "program:blender", "Blender", false);
    check(|one| one.user = user("nobody-here", None), "program:blender", "Blender", false);
    // All that are given must match.
    check(|one| (one.program, one.gpu) = (text("blender"), text("gpu:2")), "program:blender", "Blender", false);
}

#[test]
fn a_user_that_is_not_known_belongs_to_nobody() {
    let one =
        Expectation { user: Some(User { name: "x".into(), uid: None }), ..Expectation::of_nobody("x", Policy::Deny) };
    assert!(!names(&one, &Used { uid: None, ..used("hidden", "a process that cannot be seen") }));
}

#[test]
fn who_is_not_named_is_not_judged() {
    assert_eq!(judge(&[], &used("program:blender", "Blender"), NOON, UseRules::default()), Judgement::Undeclared);
    let other = [Expectation::of_identity("x", Policy::Deny, "program:xmrig")];
    assert_eq!(judge(&other, &used("program:blender", "Blender"), NOON, UseRules::default()), Judgement::Undeclared);
}

#[test]
fn the_most_exact_pattern_decides_and_of_two_the_forbidding_one() {
    let nobody = Expectation::of_identity("nobody", Policy::Deny, "*");
    let blender = Expectation::of_identity("blender", Policy::Allow, "program:blender");
    let both = [nobody, blender];
    assert_eq!(reason(&both, &used("program:blender", "Blender"), NOON), None);
    assert_eq!(reason(&both, &used("program:xmrig", "xmrig"), NOON), Some(Reason::Denied));
    let tie = [
        Expectation::of_identity("a", Policy::Allow, "program:a"),
        Expectation::of_identity("b", Policy::Deny, "program:a"),
    ];
    assert_eq!(reason(&tie, &used("program:a", "a"), NOON), Some(Reason::Denied));
}

#[test]
fn hours_allow_and_forbid_at_their_times_alone() {
    let allowed = [Expectation { hours: nightly(), ..Expectation::of_identity("x", Policy::Allow, "script:train.py") }];
    let train = used("script:train.py", "train.py");
    assert_eq!(reason(&allowed, &train, NIGHT), None);
    assert_eq!(reason(&allowed, &train, NOON), Some(Reason::OutsideHours));
    assert_eq!(reason(&allowed, &train, 7 * 60), Some(Reason::OutsideHours), "the end is over");
    let denied = [Expectation { hours: nightly(), ..Expectation::of_identity("x", Policy::Deny, "script:train.py") }];
    assert_eq!(reason(&denied, &train, NIGHT), Some(Reason::Denied));
    assert_eq!(judge(&denied, &train, NOON, UseRules::default()), Judgement::Undeclared);
}

#[test]
fn limits_hold_for_what_is_known_and_one_allowance_is_enough() {
    let small =
        Expectation { share: Some(20.0), ..Expectation::of_identity("small", Policy::Allow, "program:blender") };
    let blender = used("program:blender", "Blender");
    assert_eq!(reason(std::slice::from_ref(&small), &blender, NOON), Some(Reason::OverLimit));
    assert_eq!(reason(std::slice::from_ref(&small), &Used { share: None, ..blender.clone() }, NOON), None);
    let memory =
        Expectation { vram: Some(1 << 30), ..Expectation::of_identity("memory", Policy::Allow, "program:blender") };
    assert_eq!(reason(std::slice::from_ref(&memory), &blender, NOON), None, "as much as it may");
    let more = Used { vram: Some((1 << 30) + 1), ..blender.clone() };
    assert_eq!(reason(std::slice::from_ref(&memory), &more, NOON), Some(Reason::OverLimit));
    let large = Expectation { hours: nightly(), ..Expectation::of_identity("large", Policy::Allow, "program:blender") };
    let both = [large, small];
    assert_eq!(reason(&both, &blender, NIGHT), None);
    let by_day = judge(&both, &blender, NOON, UseRules::default());
    assert_eq!(by_day, Judgement::Unexpected(Difference { reason: Reason::OverLimit, expectation: 1 }));
    let [_, small] = both;
    let anybody = [Expectation::of_identity("anybody", Policy::Allow, "*"), small];
    assert_eq!(reason(&anybody, &blender, NOON), Some(Reason::OverLimit), "what all may lifts no one's limit");
    assert_eq!(reason(&anybody, &used("program:x", "x"), NOON), None);
}

#[test]
fn what_must_run_is_missing_in_its_hours() {
    let ollama =
        Expectation { hours: nightly(), ..Expectation::of_identity("x", Policy::MustRun, "unit:ollama.service") };
    let list = [Expectation::of_identity("y", Policy::Allow, "*"), ollama];
    assert_eq!(missing(&list, &[], NIGHT), [1]);
    assert_eq!(missing(&list, &[], NOON), [] as [usize; 0]);
    let running = used("unit:ollama.service", "Ollama");
    assert_eq!(missing(&list, std::slice::from_ref(&running), NIGHT), [] as [usize; 0]);
    assert_eq!(reason(&list[1..], &running, NIGHT), None, "who must run may");
    assert_eq!(reason(&list, &running, NOON), None);
    assert_eq!(judge(&list[1..], &running, NOON, UseRules::default()), Judgement::Undeclared);
}

#[test]
fn declarations_that_make_no_sense_are_said_in_a_sentence() {
    #[track_caller]
    fn check(list: &[Expectation], sentences: &[&str]) {
        assert_eq!(problems(list), sentences);
    }
    let (a, d) = (Policy::Allow, Policy::Deny);
    check(&[Expectation::of_identity("a", a, "x"), Expectation::of_identity("b", d, "y")], &[]);
    check(
        &[Expectation::of_identity("a", a, "x"), Expectation::of_identity("b", d, "x")],
        &[
            "The expectations \"a\" and \"b\" contradict each other: both mean the same as exactly, and \"b\" decides, which \
           denies; remove one of them, or name more exactly whom the other means.",
        ],
    );
    // By day and by night.
    let day = Some(Hours { from: 7 * 60, until: 22 * 60 });
    let (by_day, by_night) = (
        Expectation { hours: day, ..Expectation::of_identity("a", a, "x") },
        Expectation { hours: nightly(), ..Expectation::of_identity("b", d, "x") },
    );
    check(&[by_day, by_night], &[]);
    check(
        &[Expectation::of_identity("a", a, "x"), Expectation::of_identity("b", a, "x")],
        &["The expectations \"a\" and \"b\" say the same twice: remove one."],
    );
    let small = Expectation { share: Some(10.0), ..Expectation::of_identity("b", a, "x") };
    check(&[Expectation { hours: nightly(), ..Expectation::of_identity("a", a, "x") }, small], &[]);
    check(&[Expectation::of_identity("a", a, "")], &["The expectation \"a\" can never match: its identity is empty."]);
    check(
        &[Expectation::of_nobody("a", a)],
        &["The expectation \"a\" names nobody: give it an identity, program, unit, container or user."],
    );
    let two = Expectation { program: Some("x".into()), unit: Some("y".into()), ..Expectation::of_nobody("a", a) };
    check(
        &[two],
        &[
            "The expectation \"a\" can never match: a use goes by its container, its unit or its program, never by two of \
           them.",
        ],
    );
    let eve = Expectation { user: Some(User { name: "eve".into(), uid: None }), ..Expectation::of_nobody("a", a) };
    check(&[eve], &["The expectation \"a\" can never match: there is no user \"eve\" here."]);
}

#[test]
fn the_processes_of_an_identity_count_together_on_each_gpu() {
    let blender = used("program:blender", "Blender");
    let without = Used { share: None, vram: None, ..blender.clone() };
    let second = Used { gpu: "gpu:2".into(), ..blender.clone() };
    let others = Used { uid: Some(0), ..blender.clone() };
    let all = together([blender.clone(), second.clone(), without, blender.clone(), others.clone()]);
    let both = Used { share: Some(100.0), vram: Some(2 << 30), ..blender };
    assert_eq!(all, [both, second, others]);
}

fn run_from(key: &str, files: &[&str]) -> Used {
    Used { files: files.iter().map(|file| (*file).into()).collect(), ..used(key, "Blender") }
}

fn of_program(policy: Policy, pattern: &str) -> Expectation {
    Expectation { program: Some(pattern.to_owned()), ..Expectation::of_nobody("x", policy) }
}

#[test]
fn a_pattern_with_a_path_means_the_file_whatever_it_calls_itself() {
    #[track_caller]
    fn check(pattern: &str, key: &str, files: &[&str], expected: bool) {
        assert_eq!(names(&of_program(Policy::Deny, pattern), &run_from(key, files)), expected, "{pattern} {key}");
    }
    let blender = ["/usr/bin/blender"];
    check("/usr/bin/blender", "program:blender", &blender, true);
    check("/usr/bin/*", "program:blender", &blender, true);
    check("*/blender", "app:org.blender.Blender", &blender, true);
    check("/opt/*/blender", "program:blender", &["/opt/blender-4.2/blender"], true);
    check("/opt/*/blender", "program:blender", &blender, false);
    check("/usr/local/bin/ollama", "unit:ollama.service", &["/usr/local/bin/ollama"], true);
    check("/usr/bin/blender", "program:blender", &[], false);
    check("/usr/bin/blender", "title:/usr/bin/blender", &["/tmp/x"], false);
    check("blender", "program:blender", &["/tmp/x"], true);
    check("/usr/bin/blender", "docker:blender", &blender, false);
    check("/usr/bin/blender", "program:blender", &["/tmp/blender", "/usr/bin/blender"], true);
}

#[test]
fn a_path_allows_nobody_of_the_same_name_and_forbids_one_among_others() {
    let both = run_from("program:blender", &["/usr/bin/blender", "/tmp/blender"]);
    let one = run_from("program:blender", &["/usr/bin/blender"]);
    let list = |policy| [Expectation::of_identity("n", Policy::Deny, "*"), of_program(policy, "/usr/bin/blender")];
    assert_eq!(reason(&list(Policy::Allow), &one, NOON), None);
    assert_eq!(reason(&list(Policy::Allow), &both, NOON), Some(Reason::Denied));
    assert_eq!(reason(&list(Policy::MustRun), &both, NOON), Some(Reason::Denied));
    assert_eq!(missing(&list(Policy::MustRun), std::slice::from_ref(&both), NOON), [] as [usize; 0]);
    assert_eq!(reason(&[of_program(Policy::Deny, "/tmp/*")], &both, NOON), Some(Reason::Denied));
    assert_eq!(
        together([one, run_from("program:blender", &["/tmp/blender", "/usr/bin/blender"])])[0].files,
        both.files
    );
}

#[test]
fn paths_that_mean_nothing_are_said() {
    let unit = Expectation { unit: Some("ollama".into()), ..of_program(Policy::Allow, "/usr/bin/ollama") };
    assert_eq!(problems(&[unit]), [] as [&str; 0], "a service has both a unit and a file");
    let container = Expectation { container: Some("c".into()), ..of_program(Policy::Allow, "/usr/bin/ollama") };
    assert_eq!(
        problems(&[container]),
        [
            "The expectation \"x\" can never match: the path of a program means none in a container, whose paths are its own."
        ]
    );
    assert_eq!(
        problems(&[of_program(Policy::Allow, "~/bin/x")]),
        ["The expectation \"x\" can never match: write the whole path of its program, without ~."]
    );
}

#[test]
fn what_holds_a_gpu_open_without_using_it_is_at_no_wrong_time() {
    let list = [Expectation { hours: nightly(), ..Expectation::of_identity("a", Policy::Allow, "program:blender") }];
    let with = |share, vram| Used { share, vram, ..used("program:blender", "Blender") };
    assert_eq!(reason(&list, &with(Some(0.0), Some(0)), NOON), None);
    assert_eq!(reason(&list, &with(None, None), NOON), None, "what is not told is not much");
    assert_eq!(reason(&list, &with(Some(9.0), Some(255 << 20)), NOON), None);
    assert_eq!(reason(&list, &with(Some(10.0), None), NOON), Some(Reason::OutsideHours));
    assert_eq!(reason(&list, &with(Some(0.0), Some(256 << 20)), NOON), Some(Reason::OutsideHours));
}

#[test]
fn patterns_that_overlap_and_are_as_exact_contradict_each_other() {
    #[track_caller]
    fn check(allow: impl Fn(&mut Expectation), deny: impl Fn(&mut Expectation), expected: bool) {
        let (mut a, mut b) = (Expectation::of_nobody("a", Policy::Allow), Expectation::of_nobody("b", Policy::Deny));
        allow(&mut a);
        deny(&mut b);
        for list in [[a.clone(), b.clone()], [b, a]] {
            let found = problems(&list);
            assert_eq!(!found.is_empty(), expected, "{list:?} {found:?}");
            assert!(found.iter().all(|sentence| sentence.contains("\"b\" decides")), "{found:?}");
        }
    }
    let text = |text: &str| Some(text.to_owned());
    let user = |name: &str, uid| Some(User { name: name.to_owned(), uid });
    check(|one| one.program = text("blender"), |one| one.program = text("blen*der"), true);
    check(|one| one.program = text("b*nder*l"), |one| one.program = text("bl*nder"), false);
    check(|one| one.program = text("blen*"), |one| one.program = text("*nder"), true);
    check(|one| one.program = text("blender"), |one| one.program = text("blen*"), false);
    check(|one| one.program = text("blender"), |one| one.program = text("dropbox"), false);
    check(|one| one.identity = text("Blender"), |one| one.program = text("Blender"), true);
    check(|one| one.unit = text("blender"), |one| one.program = text("blender"), false);
    check(|one| one.program = text("abc"), |one| one.user = user("ada", Some(1000)), false);
    check(|one| one.user = user("ada", Some(1000)), |one| one.user = user("bob", Some(1001)), false);
    check(|one| one.user = user("ada", Some(1000)), |one| one.user = user("1000", Some(1000)), false);
    check(|one| one.user = user("adam", Some(1000)), |one| one.user = user("1000", Some(1000)), true);
    let on = |gpu: &str| (text("blender"), text(gpu));
    check(|one| (one.program, one.gpu) = on("gpu:1"), |one| (one.program, one.gpu) = on("gpu:2"), false);
    check(|one| (one.program, one.gpu) = on("gpu:1"), |one| (one.program, one.gpu) = on("gpu:*1"), true);
    check(
        |one| (one.program, one.hours) = (text("blender"), nightly()),
        |one| (one.program, one.hours) = (text("blender"), Some(Hours { from: 7 * 60, until: 22 * 60 })),
        false,
    );
}

#[test]
fn a_limit_of_nothing_is_a_prohibition() {
    let limits = |share, vram| Expectation { share, vram, ..Expectation::of_identity("a", Policy::Allow, "x") };
    for one in [limits(Some(0.0), None), limits(None, Some(0)), limits(Some(50.0), Some(0))] {
        let found = problems(&[one]);
        assert!(found.len() == 1 && found[0].contains("--deny"), "{found:?}");
    }
    assert_eq!(problems(&[limits(Some(0.5), Some(1))]), [""; 0]);
}

#[test]
fn german_says_what_is_wrong_and_why() {
    use crate::language::{Language, within};
    let list = [
        Expectation::of_identity("a", Policy::Allow, "x"),
        Expectation::of_identity("{other}", Policy::Deny, "x"),
        Expectation { container: Some("c".into()), ..of_program(Policy::Allow, "/usr/bin/ollama") },
    ];
    let expected = [
        "Die Erwartungen \"a\" und \"{other}\" widersprechen sich: Beide meinen dasselbe gleich genau, und es gilt die \
         verbietende, \"{other}\"; eine davon entfernen oder genauer angeben, wen die andere meint.",
        "Die Erwartung \"x\" kann nie zutreffen: Der Pfad eines Programms meint keines in einem Container, denn der hat \
         eigene Pfade.",
    ];
    assert_eq!(within(Language::German, || problems(&list)), expected);
    assert_eq!(within(Language::German, || Reason::Denied.words()), "darf nicht laufen");
}
