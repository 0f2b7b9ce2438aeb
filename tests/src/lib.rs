//! A machine room for the whole product: the real programs, in a folder of their own, on a virtual desktop.
//!
//! [`Sandbox`] is the folder and the environment, [`Desktop`] adds X server, bus, window manager, panel and
//! notification server. Everything that is started here is ended here, by its pid, whatever the test did. Deliberately
//! not here: any import of Hoofbeat's crates. These tests know the product as a person does: by its programs, its
//! database, its D-Bus names and its window.

pub mod bus;
pub mod desktop;
pub mod gpus;
pub mod notifications;
pub mod program;
pub mod sandbox;
pub mod tray;
pub mod webdriver;

pub use desktop::Desktop;
pub use gpus::GpuMachine;
pub use program::{LIMIT, Program, wait_at_most, wait_for, wait_until};
pub use sandbox::Sandbox;
