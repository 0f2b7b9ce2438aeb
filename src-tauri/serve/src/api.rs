//! The ways into the server: its pages, a question with its answer, and the news.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Form, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_lite::stream;
use hoofbeat_core::language::Language;
use hoofbeat_core::{language, say};
use hoofbeat_page::{Code, Failure, Page, Question, speaking};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::access::{self, Access};
use crate::pages;
use crate::spoken::{self, Spoken};

/// The largest question: a rule with all its texts is a fraction of that.
const MOST_BYTES: usize = 64 * 1024;
/// So many browsers may listen at once; each costs a thread and an open database.
const MOST_LISTENERS: usize = 16;
/// Where there are no news, it is said so often that the line is whole: neither what stands in between nor the page
/// (`ui/src/lib/http.ts`) then takes it for dead.
const ALIVE: Duration = Duration::from_secs(5);
/// Who says a wrong token waits for the answer.
const WRONG_TOKEN: Duration = Duration::from_millis(500);

/// What all requests share.
pub struct Server {
    page: Arc<Page>,
    access: Access,
    may_change: bool,
    listeners: Arc<Semaphore>,
}

impl Server {
    /// Shows `page` to whom `access` allows it.
    pub fn new(page: Page, access: Access, may_change: bool) -> Server {
        let listeners = Arc::new(Semaphore::new(MOST_LISTENERS));
        Server { page: Arc::new(page), access, may_change, listeners }
    }
}

/// Every way in.
pub fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/api/ask", post(ask))
        .route("/api/news", get(news))
        .route("/token", post(token))
        .fallback(get(page))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&server), guard))
        .with_state(server)
}

/// What a form or an address says of the token.
#[derive(Deserialize)]
struct Said {
    token: Option<String>,
}

/// Lets in who may come in, and has every answer say what browsers are to keep from it.
async fn guard(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let language = spoken::asked(request.uri()).unwrap_or_else(|| spoken::of(request.headers()));
    let mut response = match language::within(language, || refuse(&server, &request)) {
        Some(refused) => refused,
        None => next.run(request).await,
    };
    for (name, value) in pages::HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

fn refuse(server: &Server, request: &Request) -> Option<Response> {
    let headers = request.headers();
    let host = host(headers);
    if !server.access.is_ours(host) {
        let words =
            say!("This machine is not called that. Use its address, or start `hoofbeat serve --name` with this name.");
        return Some((StatusCode::MISDIRECTED_REQUEST, format!("{words}\n")).into_response());
    }
    // Browsers say with every request that may change something from which page it comes.
    let is_foreign = match headers.get(header::ORIGIN) {
        Some(origin) => !origin.to_str().is_ok_and(|origin| access::is_own_page(origin, host)),
        None => false,
    };
    if is_foreign {
        return Some(failed(Failure::new(Code::NotAllowed, say!("Only Hoofbeat's own page may ask."))));
    }
    let is_open = ["/", "/token", pages::SIGN_IN_STYLE].contains(&request.uri().path());
    if is_open || is_signed_in(server, headers) {
        return None;
    }
    Some(failed(Failure::new(Code::SignIn, say!("This browser has not said the token."))))
}

fn is_signed_in(server: &Server, headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    server.access.is_signed_in(cookies, host(headers))
}

/// What the browser calls us.
fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The pages. Their first one asks for the token where it is not known; an address may say it.
async fn page(State(server): State<Arc<Server>>, Query(said): Query<Said>, request: Request) -> Response {
    let (path, language) = (request.uri().path(), spoken::of(request.headers()));
    if path == "/" {
        if let Some(token) = said.token {
            return sign_in(&server, &token, request.headers(), language).await;
        }
        if !is_signed_in(&server, request.headers()) {
            return language::within(language, || pages::sign_in(false));
        }
    }
    let nothing = || format!("{}\n", language::within(language, || say!("There is no such page.")));
    pages::file(path, server.may_change).unwrap_or_else(|| (StatusCode::NOT_FOUND, nothing()).into_response())
}

/// The token, from the form of a browser that did not know it.
async fn token(State(server): State<Arc<Server>>, headers: HeaderMap, Form(said): Form<Said>) -> Response {
    sign_in(&server, said.token.as_deref().unwrap_or_default(), &headers, spoken::of(&headers)).await
}

async fn sign_in(server: &Server, token: &str, headers: &HeaderMap, language: Language) -> Response {
    if server.access.knows(token) {
        return language::within(language, || pages::signed_in(&server.access.cookie(host(headers))));
    }
    tokio::time::sleep(WRONG_TOKEN).await;
    language::within(language, || pages::sign_in(true))
}

/// The answer to a question.
async fn ask(
    State(server): State<Arc<Server>>,
    Query(Spoken { language }): Query<Spoken>,
    question: Result<Json<Question>, JsonRejection>,
) -> Response {
    let question = match speaking(language, || allowed(&server, question)) {
        Ok(question) => question,
        Err(failure) => return failed(failure),
    };
    let page = Arc::clone(&server.page);
    match tokio::task::spawn_blocking(move || page.answer(question, language)).await {
        Ok(Ok(answer)) => {
            ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], answer).into_response()
        }
        Ok(Err(failure)) => failed(failure),
        Err(error) => failed(speaking(language, || {
            Failure::new(Code::Io, say!("The question could not be answered: {error}.", error))
        })),
    }
}

/// The question, if this page may ask it.
fn allowed(server: &Server, question: Result<Json<Question>, JsonRejection>) -> Result<Question, Failure> {
    let Json(question) =
        question.map_err(|error| Failure::new(Code::BadRequest, say!("That is no question: {error}.", error)))?;
    if question.changes() && !server.may_change {
        let words = say!("This page may only look. Start `hoofbeat serve --allow-changes` to change things from here.");
        return Err(Failure::new(Code::NotAllowed, words));
    }
    if question.is_about_the_session() {
        let words = say!(
            "Whether Hoofbeat starts at login is set on the machine itself, in its window or with hoofbeat autostart."
        );
        return Err(Failure::new(Code::NotAllowed, words));
    }
    if question.sets_a_channel() {
        let words = say!(
            "Which program or server is told of alerts is set on the machine itself, in its window or config.toml."
        );
        return Err(Failure::new(Code::NotAllowed, words));
    }
    Ok(question)
}

/// News, for as long as the browser listens.
async fn news(State(server): State<Arc<Server>>, Query(Spoken { language }): Query<Spoken>) -> Response {
    let Ok(place) = Arc::clone(&server.listeners).try_acquire_owned() else {
        let words = || say!("{count} browsers look already. Close one of them.", count = MOST_LISTENERS);
        return failed(Failure::new(Code::Busy, speaking(language, words)));
    };
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    // When the browser goes away, the stream is dropped, and with it what keeps the thread.
    let (stop, stopped) = channel();
    let page = Arc::clone(&server.page);
    let tell = move || {
        page.tell(language, &stopped, |news| match serde_json::to_string(&news) {
            Ok(text) => sender.blocking_send(text).is_ok(),
            Err(error) => {
                log::warn!("news cannot be sent: {error}");
                true
            }
        });
    };
    if let Err(error) = std::thread::Builder::new().name("news".into()).spawn(tell) {
        let words = || say!("The live view could not be started: {error}.", error);
        return failed(Failure::new(Code::Io, speaking(language, words)));
    }
    let news = stream::unfold((receiver, stop, place), |(mut receiver, stop, place)| async {
        let text = receiver.recv().await?;
        Some((Ok::<_, Infallible>(Event::default().data(text)), (receiver, stop, place)))
    });
    Sse::new(news)
        .keep_alive(KeepAlive::new().interval(ALIVE).event(Event::default().event("alive").data("yes")))
        .into_response()
}

fn failed(failure: Failure) -> Response {
    let status = match failure.code {
        Code::SignIn => StatusCode::UNAUTHORIZED,
        Code::NotAllowed | Code::Refused | Code::ReadOnly => StatusCode::FORBIDDEN,
        Code::NoRecording => StatusCode::NOT_FOUND,
        Code::BadRequest | Code::BadConfig => StatusCode::BAD_REQUEST,
        Code::CannotEnd => StatusCode::CONFLICT,
        Code::Busy | Code::Full => StatusCode::SERVICE_UNAVAILABLE,
        Code::Newer | Code::Damaged | Code::Io | Code::RecorderStart => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(failure)).into_response()
}
