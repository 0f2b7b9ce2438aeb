//! The one window: shown at once, raised by a second launch, and kept on its own page.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use tauri::plugin::TauriPlugin;
use tauri::webview::{Color, NewWindowResponse};
use tauri::{AppHandle, Manager, Runtime, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use hoofbeat_page::Page;

/// The window's name; the capability in tauri.conf.json holds for it alone.
const LABEL: &str = "dashboard";
/// The argument of a second launch that closes the window where a person has it before their eyes: a click on the tray.
const TOGGLE: &str = "--toggle";
/// What stands behind the page until it has drawn itself: its own background, as in ui/src/app.css.
const LIGHT: Color = Color(0xf3, 0xf4, 0xf6, 0xff);
const DARK: Color = Color(0x10, 0x13, 0x18, 0xff);

/// Opens the window, and does not wait for its page: who clicked sees at once that something happens.
///
/// # Errors
/// WebKit or the display refused.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Hoofbeat")
        .inner_size(1280.0, 800.0)
        .min_inner_size(480.0, 400.0)
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    let background = if window.theme()? == Theme::Dark { DARK } else { LIGHT };
    window.set_background_color(Some(background))?;
    draw_without_gpu(&window)
}

/// Lets WebKit draw the page with the CPU alone. It changes little from second to second, and so costs less than a GPU
/// to draw with: a third of the memory, half of the time until it stands, and a GPU that may sleep is not used for it.
#[cfg(target_os = "linux")]
fn draw_without_gpu<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<()> {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebViewExt};
    window.with_webview(|webview| {
        if let Some(settings) = webview.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    })
}

#[cfg(not(target_os = "linux"))]
fn draw_without_gpu<R: Runtime>(_: &WebviewWindow<R>) -> tauri::Result<()> {
    Ok(())
}

/// One window a folder: a second launch raises it, and makes sure again that a recorder runs.
pub(crate) fn single_instance<R: Runtime>(folder: &Path, page: Arc<Page>) -> TauriPlugin<R> {
    tauri_plugin_single_instance::Builder::new()
        .dbus_id(bus_name(folder))
        .callback(move |app, arguments, _| {
            if let Some(window) = app.get_webview_window(LABEL) {
                if arguments.iter().any(|argument| argument == TOGGLE) && is_in_front(&window) {
                    // The program ends with its window.
                    if let Err(error) = window.close() {
                        log::warn!("the window does not close: {error}");
                    }
                    return;
                }
                let _ = window.unminimize();
                show(&window);
            }
            let page = page.clone();
            // On a thread, because this one answers the second launch, which waits.
            let _ = std::thread::Builder::new().name("recorder-start".into()).spawn(move || page.ensure_recorder());
        })
        .build()
}

/// Two folders are two recordings, and may have a window each.
fn bus_name(folder: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    // The folder may not exist yet at the first launch, and must have the same name at the second.
    let real =
        folder.ancestors().find_map(|above| Some((above.canonicalize().ok()?, folder.strip_prefix(above).ok()?)));
    real.map_or_else(|| folder.to_path_buf(), |(above, rest)| above.join(rest))
        .components()
        .for_each(|part| part.hash(&mut hasher));
    format!("io.github.hoofbeat.Hoofbeat.Folder{:016x}", hasher.finish())
}

/// Whether a person works in it. One that is merely open may be behind others, and who clicks then wants to see it.
fn is_in_front<R: Runtime>(window: &WebviewWindow<R>) -> bool {
    [window.is_visible(), window.is_focused()].into_iter().all(|is| is.unwrap_or(false))
}

fn show<R: Runtime>(window: &WebviewWindow<R>) {
    if let Err(error) = window.show().and_then(|()| window.set_focus()) {
        log::warn!("the window cannot be shown: {error}");
    }
}

/// Whether an address belongs to the bundle. Nothing else may be shown in the window that may call commands.
fn is_own_page(url: &Url) -> bool {
    // `tauri://localhost` on Linux and macOS, `http://tauri.localhost` on Windows.
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_page_has_its_colour() {
        let css = include_str!("../../ui/src/app.css");
        let hex = |Color(red, green, blue, _): Color| format!("#{red:02x}{green:02x}{blue:02x}");
        let page = format!("--page: light-dark({}, {});", hex(LIGHT), hex(DARK));
        assert!(css.contains(&page), "{page} is not in app.css");
    }

    #[test]
    fn only_the_bundle_may_be_shown() {
        #[track_caller]
        fn check(url: &str, expected: bool) {
            assert_eq!(is_own_page(&url.parse().unwrap()), expected, "{url}");
        }
        check("tauri://localhost/", true);
        check("tauri://localhost/index.html#/history", true);
        check("http://tauri.localhost/", true);
        check("tauri://evil/", false);
        check("http://tauri.localhost.evil.example/", false);
        check("http://tauri.localhost:8080/", false);
        check("https://example.org/", false);
        check("file:///etc/passwd", false);
        check("javascript:alert(1)", false);
        check("data:text/html,x", false);
        check("about:blank", false);
    }

    #[test]
    fn each_folder_has_its_own_name_on_the_bus() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(bus_name(a.path()), bus_name(&a.path().join(".")));
        assert_ne!(bus_name(a.path()), bus_name(b.path()));
        let later = a.path().join("later");
        let link = b.path().join("link");
        std::os::unix::fs::symlink(a.path(), &link).unwrap();
        let before = bus_name(&link.join("later"));
        std::fs::create_dir(&later).unwrap();
        assert_eq!(bus_name(&later), before);
    }
}
