//! One segment as MCAP bytes in memory. Which file they go to, and when, is the business of `write`.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use mcap::{WriteOptions, records::MessageHeader, write::NoSeek};
use model::Record;

use crate::{
    JournalError,
    encode::{self, ChannelKey, PROFILE, Writer},
};

/// The bytes that a segment has produced and nobody has taken yet.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Turns records into the chunks of one segment.
pub(crate) struct Segment {
    mcap: mcap::Writer<NoSeek<Sink>>,
    sink: Sink,
    ids: HashMap<ChannelKey, u16>,
    writer: Writer,
    open_bytes: usize,
    taken_bytes: u64,
}

impl Segment {
    /// An empty segment.
    pub(crate) fn new(writer: Writer) -> Result<Self, JournalError> {
        let sink = Sink::default();
        let mcap = WriteOptions::new()
            .profile(PROFILE)
            .library(concat!("hansard ", env!("CARGO_PKG_VERSION")))
            .compression(None)
            .chunk_size(None)
            .disable_seeking(true)
            .create(NoSeek::new(sink.clone()))
            .map_err(unwritable("header"))?;
        Ok(Self { mcap, sink, ids: HashMap::new(), writer, open_bytes: 0, taken_bytes: 0 })
    }

    /// Puts a record into the open chunk: the one copy that its payload makes. `sequence` is its number among those of its
    /// writer.
    pub(crate) fn append(&mut self, record: &Record, sequence: u32) -> Result<(), JournalError> {
        let data = encode::data(record)?;
        let (log_time, publish_time) = (record.arrived_unix_ns, encode::publish_unix_ns(record));
        let header = MessageHeader { channel_id: 0, sequence, log_time, publish_time };
        self.write(&ChannelKey::of(record), header, &data)
    }

    /// Puts a message into the open chunk, in the channel of `key`, whatever its header says of that.
    pub(crate) fn write(&mut self, key: &ChannelKey, header: MessageHeader, data: &[u8]) -> Result<(), JournalError> {
        let channel_id = match self.ids.get(key) {
            Some(id) => *id,
            None => self.add_channel(key)?,
        };
        let header = MessageHeader { channel_id, ..header };
        self.mcap.write_to_known_channel(&header, data).map_err(unwritable("message"))?;
        self.open_bytes += data.len() + MESSAGE_OVERHEAD_BYTES;
        Ok(())
    }

    fn add_channel(&mut self, key: &ChannelKey) -> Result<u16, JournalError> {
        let id = self
            .mcap
            .add_channel(0, &key.topic, key.message_encoding(), &key.metadata(self.writer))
            .map_err(unwritable("channel"))?;
        self.ids.insert(key.clone(), id);
        Ok(id)
    }

    /// Bytes in the open chunk, approximately.
    pub(crate) fn open_bytes(&self) -> usize {
        self.open_bytes
    }

    /// Bytes of the segment so far, approximately.
    pub(crate) fn bytes(&self) -> u64 {
        self.taken_bytes + self.open_bytes as u64
    }

    /// Closes the open chunk and hands over everything that was not taken yet.
    pub(crate) fn take(&mut self) -> Result<Vec<u8>, JournalError> {
        self.mcap.flush().map_err(unwritable("chunk"))?;
        let bytes = self.sink.take();
        self.taken_bytes += bytes.len() as u64;
        self.open_bytes = 0;
        Ok(bytes)
    }

    /// Closes the segment: the rest of its bytes, with the index that lets any MCAP tool seek in it.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, JournalError> {
        self.mcap.finish().map_err(unwritable("summary"))?;
        Ok(self.sink.take())
    }

    /// The channels by their numbers, for writing a batch that failed again.
    pub(crate) fn keys(&self) -> HashMap<u16, ChannelKey> {
        self.ids.iter().map(|(key, id)| (*id, key.clone())).collect()
    }
}

/// Opcode, length, channel, sequence and two times of an MCAP message record, and its time and place in the chunk's index.
pub(crate) const MESSAGE_OVERHEAD_BYTES: usize = 31 + 16;

fn unwritable(what: &'static str) -> impl FnOnce(mcap::McapError) -> JournalError {
    move |error| JournalError::Encode { topic: what.to_owned(), reason: error.to_string() }
}
