//! What composing a picture cost, in things that were done. How long they took is measured in `bench`.

/// What composing a picture cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Pictures that were given to a decoder.
    pub decoded: u64,
    /// Pictures that were scaled onto the canvas.
    pub drawn: u64,
    /// Cards that were drawn.
    pub cards: u64,
    /// Canvases that were encoded.
    pub encoded: u64,
    /// Decoders that were there at once, at most.
    pub most_feeds: usize,
}
