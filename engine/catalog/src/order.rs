//! Which of several captures of one stream comes first wherever one of them is asked for: the one that heard the latest. Of
//! those, only that one can run. How lists of captures are ordered is in `captures`.

/// The end of every statement that looks for the capture of a stream.
macro_rules! latest_first {
    () => {
        " ORDER BY notice_unix_ms DESC, created_at_unix_ms DESC, id DESC LIMIT 1"
    };
}

pub(crate) use latest_first;

#[cfg(test)]
mod tests;
