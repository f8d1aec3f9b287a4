//! Live streams: what is shown of a meeting while it goes on, and from its log once it is over. Nothing is made unless somebody asks.
//!
//! `screenings` knows which meetings are watched, `screening` answers what is asked about one, `reel` cuts its log and makes the pieces,
//! `pictures` are those of a part, `printer` has those made that cannot be copied, `window` is what of the log is looked at for that, `shelf` keeps what was made for a
//! while. How a meeting is cut and how its playlist
//! reads is in `live`, how a piece sounds and looks in `render`.

mod pictures;
mod printer;
mod reel;
mod screening;
mod screenings;
mod shelf;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use screenings::Screenings;
