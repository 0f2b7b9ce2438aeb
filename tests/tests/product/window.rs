//! The window, as WebKit shows it.

use std::os::unix::fs::PermissionsExt;

use hoofbeat_product_tests::webdriver::Window;
use hoofbeat_product_tests::{Desktop, Program, wait_for, wait_until};
use rustix::process::Signal;

#[test]
fn it_shows_live_values_and_a_chart() {
    let Some(desktop) = Desktop::start() else { return };
    let mut watch = desktop.watch(&[]);
    // Something for the chart to show.
    desktop.wait_for_ticks(5);
    let window = Window::open(&desktop);

    // The locale of this sandbox is C.UTF-8, which once left a blank page.
    let headline = window.wait_for_text("headline", |text| !text.is_empty());
    assert!(!headline.contains("undefined") && !headline.contains("NaN"), "{headline}");
    window.wait_for_text("recorder-state", |text| text.to_lowercase().contains("recording"));
    let memory = window.wait_for_text("card-memory", |text| text.contains("GiB"));
    assert!(!memory.contains("NaN"), "{memory}");
    let first = window.wait_for_text("card-cpu", |text| text.contains('%'));
    window.wait_for_text("card-cpu", |text| text.contains('%') && text != first);

    // A chart is drawn: some pixels of its canvas are not empty.
    let painted = "const canvas = document.querySelector('[data-testid=chart] canvas');
        if (!canvas || !canvas.width) return 0;
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return pixels.filter((value, at) => at % 4 === 3 && value > 0).length;";
    wait_until("a drawn chart", || window.script(painted).is_ok_and(|count| count.as_u64() > Some(100)));
    for range in ["range-24h", "range-30d", "range-1h"] {
        window.click(range);
        let pressed = format!("return document.querySelector('[data-testid={range}]').getAttribute('aria-pressed')");
        wait_until(range, || window.script(&pressed).is_ok_and(|value| value == "true"));
        wait_until("a drawn chart", || window.script(painted).is_ok_and(|count| count.as_u64() > Some(100)));
    }
    let metrics = "return document.querySelectorAll('[data-testid=metric-picker] option').length";
    assert!(window.script(metrics).expect("the page answers").as_u64() > Some(5));

    // The list of processes holds this test, under the name that `top` has for it.
    let top = desktop.json(&["top", "--number", "0", "--interval", "50ms"]);
    let own = |line: &&serde_json::Value| line["pid"] == std::process::id();
    let name = top["processes"].as_array().and_then(|all| all.iter().find(own)?["identity"].as_str());
    let name = name.expect("this process runs");
    window.click("page-processes");
    window.wait_for_text("processes", |text| text.contains("processes in"));
    // Only what can be seen is drawn, so this one is looked for as a person would.
    let find = format!(
        "const field = document.querySelector('[data-testid=processes] [type=search]'); \
         field.value = {}; field.dispatchEvent(new Event('input'))",
        std::process::id()
    );
    window.script(&find).expect("the page answers");
    let names = "return document.querySelector('[data-testid=processes] [role=treegrid]')?.textContent ?? ''";
    wait_until("this test in the list", || {
        window.script(names).is_ok_and(|names| names.as_str().is_some_and(|names| names.contains(name)))
    });
    let all = "const field = document.querySelector('[data-testid=processes] [type=search]'); \
               field.value = ''; field.dispatchEvent(new Event('input'))";
    window.script(all).expect("the page answers");
    // However long it is, its column scrolls and the page stands.
    let beyond = "return document.documentElement.scrollHeight - innerHeight";
    assert_eq!(window.script(beyond).expect("the page answers").as_i64(), Some(0));

    // Who looks must not take old values for new ones.
    watch.end(Signal::TERM);
    let state = window.wait_for_text("recorder-state", |text| !text.to_lowercase().starts_with("recording "));
    assert!(!state.is_empty());
}

#[test]
fn the_past_is_drawn_and_a_part_of_it_is_chosen_with_keys() {
    let Some(desktop) = Desktop::start() else { return };
    let _watch = desktop.watch(&[]);
    desktop.wait_for_ticks(5);
    let window = Window::open(&desktop);
    let script = |text: &str| window.script(text).expect("the page answers");
    window.wait_for_text("recorder-state", |text| text.to_lowercase().contains("recording"));
    window.click("page-history");
    window.click("past-1h");
    let painted = "const canvas = document.querySelector('[data-testid=\"strip-cpu.utilization\"] canvas');
        if (!canvas || !canvas.width) return 0;
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return pixels.filter((value, at) => at % 4 === 3 && value > 0).length;";
    wait_until("a drawn chart", || window.script(painted).is_ok_and(|count| count.as_u64() > Some(100)));

    // The last minutes, by the keys of the crosshair.
    let press = |key: &str, shift: bool| {
        script(&format!(
            "document.querySelector('[data-testid=past-time]').dispatchEvent(
                new KeyboardEvent('keydown', {{ key: '{key}', shiftKey: {shift}, bubbles: true }}))"
        ));
    };
    press("End", false);
    (0..3).for_each(|_| press("ArrowLeft", true));
    press("Enter", false);
    wait_until("an address of its own", || {
        script("return location.hash").as_str().is_some_and(|hash| hash.contains("from=") && hash.contains("to="))
    });
    wait_until("a drawn chart", || window.script(painted).is_ok_and(|count| count.as_u64() > Some(100)));
    let beyond = "return document.documentElement.scrollHeight - innerHeight";
    assert_eq!(script(beyond).as_i64(), Some(0));
    window.click("past-back");
    wait_until("the hour", || script("return location.hash") == "#/history?span=1h");
}

#[test]
fn a_chart_is_saved_where_downloads_lie_and_copied() {
    let Some(desktop) = Desktop::start() else { return };
    let folder = desktop.path("home/Receipts");
    // As a desktop tells where downloads belong; the folder itself comes with the first of them.
    std::fs::write(desktop.path("home/.config/user-dirs.dirs"), "XDG_DOWNLOAD_DIR=\"$HOME/Receipts\"\n")
        .expect("our own folder is writable");
    let _watch = desktop.watch(&[]);
    desktop.wait_for_ticks(5);
    let window = Window::open(&desktop);
    window.wait_for_text("recorder-state", |text| text.to_lowercase().contains("recording"));
    window.click("page-history");
    window.click("past-15m");
    let open = "const button = document.querySelector('[aria-label=\"Copy or save: CPU busy\"]');
        button?.click();
        return button !== null";
    wait_until("the chart's menu", || window.script(open).is_ok_and(|is_there| is_there == true));

    // What is said, and only where it was, is true.
    let saved = |deed: &str, end: &str| {
        window.click(&format!("take-{deed}"));
        let said = window.wait_for_text("taken", |text| text.ends_with(&format!(".{end}.")));
        let name = said.strip_prefix("Saved as ~/Receipts/").and_then(|rest| rest.strip_suffix('.'));
        let path = folder.join(name.unwrap_or_else(|| panic!("it says `{said}`")));
        let mode = std::fs::metadata(&path).expect("the file is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{said}");
        std::fs::read(&path).expect("the file can be read")
    };
    let table = String::from_utf8(saved("save-csv", "csv")).expect("it is UTF-8");
    let mut lines = table.split_terminator("\r\n");
    let head = "ts,time,source,label,step (s),cpu.utilization min (%),cpu.utilization avg (%),cpu.utilization max (%)";
    assert_eq!(lines.next(), Some(head));
    let first = lines.next().expect("something was recorded");
    let cells: Vec<_> = first.split(',').collect();
    assert!(cells[0].parse::<i64>().is_ok() && cells[1].ends_with("+00:00") && cells[2] == "cpu", "{first}");

    let image = String::from_utf8(saved("save-svg", "svg")).expect("it is UTF-8");
    assert!(image.contains("<title>CPU busy</title>") && image.trim_end().ends_with("</svg>"), "{image}");
    let picture = saved("save-png", "png");
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"), "{:?}", picture.get(..16));
    // WebKit has drawn it, and not only a ground in one colour: that would be some thousand bytes.
    assert!(picture.len() > 20_000, "{} bytes", picture.len());

    // Under the same name, and beside the first.
    let again = saved("save-csv", "csv");
    assert!(again.starts_with(head.as_bytes()));
    let tables = std::fs::read_dir(&folder).expect("the folder is there").flatten();
    assert_eq!(tables.filter(|file| file.path().extension().is_some_and(|end| end == "csv")).count(), 2);

    for deed in ["copy-csv", "copy-image"] {
        window.click(&format!("take-{deed}"));
        window.wait_for_text("taken", |text| text == "Copied.");
    }
}

#[test]
fn closing_it_leaves_the_recorder_and_nothing_else() {
    let Some(desktop) = Desktop::start() else { return };
    let mut command = desktop.product("hoofbeat-desktop", &[]);
    let mut program = Program::start("desktop", &mut command, &desktop.logs());
    let window = desktop.wait_for_window("Hoofbeat");
    // Nobody had started a recorder, so the window did.
    wait_until("a recorder", || desktop.status().is_some_and(|status| status["recorder"]["state"] == "recording"));

    // A second start shows the same window.
    let again = desktop.product("hoofbeat-desktop", &[]).status().expect("it can be started");
    assert!(again.success());
    assert_eq!(desktop.windows().iter().filter(|(_, title)| title.contains("Hoofbeat")).count(), 1);

    desktop.close_window(&window);
    let ended = program.wait(hoofbeat_product_tests::LIMIT);
    assert!(ended.success(), "{ended}: {}", program.log());
    wait_until("the end of WebKit's processes", || {
        desktop.processes().iter().all(|(_, name)| !name.starts_with("WebKit") && name != "hoofbeat-desktop")
    });
    assert_eq!(desktop.named("hoofbeat").len(), 1, "{:?}", desktop.processes());
    desktop.wait_for_ticks(2);
}

#[test]
fn an_empty_folder_is_no_blank_page() {
    let Some(desktop) = Desktop::start() else { return };
    let window = Window::open(&desktop);
    let headline = window.wait_for_text("headline", |text| !text.is_empty());
    assert!(!headline.contains("undefined"), "{headline}");
    wait_for("values by and by", || window.text("card-memory").filter(|text| text.contains("GiB")));
}

#[test]
fn readme_names_every_folder_that_it_leaves() {
    let Some(desktop) = Desktop::start() else { return };
    let left = || {
        let above = [".config", ".local/share", ".local/state", ".cache"];
        let names = above.map(|above| {
            let entries = std::fs::read_dir(desktop.path("home").join(above)).into_iter().flatten().flatten();
            entries.map(|entry| format!("~/{above}/{}/", entry.file_name().display())).collect::<Vec<_>>()
        });
        names.concat()
    };
    let before = left();
    let mut command = desktop.product("hoofbeat-desktop", &[]);
    let mut program = Program::start("desktop", &mut command, &desktop.logs());
    let window = desktop.wait_for_window("Hoofbeat");
    wait_until("a recorder", || desktop.status().is_some_and(|status| status["recorder"]["state"] == "recording"));
    desktop.close_window(&window);
    program.wait(hoofbeat_product_tests::LIMIT);

    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).expect("the checkout has a README");
    let new: Vec<_> = left().into_iter().filter(|folder| !before.contains(folder)).collect();
    assert!(new.iter().any(|folder| folder.contains("state")), "the recorder's log is there: {new:?}");
    for folder in new {
        assert!(readme.contains(&format!("`{folder}`")), "README does not say that {folder} is left");
    }
}
