//! One segment as MCAP bytes in memory. Which file they go to, and when, is the business of `write`,
//! where they lie in memory that of `sink`.

use std::collections::HashMap;

use mcap::{WriteOptions, records::MessageHeader};
use model::Record;

use crate::{
    JournalError,
    block::{BLOCK_BYTES, Block, PAGE_BYTES},
    checksum::Checksum,
    encode::{self, ChannelKey, PROFILE, Writer},
    sink::{Blocks, Sink},
    walk::{PADDING, PREFIX_BYTES},
};

/// What padding is made of.
const ZEROS: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

/// Turns records into the chunks of one segment.
pub(crate) struct Segment {
    mcap: mcap::Writer<Sink>,
    blocks: Blocks,
    checksum: Checksum,
    ids: HashMap<ChannelKey, u16>,
    /// The channel that was written last: what comes of one connection comes in a row.
    recent: Option<(ChannelKey, u16)>,
    writer: Writer,
    open_bytes: usize,
    taken_bytes: u64,
}

impl Segment {
    /// An empty segment.
    pub(crate) fn new(writer: Writer) -> Result<Self, JournalError> {
        let mut blocks = Blocks::default();
        let options = WriteOptions::new()
            .profile(PROFILE)
            .library(concat!("hansard ", env!("CARGO_PKG_VERSION")))
            .compression(None)
            .chunk_size(None)
            // The checksums of the chunks are taken by `checksum`; they cover everything that is read again.
            .calculate_chunk_crcs(false)
            .calculate_data_section_crc(false);
        let mcap = blocks.lend(|| options.create(Sink)).map_err(unwritable("header"))?;
        let checksum = Checksum::behind(&blocks);
        Ok(Self { mcap, blocks, checksum, ids: HashMap::new(), recent: None, writer, open_bytes: 0, taken_bytes: 0 })
    }

    /// Puts a record into the open chunk: the one copy that its payload makes. `data` are its bytes, `sequence` is its number
    /// among those of its writer.
    pub(crate) fn append(&mut self, record: &Record, data: &[u8], sequence: u32) -> Result<(), JournalError> {
        let (log_time, publish_time) = (record.arrived_unix_ns, encode::publish_unix_ns(record));
        let header = MessageHeader { channel_id: 0, sequence, log_time, publish_time };
        self.write(ChannelKey::of(record), header, data)
    }

    /// Puts a message into the open chunk, in the channel of `key`, whatever its header says of that.
    pub(crate) fn write(&mut self, key: ChannelKey, header: MessageHeader, data: &[u8]) -> Result<(), JournalError> {
        let channel_id = match self.recent {
            Some((recent, id)) if recent == key => id,
            _ => self.channel(key)?,
        };
        let header = MessageHeader { channel_id, ..header };
        let written = self.blocks.lend(|| self.mcap.write_to_known_channel(&header, data));
        written.map_err(unwritable("message"))?;
        self.checksum.take_in(&self.blocks);
        self.open_bytes += data.len() + MESSAGE_OVERHEAD_BYTES;
        Ok(())
    }

    /// The number of a channel, which is the recent one from now on.
    fn channel(&mut self, key: ChannelKey) -> Result<u16, JournalError> {
        let id = match self.ids.get(&key) {
            Some(id) => *id,
            None => self.add_channel(key)?,
        };
        self.recent = Some((key, id));
        Ok(id)
    }

    fn add_channel(&mut self, key: ChannelKey) -> Result<u16, JournalError> {
        let (topic, metadata) = (key.topic(), key.metadata(self.writer));
        let added = self.blocks.lend(|| self.mcap.add_channel(0, &topic, key.message_encoding(), &metadata));
        let id = added.map_err(unwritable("channel"))?;
        self.ids.insert(key, id);
        self.open_bytes += CHANNEL_BYTES;
        Ok(id)
    }

    /// Bytes that nobody has taken yet, approximately.
    pub(crate) const fn open_bytes(&self) -> usize {
        self.open_bytes
    }

    /// Bytes of the segment so far, approximately.
    pub(crate) const fn bytes(&self) -> u64 {
        self.taken_bytes + self.open_bytes as u64
    }

    /// How many channels it has.
    pub(crate) fn channels(&self) -> usize {
        self.ids.len()
    }

    /// Closes the open chunk and hands over everything that was not taken yet, in blocks. As much as fills a block is filled up to
    /// the end of a page, so that a disk can take it as it is, and the next behind it.
    pub(crate) fn take(&mut self) -> Result<Vec<Block>, JournalError> {
        self.checksum.take_in(&self.blocks);
        self.blocks.lend(|| self.mcap.flush()).map_err(unwritable("chunk"))?;
        self.checksum.put(&mut self.blocks).map_err(|error| unwritable("checksum")(error.into()))?;
        if self.blocks.length_bytes() - self.taken_bytes >= BLOCK_BYTES as u64 {
            let padding = &ZEROS[..padding_bytes(self.blocks.length_bytes())];
            let padded = self.blocks.lend(|| self.mcap.write_private_record(PADDING, padding, Default::default()));
            padded.map_err(unwritable("padding"))?;
        }
        let blocks = self.blocks.take();
        self.checksum = Checksum::behind(&self.blocks);
        self.taken_bytes += blocks.iter().map(|block| block.len() as u64).sum::<u64>();
        self.open_bytes = 0;
        Ok(blocks)
    }

    /// Takes back blocks that were handed over and are written.
    pub(crate) fn reuse(&mut self, blocks: Vec<Block>) {
        self.blocks.reuse(blocks);
    }

    /// Closes the segment: the rest of its bytes, with the index that lets any MCAP tool seek in it.
    pub(crate) fn finish(mut self) -> Result<Vec<Block>, JournalError> {
        self.blocks.lend(|| self.mcap.finish()).map_err(unwritable("summary"))?;
        Ok(self.blocks.take())
    }

    /// The channels by their numbers, for writing a batch that failed again.
    pub(crate) fn keys(&self) -> HashMap<u16, ChannelKey> {
        self.ids.iter().map(|(key, id)| (*id, *key)).collect()
    }
}

/// Opcode, length, channel, sequence and two times of an MCAP message record, and its time and place in the chunk's index.
pub(crate) const MESSAGE_OVERHEAD_BYTES: usize = 31 + 16;

/// What a channel takes in memory, several times over: in our table, in that of the MCAP writer, in the chunk and in the index.
const CHANNEL_BYTES: usize = 1 << 10;

/// How long the body of a record is that ends a page behind so many bytes.
const fn padding_bytes(length_bytes: u64) -> usize {
    let begins = (length_bytes % PAGE_BYTES as u64) as usize + PREFIX_BYTES;
    begins.next_multiple_of(PAGE_BYTES) - begins
}

fn unwritable(what: &'static str) -> impl FnOnce(mcap::McapError) -> JournalError {
    move |error| JournalError::Encode { topic: what.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use mcap::records::Record as McapRecord;

    use super::*;
    use crate::walk::prefix;

    #[test]
    fn padding_ends_a_page_wherever_it_begins() {
        for length_bytes in (0..3 * PAGE_BYTES as u64).chain([u64::MAX - 20_000]) {
            let padding = padding_bytes(length_bytes);
            assert!(padding < PAGE_BYTES);
            assert!(
                (length_bytes + (PREFIX_BYTES + padding) as u64).is_multiple_of(PAGE_BYTES as u64),
                "{length_bytes}"
            );
        }
    }

    /// The checksums that the chunks of a file say they have.
    fn checksums(file: &[u8]) -> Vec<u32> {
        let mut found = Vec::new();
        let mut rest = &file[mcap::MAGIC.len()..];
        while let Some((head, behind)) = rest.split_first_chunk() {
            let (opcode, length) = prefix(head);
            let (body, behind) = behind.split_at(length as usize);
            if let Ok(McapRecord::Chunk { header, .. }) = mcap::parse_record(opcode, body) {
                found.push(header.uncompressed_crc);
            }
            rest = behind;
        }
        found
    }

    #[test]
    fn the_checksums_of_chunks_are_those_that_the_writer_of_the_format_takes() {
        let writer = Writer { since: 1, capture: None };
        let control = model::Control::ClockStepped { by_ms: 0 };
        let record = Record { arrived_unix_ns: 1, epoch: model::Epoch(1), entry: model::Entry::Control(control) };
        let key = ChannelKey::of(&record);
        let mut ours = Segment::new(writer).unwrap();
        let mut theirs = mcap::WriteOptions::new().compression(None).chunk_size(None).calculate_chunk_crcs(true);
        theirs = theirs.calculate_data_section_crc(false);
        let mut theirs = theirs.create(std::io::Cursor::new(Vec::new())).unwrap();
        let channel_id = theirs.add_channel(0, &key.topic(), key.message_encoding(), &key.metadata(writer)).unwrap();
        let mut blocks = Vec::new();
        // Records over one border of blocks, over several, and as small as they come; chunks that end with a page and not.
        for (sequence, length) in [1, 0, 70_000, 3, 200_000, 65_440, 9, 65_536].into_iter().enumerate() {
            let header = MessageHeader { channel_id, sequence: sequence as u32, log_time: 1, publish_time: 1 };
            let data = vec![sequence as u8 + 1; length];
            ours.write(key, header, &data).unwrap();
            theirs.write_to_known_channel(&header, &data).unwrap();
            if sequence % 2 == 1 {
                blocks.extend(ours.take().unwrap());
                assert_eq!(ours.take().unwrap().len(), 0, "there is nothing more");
                theirs.flush().unwrap();
            }
        }
        theirs.finish().unwrap();
        blocks.extend(ours.finish().unwrap());
        let ours: Vec<u8> = blocks.iter().flat_map(|block| block.to_vec()).collect();
        let expected = checksums(theirs.into_inner().get_ref());
        assert!(expected.len() == 4 && !expected.contains(&0));
        assert_eq!(checksums(&ours), expected);
    }
}
