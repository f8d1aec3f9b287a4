//! Zoom's REST interface to streams, as values: requests to send and answers to read (protocol §13).
//!
//! [`token_request`] and [`read_token`] get a bearer token for an account's credentials, [`video_sdk_token`] makes one for
//! the Video SDK; [`status_request`] and [`read_outcome`] start, stop, pause and resume a stream. What does not belong here:
//! sending (`dial`), keeping a token and trying again (`ingest`).

mod answer;
mod key;
mod request;

pub use answer::{RestError, Retry, Token, read_outcome, read_token};
pub use key::video_sdk_token;
pub use request::{Action, Meeting, Request, status_request, token_request};
