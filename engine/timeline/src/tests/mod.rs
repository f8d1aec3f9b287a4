//! Scripts of time and properties. The script language is in `script`.

mod gaps;
mod pictures;
mod properties;
mod script;
mod sound;
mod words;
