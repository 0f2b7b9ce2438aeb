//! What the desktop offers: message bus, tray, notifications, the window's program.

use zbus::connection::{Builder, Connection};
use zbus::fdo::DBusProxy;

use super::Finding;
use crate::{bus, program, window};

/// All checks of the desktop. A machine without one is no worse a recorder, so none of them fails.
pub fn check() -> Vec<Finding> {
    let mut findings = match async_io::block_on(session()) {
        Ok(findings) => findings,
        Err(error) => {
            let remedy =
                "none is needed on a server (`hoofbeat watch --headless`); in a session, install dbus-user-session";
            vec![Finding::warning("bus", format!("no session bus: no tray icon, no notifications ({error})"), remedy)]
        }
    };
    findings.push(match program::find(window::PROGRAM) {
        Ok(program) => Finding::ok("window", program.display().to_string()),
        Err(problem) => Finding::warning("window", problem, "install the package with the window"),
    });
    findings
}

async fn session() -> zbus::Result<Vec<Finding>> {
    let connection = bus::connect(Builder::session()?).await?;
    let look = async {
        let names = DBusProxy::new(&connection).await?;
        let mut findings = vec![Finding::ok("bus", "the session bus answers")];
        findings.push(match names.name_has_owner(bus::TRAY_HOST.try_into()?).await? {
            true => Finding::ok("tray", "the desktop has a tray"),
            false => {
                let remedy = "on GNOME install the AppIndicator extension; elsewhere add a tray to the panel";
                Finding::warning("tray", "the desktop shows no tray icons", remedy)
            }
        });
        findings.push(notifications(&connection).await);
        Ok(findings)
    };
    bus::driven(&connection, look).await
}

/// Asking starts the server where the desktop starts it on demand, as a notification would.
async fn notifications(connection: &Connection) -> Finding {
    const NAME: &str = "notifications";
    let call = |method: &'static str| {
        let path = "/org/freedesktop/Notifications";
        connection.call_method(Some(bus::NOTIFICATIONS), path, Some(bus::NOTIFICATIONS), method, &())
    };
    let asked = async {
        let server: (String, String, String, String) = call("GetServerInformation").await?.body().deserialize()?;
        let capabilities: Vec<String> = call("GetCapabilities").await?.body().deserialize()?;
        zbus::Result::Ok((server, capabilities))
    };
    match asked.await {
        Ok(((name, _, version, _), capabilities)) => {
            let capabilities = capabilities.join(", ");
            let message = format!("shown by {name} {version} ({capabilities})");
            if capabilities.contains("actions") {
                Finding::ok(NAME, message)
            } else {
                Finding::warning(NAME, message, "this server shows no buttons: open the window from the tray instead")
            }
        }
        Err(error) => {
            let remedy = "start a notification server (your desktop's own, dunst or mako)";
            Finding::warning(NAME, format!("nobody shows notifications ({error})"), remedy)
        }
    }
}
