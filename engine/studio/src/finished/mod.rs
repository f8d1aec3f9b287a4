//! Finished files, judged by programs that share no code with ours: are sound, pictures and words where they belong, and does what is
//! made of a broken log play?
//!
//! `meeting` is a script in virtual time, `signals` what is heard and seen of it, `capture` its log; `onsets` finds beeps and
//! flashes in a file, `judge` holds them against the script, `words` the transcript against what is heard. `sync` judges mixed
//! videos, `parts` everything else. `broken` are logs of which little can be made, `bad_input` sees what becomes of them. What
//! single modules do is tested beside them.

mod bad_input;
mod broken;
mod capture;
mod judge;
mod meeting;
mod onsets;
mod parts;
mod signals;
mod sync;
mod words;
