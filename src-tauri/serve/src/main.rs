//! `hoofbeat-serve`: the pages of the window for a browser, on a machine without a screen or for a phone.
//!
//! It is a program of its own, which `hoofbeat serve` becomes, so that the recorder holds nothing of HTTP. Deliberately not
//! here: what a page may ask (`hoofbeat_page`), and TLS, which an SSH tunnel or a proxy in front of it gives.

mod access;
mod api;
mod line;
mod pages;
mod spoken;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use axum::serve::ListenerExt;
use clap::Parser;
use hoofbeat_page::Page;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::access::{Access, Token};
use crate::api::Server;

/// How many questions are answered at once.
const MOST_ANSWERS: usize = 8;

/// Shows Hoofbeat to a browser.
#[derive(Parser)]
#[command(name = "hoofbeat-serve", version)]
struct Arguments {
    /// The folder of the database [default: $HOOFBEAT_DATA_DIR, or else $XDG_DATA_HOME/hoofbeat]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Processes are read from DIR/proc instead of this machine's
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Where to listen; an address that others reach needs --token-file
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7667")]
    bind: SocketAddr,

    /// A file of mode 0600 with the token that a browser has to know; without it, a new one at each start
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// A name by which a browser may call this machine, beside localhost and addresses
    #[arg(long, value_name = "HOST")]
    name: Vec<String>,

    /// Let the page pause the recorder, snooze alerts, change the config and end processes of yours
    #[arg(long)]
    allow_changes: bool,
}

fn main() -> ExitCode {
    env_logger::init_from_env(env_logger::Env::default().default_filter_or("warn"));
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("hoofbeat serve: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), String> {
    let folder = hoofbeat_core::paths::data_folder(arguments.data_dir.as_deref()).map_err(|error| error.to_string())?;
    let token = match &arguments.token_file {
        Some(file) => Token::read(file)?,
        None if arguments.bind.ip().is_loopback() => Token::new()?,
        None => return Err(no_token(arguments.bind)),
    };
    let server = Arc::new(Server::new(
        Page::new(&folder, arguments.root.as_deref()),
        Access::new(&token, arguments.name),
        arguments.allow_changes,
    ));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MOST_ANSWERS)
        .build()
        .map_err(|error| format!("the system gives no event loop: {error}"))?;
    let ended = runtime.block_on(async {
        let listener = listen(arguments.bind).await?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        say(address, &token, arguments.token_file.as_deref(), arguments.allow_changes);
        let listener = listener.tap_io(|connection| {
            if let Err(error) = line::limit(&*connection) {
                log::debug!("a connection that dies will be noticed late: {error}");
            }
        });
        let mut stops = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()]
            .into_iter()
            .map(signal)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("signals cannot be heard: {error}"))?;
        let [first, second, third] = &mut stops[..] else { return Err("three signals are heard".to_owned()) };
        let stopped = async {
            tokio::select! { _ = first.recv() => {} _ = second.recv() => {} _ = third.recv() => {} }
        };
        // Whoever listens to news would keep an orderly end waiting for ever: connections end with the program.
        tokio::select! {
            served = axum::serve(listener, api::router(server)) => served.map_err(|error| error.to_string()),
            () = stopped => Ok(()),
        }
    });
    // A question that is being answered still holds a thread; it only reads, or changes what one transaction holds, or
    // waits for a process that was asked to end, which is then not made to.
    runtime.shutdown_background();
    ended
}

async fn listen(at: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(at).await.map_err(|error| format!("cannot listen on {at}: {error}. Choose another with --bind"))
}

fn no_token(at: SocketAddr) -> String {
    format!(
        "{at} can be reached from elsewhere, and so needs a token of your own: make one with\n    \
         (umask 077; head -c 24 /dev/urandom | base64 > hoofbeat.token)\n\
         and start again with --token-file hoofbeat.token"
    )
}

/// Tells the person where to look.
fn say(address: SocketAddr, token: &Token, file: Option<&Path>, may_change: bool) {
    let mut lines = vec![match file {
        Some(file) => format!("Hoofbeat is at http://{address}/ for who knows the token in {}.", file.display()),
        None => format!("Open http://{address}/?token={}", token.text()),
    }];
    if !address.ip().is_loopback() {
        let words =
            "What is sent there can be read on the way: on a network that is not yours alone, use an SSH tunnel.";
        lines.push(words.to_owned());
    }
    if !may_change {
        let words = "The page only shows. With --allow-changes it may pause the recorder, snooze alerts, change the \
                     config and end processes of yours.";
        lines.push(words.to_owned());
    }
    // Nobody may read it any more, and browsers are served all the same.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
}
