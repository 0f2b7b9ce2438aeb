//! Starting at login, while the program is updated under the recorder that offers it.

use hoofbeat_product_tests::desktop::succeeds;
use hoofbeat_product_tests::sandbox::product;
use hoofbeat_product_tests::tray::Item;
use hoofbeat_product_tests::{Desktop, Program, wait_for, wait_until};
use rustix::process::Signal;

/// Puts a copy of the program in the place of the one before, as a package does. Another program copies, because a file that
/// this one has open for writing cannot be started.
fn install(desktop: &Desktop) {
    let (new, program) = (desktop.path("bin/new"), desktop.path("bin/hoofbeat"));
    assert!(succeeds(desktop.command("mkdir").arg("-p").arg(desktop.path("bin"))));
    assert!(succeeds(desktop.command("cp").arg(product("hoofbeat")).arg(&new)));
    std::fs::rename(new, program).expect("our own folder is writable");
}

fn watch(desktop: &Desktop) -> Program {
    let mut command = desktop.command(desktop.path("bin/hoofbeat"));
    let program = Program::start("watch", command.arg("watch"), &desktop.logs());
    wait_until("the recorder", || desktop.status().is_some_and(|status| status["recorder"]["state"] == "recording"));
    program
}

#[test]
fn the_entry_names_the_program_after_an_update_and_is_mended_where_it_does_not() {
    let Some(mut desktop) = Desktop::start() else { return };
    desktop.start_panel();
    install(&desktop);
    let mut recorder = watch(&desktop);
    let bus = desktop.bus();
    let item = wait_for("the icon", || Item::of_hoofbeat(&bus));
    install(&desktop);
    let runs = std::fs::read_link(format!("/proc/{}/exe", recorder.pid())).expect("it runs");
    assert!(runs.to_string_lossy().ends_with("hoofbeat (deleted)"), "{}", runs.display());

    item.choose("Start at login").expect("it can be chosen");
    let entry = desktop.path("home/.config/autostart/hoofbeat.desktop");
    let text = wait_for("the entry", || std::fs::read_to_string(&entry).ok().filter(|text| text.ends_with('\n')));
    let program = format!(" \"{}\" \"--data-dir\" ", desktop.path("bin/hoofbeat").display());
    assert!(text.contains(&program), "{text}");
    assert_eq!(desktop.json(&["autostart"])["broken"], false);

    // As versions before this one left it.
    recorder.end(Signal::TERM);
    std::fs::write(&entry, text.replace("/bin/hoofbeat\"", "/bin/hoofbeat (deleted)\"")).expect("it is ours");
    assert_eq!(desktop.json(&["autostart"])["broken"], true);
    let _recorder = watch(&desktop);
    wait_until("the entry as it was", || std::fs::read_to_string(&entry).is_ok_and(|now| now == text));
}
