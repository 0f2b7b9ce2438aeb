//! The tray icon in a real panel.

use hoofbeat_product_tests::desktop::succeeds;
use hoofbeat_product_tests::notifications::NotificationServer;
use hoofbeat_product_tests::tray::Item;
use hoofbeat_product_tests::webdriver::Window;
use hoofbeat_product_tests::{Desktop, LIMIT, wait_for, wait_until};

use super::notification::{RULE, use_memory};

#[test]
fn the_icon_tells_the_state_and_its_menu_works() {
    let Some(mut desktop) = Desktop::start() else { return };
    desktop.start_panel();
    let mut watch = desktop.watch(&[]);
    let bus = desktop.bus();
    let item = wait_for("the icon", || Item::of_hoofbeat(&bus));

    assert_eq!(item.text("Status").expect("an icon has a status"), "Active");
    assert!(!item.text("Title").expect("an icon has a title").is_empty());
    let pixmaps = item.pixmaps().expect("the icon has pictures");
    for (width, height, argb) in &pixmaps {
        assert_eq!(argb.len(), 4 * usize::try_from(width * height).expect("a size is positive"));
        assert!(argb.chunks_exact(4).any(|pixel| pixel[0] > 0), "a picture of {width}×{height} shows nothing");
        assert!(argb.chunks_exact(4).any(|pixel| pixel[0] == 0), "a picture of {width}×{height} is a mere block");
    }
    assert!(pixmaps.iter().any(|(width, ..)| *width <= 24) && pixmaps.iter().any(|(width, ..)| *width >= 44));

    let sentence = wait_for("a sentence in the tooltip", || {
        let (title, text) = item.tooltip().ok()?;
        let sentence = format!("{title} {text}");
        (sentence.contains('%') || sentence.contains("GiB")).then_some(sentence)
    });
    let rows = item.menu().expect("the icon has a menu");
    let labels: Vec<_> = rows.iter().map(|row| row.label.as_str()).collect();
    assert!(
        labels.len() >= 4 && !labels[0].is_empty(),
        "the sentence is the first row of {labels:?}; it is {sentence}"
    );
    for wanted in ["Open", "Pause", "Quit"] {
        assert!(rows.iter().any(|row| row.enabled && row.label.starts_with(wanted)), "no {wanted} in {labels:?}");
    }

    let entry = desktop.path("home/.config/autostart/hoofbeat.desktop");
    item.choose("Start at login").expect("it can be chosen");
    let text = wait_for("the autostart entry", || std::fs::read_to_string(&entry).ok().filter(|text| !text.is_empty()));
    let exec = text.lines().find_map(|line| line.strip_prefix("Exec=")).expect("something is started");
    assert!(exec.contains("hoofbeat\" \"--data-dir\" \"") && exec.ends_with("\"watch\""), "{exec}");
    item.choose("Start at login").expect("it can be chosen");
    wait_until("the end of the autostart entry", || !entry.exists());

    item.choose("Open").expect("Open can be chosen");
    let window = desktop.wait_for_window("Hoofbeat");
    desktop.close_window(&window);
    wait_until("the end of the window's processes", || {
        desktop.processes().iter().all(|(_, name)| name != "hoofbeat-desktop" && !name.starts_with("WebKit"))
    });

    // A left click does the same, and closes the window where it is in front; one that is behind is raised.
    item.activate().expect("the icon can be clicked");
    let window = desktop.wait_for_window("Hoofbeat");
    wait_until("the window in front", || desktop.is_in_front(&window));
    desktop.put_away_windows();
    wait_until("the bare desktop", || !desktop.is_in_front(&window));
    item.activate().expect("the icon can be clicked");
    wait_until("the window in front again", || desktop.is_in_front(&window));
    item.activate().expect("the icon can be clicked");
    wait_until("the end of the window", || desktop.named("hoofbeat-desktop").is_empty());

    item.choose("Quit").expect("Quit can be chosen");
    let ended = watch.wait(LIMIT);
    assert!(ended.success(), "{ended}: {}", watch.log());
    assert!(Item::of_hoofbeat(&bus).is_none(), "an icon stays behind");
    assert_eq!(desktop.json(&["status"])["recorder"]["state"], "off");
}

#[test]
fn a_pause_from_the_menu_pauses_and_resumes() {
    let Some(mut desktop) = Desktop::start() else { return };
    desktop.start_panel();
    let _watch = desktop.watch(&[]);
    let bus = desktop.bus();
    let item = wait_for("the icon", || Item::of_hoofbeat(&bus));
    let state = || desktop.status().map(|status| status["recorder"]["state"].clone());

    item.choose("Pause").expect("Pause can be chosen");
    wait_until("the pause", || state().is_some_and(|state| state == "paused"));
    wait_until("a row to go on", || {
        item.menu().is_ok_and(|rows| rows.iter().any(|row| row.label.starts_with("Resume")))
    });
    let paused = desktop.newest_tick();
    item.choose("Resume").expect("Resume can be chosen");
    wait_until("recording again", || state().is_some_and(|state| state == "recording"));
    wait_until("a new tick", || desktop.newest_tick() > paused);
}

#[test]
fn a_pause_shows_in_tray_and_window_whoever_asked_for_it() {
    let Some(mut desktop) = Desktop::start() else { return };
    desktop.start_panel();
    let _watch = desktop.watch(&[]);
    let bus = desktop.bus();
    let item = wait_for("the icon", || Item::of_hoofbeat(&bus));
    let window = Window::open(&desktop);
    window.wait_for_text("recorder-state", |text| text.starts_with("Recording"));

    item.choose("Pause").expect("Pause can be chosen");
    window.wait_for_text("recorder-state", |text| text.starts_with("Paused until"));
    wait_until("the pause in the tooltip", || item.tooltip().is_ok_and(|(_, text)| text.starts_with("Paused until")));

    window.click("resume");
    window.wait_for_text("recorder-state", |text| text.starts_with("Recording"));
    let offers = |wanted: &str| item.menu().is_ok_and(|rows| rows.iter().any(|row| row.label.starts_with(wanted)));
    wait_until("the end of the pause in the menu", || offers("Pause"));

    window.click("pause");
    wait_until("the window's pause in the menu", || offers("Resume"));
    wait_until("and in the tooltip", || item.tooltip().is_ok_and(|(_, text)| text.starts_with("Paused until")));
}

#[test]
fn an_open_menu_stays_open_while_what_it_says_changes() {
    let Some(mut desktop) = Desktop::start() else { return };
    desktop.start_panel();
    let _watch = desktop.watch(&[]);
    let bus = desktop.bus();
    let item = wait_for("the icon", || Item::of_hoofbeat(&bus));
    wait_for("a sentence", || item.tooltip().ok().filter(|(_, text)| text.contains("GiB")));
    // A menu is higher than a tooltip, and wider than the wrapping of either.
    let menus = || {
        let tree = desktop.command("xwininfo").args(["-root", "-tree"]).output().expect("xwininfo is installed");
        let high = |line: &str| {
            let size = line.split_whitespace().find(|word| word.contains('x') && word.contains('+'))?;
            let (width, rest) = size.split_once('x')?;
            let (width, height) = (width.parse::<u32>().ok()?, rest.split('+').next()?.parse::<u32>().ok()?);
            let id = line.split_whitespace().next()?.to_owned();
            ((100..600).contains(&width) && (120..600).contains(&height)).then_some(id)
        };
        String::from_utf8_lossy(&tree.stdout).lines().filter_map(high).collect::<Vec<_>>()
    };
    let before = menus();
    // The tray is the panel's right end, and Hoofbeat's the only icon in it.
    for arguments in [&["mousemove", "1383", "983"][..], &["click", "3"]] {
        assert!(succeeds(desktop.command("xdotool").args(arguments)));
    }
    let menu = wait_for("the menu", || menus().into_iter().find(|id| !before.contains(id)));
    // Rows come and go: a pause, and with it the row that offers another one.
    desktop.run(&["pause", "1h"]);
    wait_until("the pause in the menu", || {
        item.menu().is_ok_and(|rows| rows.iter().any(|row| row.label.starts_with("Resume")))
    });
    desktop.run(&["resume"]);
    wait_until("its end", || {
        item.menu().is_ok_and(|rows| rows.iter().any(|row| row.label.starts_with("Pause until I")))
    });
    let is_open = || {
        let shown = desktop.command("xwininfo").args(["-id", &menu]).output();
        shown.is_ok_and(|shown| String::from_utf8_lossy(&shown.stdout).contains("IsViewable"))
    };
    assert!(is_open(), "the menu was closed under the person's hand");
    assert!(succeeds(desktop.command("xdotool").args(["key", "Escape"])));
    wait_until("the end of the menu", || !is_open());
}

#[test]
fn the_icon_comes_late_and_comes_back() {
    let Some(mut desktop) = Desktop::start() else { return };
    // As at login: the recorder is there before the panel.
    let mut watch = desktop.watch(&[]);
    desktop.start_panel();
    let bus = desktop.bus();
    wait_until("the icon in a panel that came later", || Item::of_hoofbeat(&bus).is_some());
    desktop.stop_panel();
    desktop.wait_for_ticks(2);
    desktop.start_panel();
    wait_until("the icon in the next panel", || Item::of_hoofbeat(&bus).is_some());

    desktop.kill_bus();
    desktop.wait_for_ticks(3);
    assert!(watch.ended().is_none(), "the recorder ended with the bus:\n{}", watch.log());
    desktop.restart_bus();
    desktop.start_panel();
    let bus = desktop.bus();
    wait_until("the icon on the next bus", || Item::of_hoofbeat(&bus).is_some());
    assert!(watch.ended().is_none());
}

#[test]
fn without_a_bus_there_is_still_a_recorder() {
    let Some(mut desktop) = Desktop::start() else { return };
    desktop.kill_bus();
    let mut watch = desktop.watch(&[]);
    desktop.wait_for_ticks(3);
    assert!(watch.ended().is_none(), "{}", watch.log());
}

/// A pool of threads that waits with a time-out wakes the processor twice a second, all day.
#[test]
fn no_thread_is_left_over_once_icon_and_bus_are_served() {
    let Some(mut desktop) = Desktop::start() else { return };
    desktop.start_panel();
    let watch = desktop.watch(&[]);
    let bus = desktop.bus();
    wait_until("the icon", || Item::of_hoofbeat(&bus).is_some());
    let names = || {
        let threads = std::fs::read_dir(format!("/proc/{}/task", watch.pid())).into_iter().flatten().flatten();
        threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok()).collect::<Vec<_>>()
    };
    wait_until("the end of threads that only waited for a file", || {
        let names = names();
        !names.is_empty() && !names.iter().any(|name| name.starts_with("blocking"))
    });
}

/// What the alert is called is core's; these are the words around it.
#[test]
fn a_german_recorder_has_a_german_menu_and_german_notifications() {
    let Some(mut desktop) = Desktop::start() else { return };
    desktop.start_panel();
    let server = NotificationServer::start(desktop.bus()).expect("the name is free");
    let root = desktop.path("machine");
    std::fs::create_dir_all(root.join("proc")).expect("our own folder is writable");
    use_memory(&root, 12);
    desktop.configure(&format!("[text]\nlanguage = \"de\"\n{RULE}text = \"{{source}}: {{value}} </b>\"\n"));
    let watch = desktop.watch(&["--root", root.to_str().expect("our own names are text")]);
    let bus = desktop.bus();
    let item = wait_for("the icon", || Item::of_hoofbeat(&bus));
    let fired = wait_for("the notification", || server.received().first().cloned());
    assert!(fired.body.contains("Arbeitsspeicher: 12 GiB &lt;/b&gt;"), "{fired:?}");
    let buttons: Vec<_> = fired.actions.iter().map(|(_, label)| label.as_str()).collect();
    assert_eq!(buttons, ["Hoofbeat öffnen", "Öffnen", "1 h stumm"]);

    let labels = || item.menu().map(|rows| rows.into_iter().map(|row| row.label).collect::<Vec<_>>());
    let rows = labels().expect("the icon has a menu");
    for wanted in
        ["Hoofbeat öffnen", "Alarme 1 h stummschalten", "1 Stunde pausieren", "Beim Anmelden starten", "Beenden"]
    {
        assert!(rows.iter().any(|row| row == wanted), "no {wanted} in {rows:?}");
    }
    let (snooze, _) = fired.actions.iter().find(|(_, label)| label == "1 h stumm").expect("it was found before");
    server.press(&fired, snooze).expect("the bus runs");
    let answered = wait_for("what came of it", || server.received().into_iter().nth(1));
    assert!(answered.title.starts_with("Stumm bis "), "{answered:?}");
    wait_until("the way to undo it", || {
        let is_undo = |row: &String| row.starts_with("Stumm bis ") && row.ends_with(" · Aufheben");
        labels().is_ok_and(|rows| rows.iter().any(is_undo))
    });
    item.choose("1 Stunde pausieren").expect("it can be chosen");
    wait_until("the pause in the menu", || {
        labels().is_ok_and(|rows| {
            rows[0].starts_with("Pausiert bis ") && rows.iter().any(|row| row == "Aufzeichnung fortsetzen")
        })
    });
    // Whoever searches a log or reads a table does so in one language.
    assert!(watch.log().contains("Memory used at 12 GiB"), "{}", watch.log());
    let status = desktop.run(&["status"]);
    assert!(String::from_utf8_lossy(&status.stdout).contains("Paused"), "{status:?}");
}
