//! Asks Zoom over REST: keeps tokens, sends, tries again a few times. What is said is in `zoom::rest`, how it travels in
//! `dial`.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use dial::{DialError, Dialer, HostPattern, HttpRequest, HttpResponse};
use model::{Blame, Fault, Secret};
use tokio::time::sleep;
use zoom::{
    Product,
    rest::{self, Action, Meeting, Request, RestError, Retry, Token},
};

use crate::App;

/// How large an answer may be, in bytes.
const ANSWER_LIMIT_BYTES: usize = 64 << 10;
/// How long one request may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long before its end a token is used no more.
const SPARE: Duration = Duration::from_secs(60);
/// How long a token is used at most, whatever Zoom says.
const LONGEST: Duration = Duration::from_secs(3_600);
/// How often the same is asked in one go, new tokens not counted.
const TRIES: u32 = 3;
/// How long is waited in all in one go; whoever has more patience asks again.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where Zoom answers over REST, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestSettings {
    /// Where streams are controlled; an `https` address, with or without a slash at its end.
    pub api_url: String,
    /// Where tokens are given out; an `https` address.
    pub oauth_url: String,
    /// What proves who asks for an app, by its client id, where that is not the app itself.
    pub keys: HashMap<String, RestKey>,
}

impl Default for RestSettings {
    /// Zoom's own, where each app asks for itself.
    fn default() -> Self {
        Self {
            api_url: "https://api.zoom.us/v2".to_owned(),
            oauth_url: "https://zoom.us/oauth/token".to_owned(),
            keys: HashMap::new(),
        }
    }
}

/// What proves to Zoom's REST who asks. A General app gets no tokens of an account; another app has to ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestKey {
    /// The credentials of a server-to-server app, which gets tokens of its account.
    ServerToServer {
        /// Its client id.
        client_id: String,
        /// Its client secret.
        client_secret: Secret<String>,
        /// The account.
        account_id: String,
    },
    /// The API key of a Video SDK account, with which tokens for its sessions are made here.
    VideoSdk {
        /// The API key.
        api_key: String,
        /// The API secret.
        api_secret: Secret<String>,
    },
}

/// Why Zoom did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestFailure {
    /// The app has no account to ask with.
    #[error("the app names no Zoom account; set `rest` in its [[zoom.apps]]")]
    NoAccount,
    /// Zoom could not be asked.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// Zoom refused.
    #[error(transparent)]
    Refused(#[from] RestError),
}

impl RestFailure {
    /// Whether asking the same again later can help.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::NoAccount => false,
            Self::Dial(error) => !error.permanent(),
            Self::Refused(error) => matches!(error.retry(), Retry::After(_)),
        }
    }

    /// How long Zoom wants to be left alone.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(error) => match error.retry() {
                Retry::After(pause) => Some(pause),
                Retry::Never | Retry::NewToken => None,
            },
            Self::NoAccount | Self::Dial(_) => None,
        }
    }
}

impl Fault for RestFailure {
    fn blame(&self) -> Blame {
        match self {
            Self::NoAccount => Blame::Caller,
            Self::Dial(error) => error.blame(),
            Self::Refused(error) => error.blame(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoAccount => "zoom_rest_no_account",
            Self::Dial(error) => error.code(),
            Self::Refused(error) => error.code(),
        }
    }
}

type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What carries requests, and lets time pass between them.
trait Carrier: Send + Sync {
    fn carry(&self, request: Request) -> Pending<'_, Result<HttpResponse, DialError>>;
    fn wait(&self, pause: Duration) -> Pending<'_, ()>;
}

impl Carrier for Dialer {
    fn carry(&self, request: Request) -> Pending<'_, Result<HttpResponse, DialError>> {
        Box::pin(async move {
            let headers: Vec<(&str, &str)> =
                request.headers.iter().map(|(name, value)| (*name, value.expose().as_str())).collect();
            let request =
                HttpRequest { method: request.method, url: &request.url, headers: &headers, body: request.body };
            self.http(request, ANSWER_LIMIT_BYTES, DEADLINE).await
        })
    }

    fn wait(&self, pause: Duration) -> Pending<'_, ()> {
        Box::pin(sleep(pause))
    }
}

/// A token and until when it is used.
#[derive(Clone)]
struct Held {
    token: Token,
    until: Instant,
}

impl Held {
    fn new(token: Token, now: Instant) -> Self {
        let good_for = Duration::from_secs(token.expires_in_s).min(LONGEST);
        Self { token, until: now + good_for.saturating_sub(SPARE) }
    }
}

/// The token of one app; whoever fetches a new one has the lock, and everybody else waits for it.
type Safe = Arc<tokio::sync::Mutex<Option<Held>>>;

/// Asks Zoom over REST. Clones are the same one.
#[derive(Clone)]
pub struct Rest {
    carrier: Arc<dyn Carrier>,
    settings: Arc<RestSettings>,
    /// By client id and account.
    safes: Arc<Mutex<HashMap<(String, String), Safe>>>,
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Rest {
    /// Over connections of `dialer`, which may also go to the hosts that `settings` names.
    pub fn new(dialer: Dialer, settings: RestSettings) -> Self {
        // An address that is none is refused, with its reason, as soon as it is dialled.
        let hosts = [&settings.api_url, &settings.oauth_url].map(|url| HostPattern::of_url(url).ok());
        Self::over(Arc::new(dialer.with_http_hosts(hosts.into_iter().flatten())), settings)
    }

    fn over(carrier: Arc<dyn Carrier>, settings: RestSettings) -> Self {
        let api_url = settings.api_url.trim_end_matches('/').to_owned();
        Self { carrier, settings: Arc::new(RestSettings { api_url, ..settings }), safes: Arc::default() }
    }

    /// Asks for `action` on the stream that `app` has, or shall have, in a meeting: its number where there is one, else
    /// its opaque id. `user` is the Zoom user on whose behalf the stream runs. That Zoom agreed is all that this tells;
    /// what happens is announced by webhook.
    ///
    /// Asks up to three times within some seconds where that may help, and once more with a new token where the old one is
    /// not taken.
    ///
    /// # Errors
    /// A [`RestFailure`]; [`RestFailure::may_pass`] tells whether to ask again.
    pub async fn ask(
        &self,
        app: &App,
        product: Product,
        meeting: &str,
        action: Action,
        user: Option<&str>,
    ) -> Result<(), RestFailure> {
        let (mut tries, mut patience, mut is_renewed) = (1, PATIENCE, false);
        loop {
            let outcome = match self.token_for(app, product).await {
                Ok(token) => self.ask_with(&token, app, Meeting { product, id: meeting }, action, user).await,
                Err(failure) => Err(failure),
            };
            let retry = match &outcome {
                Err(RestFailure::Refused(error)) => error.retry(),
                _ => return outcome,
            };
            match retry {
                Retry::NewToken if !is_renewed => is_renewed = true,
                Retry::After(pause) if tries < TRIES && pause <= patience => {
                    (tries, patience) = (tries + 1, patience - pause);
                    self.carrier.wait(pause).await;
                }
                Retry::NewToken | Retry::After(_) | Retry::Never => return outcome,
            }
        }
    }

    /// Asks once. A token that is not taken is forgotten.
    async fn ask_with(
        &self,
        token: &Token,
        app: &App,
        meeting: Meeting<'_>,
        action: Action,
        user: Option<&str>,
    ) -> Result<(), RestFailure> {
        let request = rest::status_request(&self.settings.api_url, meeting, action, &app.client_id, user, token);
        let response = self.carrier.carry(request).await?;
        let outcome = rest::read_outcome(response.status, &response.body, response.retry_after.as_deref());
        if matches!(&outcome, Err(error) if error.retry() == Retry::NewToken) {
            let safe = self.safe(app);
            let mut held = safe.lock().await;
            // Somebody else may have fetched a new one meanwhile.
            held.take_if(|held| held.token == *token);
        }
        Ok(outcome?)
    }

    /// The token with which an app asks for a product of Zoom's.
    async fn token_for(&self, app: &App, product: Product) -> Result<Token, RestFailure> {
        match self.settings.keys.get(&app.client_id) {
            Some(RestKey::VideoSdk { api_key, api_secret }) if product == Product::VideoSdk => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Ok(rest::video_sdk_token(api_key, api_secret, since.as_secs()))
            }
            _ => self.token(app).await,
        }
    }

    /// The token of the account that an app asks with, fetched if there is none that is good for a while.
    ///
    /// # Errors
    /// A [`RestFailure`]; [`RestFailure::may_pass`] tells whether to ask again.
    pub async fn token(&self, app: &App) -> Result<Token, RestFailure> {
        let (client_id, client_secret, account_id) = self.account(app);
        if account_id.is_empty() {
            return Err(RestFailure::NoAccount);
        }
        let safe = self.safe(app);
        let mut held = safe.lock().await;
        if let Some(held) = held.as_ref().filter(|held| Instant::now() < held.until) {
            return Ok(held.token.clone());
        }
        let request = rest::token_request(&self.settings.oauth_url, client_id, client_secret, account_id);
        let response = self.carrier.carry(request).await?;
        let token = rest::read_token(response.status, &response.body, response.retry_after.as_deref())?;
        *held = Some(Held::new(token.clone(), Instant::now()));
        Ok(token)
    }

    /// Client id, client secret and account with which tokens are fetched for an app.
    fn account<'a>(&'a self, app: &'a App) -> (&'a str, &'a Secret<String>, &'a str) {
        match self.settings.keys.get(&app.client_id) {
            Some(RestKey::ServerToServer { client_id, client_secret, account_id }) => {
                (client_id, client_secret, account_id)
            }
            Some(RestKey::VideoSdk { .. }) | None => (&app.client_id, &app.client_secret, &app.account_id),
        }
    }

    fn safe(&self, app: &App) -> Safe {
        let (client_id, _, account_id) = self.account(app);
        let mut safes = self.safes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(safes.entry((client_id.to_owned(), account_id.to_owned())).or_default())
    }
}

#[cfg(test)]
mod tests;
