//! Scripts of time and properties. The script language is in `script`.

mod excerpts;
mod gaps;
mod jumps;
mod kinds;
mod pauses;
mod pictures;
mod pieces;
mod properties;
mod screens;
mod script;
mod silence;
mod skew;
mod sound;
mod strays;
mod unread;
mod words;
