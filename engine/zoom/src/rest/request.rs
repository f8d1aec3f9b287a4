//! What is sent. What comes back is in `answer`.

use std::fmt::Write as _;

use bytes::Bytes;
use model::Secret;
use serde_json::json;

use super::Token;
use crate::Product;

/// A request to send over HTTPS.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST`, `PATCH` or `PUT`.
    pub method: &'static str,
    /// An `https` address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(&'static str, Secret<String>)>,
    /// What is sent; may be empty.
    pub body: Bytes,
}

/// What shall become of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new stream begins, with a webhook.
    Start,
    /// The stream ends, with a webhook.
    Stop,
    /// Media is withheld.
    Pause,
    /// Media flows again.
    Resume,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 4] = [Self::Start, Self::Stop, Self::Pause, Self::Resume];

    /// Zoom's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }
}

/// A meeting, as REST wants to have it named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting<'a> {
    /// What kind it is.
    pub product: Product,
    /// The meeting number where there is one, else the product's opaque id, verbatim.
    pub id: &'a str,
}

/// Asks for a token by an account's credentials (Zoom's OAuth grant `account_credentials`).
pub fn token_request(oauth_url: &str, client_id: &str, client_secret: &Secret<String>, account_id: &str) -> Request {
    let pair = format!("{client_id}:{}", client_secret.expose());
    let basic = format!("Basic {}", base64_turbo::STANDARD.encode(pair.as_bytes()));
    let body = format!("grant_type=account_credentials&account_id={}", encoded(account_id));
    Request {
        method: "POST",
        url: oauth_url.to_owned(),
        headers: vec![
            ("authorization", Secret::new(basic)),
            ("content-type", Secret::new("application/x-www-form-urlencoded".to_owned())),
        ],
        body: body.into(),
    }
}

/// Asks for `action` on the stream that the app `client_id` has, or is to have, in a meeting; `user` is the Zoom user on
/// whose behalf it runs. `api_url` ends without a slash.
pub fn status_request(
    api_url: &str,
    meeting: Meeting<'_>,
    action: Action,
    client_id: &str,
    user: Option<&str>,
    token: &Token,
) -> Request {
    let id = path_segment(meeting.id);
    let (method, path) = match meeting.product {
        Product::Meeting | Product::Webinar => ("PATCH", format!("live_meetings/{id}/rtms_app/status")),
        Product::VideoSdk => ("PATCH", format!("videosdk/sessions/{id}/rtms_app/status")),
        Product::ContactCenter => ("PUT", format!("contact_center/{id}/rtms_app/status")),
        Product::Phone => ("PATCH", format!("phone/calls/{id}/rtms_app/status")),
    };
    let body = match meeting.product {
        // The SDK key of the token says which app it is.
        Product::VideoSdk => json!({ "action": action.name() }),
        _ => {
            let mut settings = json!({ "client_id": client_id });
            if let Some(user) = user {
                settings["participant_user_id"] = user.into();
            }
            json!({ "action": action.name(), "settings": settings })
        }
    };
    Request {
        method,
        url: format!("{api_url}/{path}"),
        headers: vec![
            ("authorization", Secret::new(format!("Bearer {}", token.bearer.expose()))),
            ("content-type", Secret::new("application/json".to_owned())),
        ],
        body: body.to_string().into(),
    }
}

/// An id within a path: an id with a slash in it must be encoded twice (protocol §13.1), and encoding twice is right for no
/// other.
fn path_segment(id: &str) -> String {
    if id.contains('/') {
        encoded(&encoded(id))
    } else if id.bytes().all(|byte| byte == b'.') {
        // Dots alone would climb the path; once encoded they are still read as dots.
        id.replace('.', "%252E")
    } else {
        encoded(id)
    }
}

/// Everything but RFC 3986's unreserved characters as `%XX`.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes everything");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token { bearer: Secret::new("TOKEN".to_owned()), expires_in_s: 3600 }
    }

    fn url(product: Product, id: &str) -> (&'static str, String) {
        let meeting = Meeting { product, id };
        let request = status_request("https://api.zoom.us/v2", meeting, Action::Stop, "client", None, &token());
        (request.method, request.url)
    }

    fn header(request: &Request, name: &str) -> String {
        let (_, value) = request.headers.iter().find(|(of, _)| *of == name).expect(name);
        value.expose().clone()
    }

    #[test]
    fn a_token_is_asked_for_with_the_apps_own_credentials() {
        let secret = Secret::new("secret".to_owned());
        let request = token_request("https://zoom.us/oauth/token", "client", &secret, "acc/1 2");
        assert_eq!((request.method, request.url.as_str()), ("POST", "https://zoom.us/oauth/token"));
        assert_eq!(header(&request, "authorization"), "Basic Y2xpZW50OnNlY3JldA==");
        assert_eq!(request.body, "grant_type=account_credentials&account_id=acc%2F1%202");
    }

    #[test]
    fn each_product_has_its_own_place() {
        let base = "https://api.zoom.us/v2";
        let cases = [
            (Product::Meeting, "91234567890", "PATCH", "live_meetings/91234567890/rtms_app/status"),
            (Product::Webinar, "91234567890", "PATCH", "live_meetings/91234567890/rtms_app/status"),
            (Product::VideoSdk, "session==", "PATCH", "videosdk/sessions/session%3D%3D/rtms_app/status"),
            (Product::ContactCenter, "ENG-1", "PUT", "contact_center/ENG-1/rtms_app/status"),
            (Product::Phone, "call-1", "PATCH", "phone/calls/call-1/rtms_app/status"),
        ];
        for (product, id, method, path) in cases {
            assert_eq!(url(product, id), (method, format!("{base}/{path}")));
        }
    }

    #[test]
    fn an_id_with_a_slash_is_encoded_twice() {
        let (_, address) = url(Product::Meeting, "/a+b==");
        assert!(address.ends_with("/live_meetings/%252Fa%252Bb%253D%253D/rtms_app/status"), "{address}");
        let (_, address) = url(Product::Meeting, "../users");
        assert!(!address.contains("/../"), "{address}");
        let (_, address) = url(Product::Meeting, "..");
        assert!(address.ends_with("/live_meetings/%252E%252E/rtms_app/status"), "{address}");
    }

    #[test]
    fn the_body_names_app_and_user() {
        let ask = |product, user| {
            let meeting = Meeting { product, id: "1" };
            let request = status_request("https://z", meeting, Action::Start, "client", user, &token());
            assert_eq!(header(&request, "authorization"), "Bearer TOKEN");
            serde_json::from_slice::<serde_json::Value>(&request.body).expect("JSON")
        };
        assert_eq!(
            ask(Product::Meeting, Some("user")),
            json!({"action": "start", "settings": {"client_id": "client", "participant_user_id": "user"}})
        );
        assert_eq!(ask(Product::Phone, None), json!({"action": "start", "settings": {"client_id": "client"}}));
        assert_eq!(ask(Product::VideoSdk, None), json!({"action": "start"}));
    }

    #[test]
    fn a_request_that_is_printed_shows_no_secret() {
        let secret = Secret::new("hush".to_owned());
        let printed = format!("{:?}", token_request("https://zoom.us/oauth/token", "client", &secret, "account"));
        assert!(!printed.contains("hush") && !printed.contains("Y2xpZW50"), "{printed}");
    }
}
