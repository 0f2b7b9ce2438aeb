//! The ways of the page to Hoofbeat: questions, news, and files that a person takes along. They run beside the window's own thread, which must stay free
//! to draw. Each is declared in build.rs and named in a capability.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use hoofbeat_core::language::Language;
use hoofbeat_core::say;
use hoofbeat_page::{Code, Failure, News, Page, Question, speaking};
use tauri::ipc::{Channel, InvokeBody, Request, Response};
use tauri::{AppHandle, Manager, Runtime, State};

use crate::save;

/// The feed of the page that is shown: dropping the sender ends it. A page that was reloaded, or is seen again, subscribes again.
#[derive(Default)]
pub(crate) struct Feed(Mutex<Option<Sender<()>>>);

impl Feed {
    /// Ends it, and begins another one or none.
    pub(crate) fn replace(&self, next: Option<Sender<()>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

/// Pushes news over `channel` until the page ends that, the window closes or somebody subscribes again.
#[tauri::command(async)]
pub(crate) fn subscribe(
    page: State<'_, Arc<Page>>,
    feed: State<'_, Feed>,
    channel: Channel<News>,
    language: Option<Language>,
) -> Result<(), Failure> {
    let page = Arc::clone(&page);
    let (sender, stop) = self::channel();
    feed.replace(Some(sender));
    let thread = std::thread::Builder::new().name("feed".into());
    let started = thread.spawn(move || page.tell(language, &stop, |news| channel.send(news).is_ok()));
    let failed = |error| Failure::new(Code::Io, say!("The live view could not be started: {error}.", error));
    started.map(drop).map_err(|error: std::io::Error| speaking(language, || failed(error)))
}

/// Ends the news: nobody sees the page.
#[tauri::command(async)]
pub(crate) fn unsubscribe(feed: State<'_, Feed>) {
    feed.replace(None);
}

/// The answer to a question. Some take seconds, on a thread that nobody else waits for.
#[tauri::command]
pub(crate) async fn ask(
    page: State<'_, Arc<Page>>,
    question: Question,
    language: Option<Language>,
) -> Result<Response, Failure> {
    let page = Arc::clone(&page);
    let answered = tauri::async_runtime::spawn_blocking(move || page.answer(question, language)).await;
    let broken = |error| Failure::new(Code::Io, say!("The question could not be answered: {error}.", error));
    Ok(Response::new(answered.map_err(|error| speaking(language, || broken(error)))??))
}

/// Saves what a page made, under the name in the header `name`; where it lies, as a person says it.
#[tauri::command(async)]
pub(crate) fn save<R: Runtime>(app: AppHandle<R>, request: Request<'_>) -> Result<String, Failure> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let work = || {
        let (Some(name), InvokeBody::Raw(bytes)) = (header("name"), request.body()) else {
            return Err(Failure::new(Code::BadRequest, say!("A file needs a name and its bytes.")));
        };
        let unknown =
            |error| Failure::new(Code::Io, say!("Your home folder is not known, so nothing is saved: {error}.", error));
        let home = app.path().home_dir().map_err(unknown)?;
        let folder = save::folder(app.path().download_dir().ok(), &home);
        save::new_file(&folder, name, bytes).map(|path| save::spoken(&path, &home))
    };
    speaking(header("language").and_then(Language::of), work)
}
