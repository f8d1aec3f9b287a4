//! Where Zoom's answer to a media handshake differs from what was asked (protocol §6.4): it replaces parameters that it does
//! not like instead of refusing them. What flows then is decided in `offers`.

use model::platform::Leg;
use serde_json::Value;

use crate::wire::MediaReply;

/// One parameter that was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Substitute {
    /// Zoom's name for it.
    pub(super) parameter: &'static str,
    /// Zoom's number for what was asked.
    pub(super) asked: i64,
    /// Zoom's number for what was agreed.
    pub(super) agreed: i64,
}

/// What was replaced of the parameters that were asked for the kind of media `kind`: an object with that kind's key, or
/// nothing, and then nothing was replaced.
pub(super) fn of(kind: Leg, params: &Value, reply: &MediaReply<'_>) -> Vec<Substitute> {
    let (key, echo) = match kind {
        Leg::Audio => {
            let echo = reply.audio.unwrap_or_default();
            let named = [
                ("content_type", echo.content_type),
                ("codec", echo.codec),
                ("sample_rate", echo.sample_rate),
                ("channel", echo.channel),
                ("data_opt", echo.data_opt),
                ("send_rate", echo.send_rate),
            ];
            ("audio", named.to_vec())
        }
        Leg::Video | Leg::Share => {
            let (key, echo) = if kind == Leg::Video { ("video", reply.video) } else { ("deskshare", reply.share) };
            let echo = echo.unwrap_or_default();
            let named = [
                ("content_type", echo.content_type),
                ("codec", echo.codec),
                ("resolution", echo.resolution),
                ("data_opt", echo.data_opt),
                ("fps", echo.fps),
            ];
            (key, named.to_vec())
        }
        Leg::Signaling | Leg::Transcript | Leg::Chat | Leg::All => return Vec::new(),
    };
    let differing = |(parameter, agreed): (&'static str, Option<i64>)| {
        let asked = params.get(key)?.get(parameter)?.as_i64()?;
        let agreed = agreed.filter(|agreed| *agreed != asked)?;
        Some(Substitute { parameter, asked, agreed })
    };
    echo.into_iter().filter_map(differing).collect()
}
