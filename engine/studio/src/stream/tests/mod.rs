//! Streams of logs that are scripted, judged by their playlists and by programs that are not ours.

mod checked;
mod judged;
mod made;
mod meeting;
mod refreshed;
mod watched;
