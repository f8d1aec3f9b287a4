use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::{FutureExt, future::join_all};
use model::Secret;
use zoom::Wants;

use super::*;

/// A Zoom that answers from a script, and remembers what it was asked and how long it was left alone.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<Result<(u16, &'static str), DialError>>>,
    asked: Mutex<Vec<Request>>,
    waited: Mutex<Vec<Duration>>,
    /// Held by the test while answers shall not come.
    gate: tokio::sync::Mutex<()>,
}

impl Carrier for Scripted {
    fn carry(&self, request: Request) -> Pending<'_, Result<HttpResponse, DialError>> {
        self.asked.lock().expect("a lock").push(request);
        Box::pin(async {
            drop(self.gate.lock().await);
            let answer = self.answers.lock().expect("a lock").pop_front().expect("an answer is in the script");
            answer.map(|(status, body)| HttpResponse {
                status,
                date: None,
                retry_after: None,
                content_type: None,
                body: Bytes::from_static(body.as_bytes()),
            })
        })
    }

    fn wait(&self, pause: Duration) -> Pending<'_, ()> {
        self.waited.lock().expect("a lock").push(pause);
        Box::pin(std::future::ready(()))
    }
}

const FIRST: &str = r#"{"access_token":"first","expires_in":3600}"#;
const SECOND: &str = r#"{"access_token":"second","expires_in":3600}"#;
const SHORT: &str = r#"{"access_token":"short","expires_in":60}"#;
const NOT_YET: &str = r#"{"code":3000}"#;
const STALE: &str = r#"{"code":124}"#;

fn zoom(answers: &[(u16, &'static str)]) -> (Rest, Arc<Scripted>) {
    zoom_with(None, answers)
}

/// With a key for the app.
fn zoom_with(key: Option<RestKey>, answers: &[(u16, &'static str)]) -> (Rest, Arc<Scripted>) {
    let scripted =
        Arc::new(Scripted { answers: Mutex::new(answers.iter().copied().map(Ok).collect()), ..Default::default() });
    let settings = RestSettings {
        api_url: "https://api.test/v2/".to_owned(),
        oauth_url: "https://oauth.test/".to_owned(),
        keys: key.into_iter().map(|key| ("client".to_owned(), key)).collect(),
    };
    (Rest::over(Arc::clone(&scripted) as Arc<dyn Carrier>, settings), scripted)
}

fn server_to_server() -> RestKey {
    RestKey::ServerToServer {
        client_id: "asker".to_owned(),
        client_secret: Secret::new("hush".to_owned()),
        account_id: "other".to_owned(),
    }
}

fn video_sdk() -> RestKey {
    RestKey::VideoSdk { api_key: "key".to_owned(), api_secret: Secret::new("hush".to_owned()) }
}

fn app(account_id: &str) -> App {
    App {
        client_id: "client".to_owned(),
        client_secret: Secret::new("secret".to_owned()),
        want: Wants::default(),
        keep_revoked: false,
        account_id: account_id.to_owned(),
        restart: true,
    }
}

async fn start(rest: &Rest) -> Result<(), RestFailure> {
    rest.ask(&app("account"), Product::Meeting, "91234567890", Action::Start, Some("user")).await
}

impl Scripted {
    /// What was asked, each by its host and the end of its authorization.
    fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("a lock");
        let line = |request: &Request| {
            let authorization = request.headers.iter().find(|(name, _)| *name == "authorization").expect("a header");
            format!("{} {}", request.url, authorization.1.expose().split(' ').next_back().expect("a word"))
        };
        asked.iter().map(line).collect()
    }

    fn waited(&self) -> Vec<u64> {
        self.waited.lock().expect("a lock").iter().map(Duration::as_secs).collect()
    }
}

const OAUTH: &str = "https://oauth.test/ Y2xpZW50OnNlY3JldA==";
const API: &str = "https://api.test/v2/live_meetings/91234567890/rtms_app/status";

#[tokio::test]
async fn a_token_is_fetched_once_and_kept() {
    let (rest, zoom) = zoom(&[(200, FIRST), (204, ""), (202, "")]);
    assert_eq!(start(&rest).await, Ok(()));
    assert_eq!(start(&rest).await, Ok(()));
    assert_eq!(zoom.asked(), [OAUTH.to_owned(), format!("{API} first"), format!("{API} first")]);
}

#[tokio::test]
async fn a_token_that_is_about_to_end_is_not_used_again() {
    let (rest, zoom) = zoom(&[(200, SHORT), (204, ""), (200, FIRST), (204, "")]);
    assert_eq!(start(&rest).await, Ok(()));
    assert_eq!(start(&rest).await, Ok(()));
    assert_eq!(zoom.asked()[2..], [OAUTH.to_owned(), format!("{API} first")]);
    let now = Instant::now();
    let token = |expires_in_s| Token { bearer: Secret::new(String::new()), expires_in_s };
    assert_eq!(Held::new(token(600), now).until - now, Duration::from_secs(540));
    assert_eq!(Held::new(token(u64::MAX), now).until - now, Duration::from_secs(3_540), "an absurd time is no panic");
}

#[tokio::test]
async fn whoever_asks_meanwhile_waits_for_the_same_token() {
    let (rest, zoom) = zoom(&[(200, FIRST), (204, ""), (204, ""), (204, "")]);
    let closed = zoom.gate.lock().await;
    let mut all = Box::pin(join_all((0..3).map(|_| start(&rest))));
    assert!((&mut all).now_or_never().is_none());
    assert_eq!(zoom.asked(), [OAUTH], "one fetch at a time");
    drop(closed);
    assert_eq!(all.await, [Ok(()), Ok(()), Ok(())]);
    assert_eq!(zoom.asked().iter().filter(|line| *line == OAUTH).count(), 1);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_replaced_once() {
    let (rest, zoom) = zoom(&[(200, FIRST), (401, STALE), (200, SECOND), (204, "")]);
    assert_eq!(start(&rest).await, Ok(()));
    assert_eq!(zoom.asked(), [OAUTH.to_owned(), format!("{API} first"), OAUTH.to_owned(), format!("{API} second")]);

    let (rest, zoom) = self::zoom(&[(200, FIRST), (401, STALE), (200, SECOND), (401, STALE)]);
    let failure = start(&rest).await.expect_err("no token is taken");
    assert_eq!(failure.code(), "zoom_rest_token_refused");
    assert!(!failure.may_pass(), "or it would go on for ever");
    assert_eq!(zoom.asked().len(), 4);
}

#[tokio::test]
async fn what_may_pass_is_asked_three_times_with_pauses_and_then_left_to_the_caller() {
    let (rest, zoom) = zoom(&[(200, FIRST), (400, NOT_YET), (503, ""), (204, "")]);
    assert_eq!(start(&rest).await, Ok(()));
    assert_eq!(zoom.waited(), [5, 5]);

    let (rest, zoom) = self::zoom(&[(200, FIRST), (400, NOT_YET), (400, NOT_YET), (400, NOT_YET)]);
    let failure = start(&rest).await.expect_err("never in progress");
    assert!(failure.may_pass());
    assert_eq!(failure.retry_after(), Some(Duration::from_secs(5)));
    assert_eq!(zoom.waited(), [5, 5]);

    let (rest, zoom) = self::zoom(&[(503, ""), (200, FIRST), (204, "")]);
    assert_eq!(start(&rest).await, Ok(()), "tokens are given out by a machine that may be busy too");
    assert_eq!(zoom.waited(), [5]);
}

#[tokio::test]
async fn what_does_not_pass_is_asked_once() {
    let cases: [(u16, &str, &str); 3] = [
        (400, r#"{"code":2308}"#, "zoom_rest_not_allowed"),
        (404, "", "zoom_rest_unknown_meeting"),
        (307, "", "zoom_rest_refused"),
    ];
    for (status, body, code) in cases {
        let (rest, zoom) = zoom(&[(200, FIRST), (status, body)]);
        let failure = start(&rest).await.expect_err(code);
        assert_eq!((failure.code(), failure.may_pass()), (code, false));
        assert_eq!(zoom.waited(), [0; 0]);
    }
    let (rest, _) = zoom(&[(400, "")]);
    assert_eq!(start(&rest).await.expect_err("refused").code(), "zoom_rest_bad_credentials");
}

#[tokio::test]
async fn without_an_account_nothing_is_asked() {
    let (rest, zoom) = zoom(&[]);
    let outcome = rest.ask(&app(""), Product::Meeting, "1", Action::Stop, None).await;
    assert_eq!(outcome, Err(RestFailure::NoAccount));
    assert_eq!(zoom.asked(), [""; 0]);
}

#[tokio::test]
async fn a_zoom_that_cannot_be_reached_is_the_callers_to_ask_again() {
    let (rest, zoom) = zoom(&[]);
    let silent = DialError::Dns { host: "oauth.test".to_owned(), reason: "no".to_owned() };
    zoom.answers.lock().expect("a lock").push_back(Err(silent.clone()));
    let failure = start(&rest).await.expect_err("no network");
    assert_eq!(failure, RestFailure::Dial(silent));
    assert!(failure.may_pass() && zoom.waited().is_empty());
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_with_its_reason() {
    let dialer = Dialer::new(dial::Policy::default(), None).expect("a dialer");
    for oauth_url in ["http://zoom.us/oauth/token", "nonsense", ""] {
        let settings = RestSettings { oauth_url: oauth_url.to_owned(), ..RestSettings::default() };
        let failure = start(&Rest::new(dialer.clone(), settings)).await.expect_err(oauth_url);
        assert!(matches!(failure, RestFailure::Dial(DialError::Refused { .. })), "{failure}");
        assert!(!failure.may_pass());
    }
}

/// A General app gets no token of an account (grant `account_credentials`), so another one asks for it.
#[tokio::test]
async fn a_server_to_server_app_asks_with_its_own_credentials_for_the_stream_of_the_app() {
    let (rest, zoom) = zoom_with(Some(server_to_server()), &[(200, FIRST), (401, STALE), (200, SECOND), (204, "")]);
    let outcome = rest.ask(&app(""), Product::Meeting, "91234567890", Action::Start, None).await;
    assert_eq!(outcome, Ok(()));
    const ASKER: &str = "https://oauth.test/ YXNrZXI6aHVzaA==";
    assert_eq!(zoom.asked(), [ASKER.to_owned(), format!("{API} first"), ASKER.to_owned(), format!("{API} second")]);
    let asked = zoom.asked.lock().expect("a lock");
    assert_eq!(asked[0].body, "grant_type=account_credentials&account_id=other");
    let body = String::from_utf8_lossy(&asked[1].body);
    assert!(body.contains(r#""client_id":"client""#), "the stream is that of the app: {body}");
}

#[tokio::test]
async fn a_video_sdk_session_is_asked_for_with_a_token_that_is_made_here() {
    let (rest, zoom) = zoom_with(Some(video_sdk()), &[(204, ""), (200, FIRST), (204, "")]);
    let ask = async |product| rest.ask(&app("account"), product, "s==", Action::Stop, None).await;
    assert_eq!(ask(Product::VideoSdk).await, Ok(()));
    let [line] = &zoom.asked()[..] else { panic!("nobody is asked for a token") };
    let (url, token) = line.split_once(' ').expect("a token");
    assert_eq!(url, "https://api.test/v2/videosdk/sessions/s%3D%3D/rtms_app/status");
    assert_eq!(token.split('.').count(), 3, "{token}");
    assert_eq!(ask(Product::Meeting).await, Ok(()));
    assert_eq!(zoom.asked()[1], OAUTH, "other products are asked for with an account");
}

#[test]
fn settings_that_are_printed_show_no_secret() {
    for key in [server_to_server(), video_sdk()] {
        let (rest, _) = zoom_with(Some(key), &[]);
        let printed = format!("{rest:?}");
        assert!(printed.contains("[secret]") && !printed.contains("hush"), "{printed}");
    }
}
