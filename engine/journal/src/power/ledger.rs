//! What was appended to one capture's log and what of it was reported durable, held against what is read back.

use bytes::Bytes;
use model::{CaptureId, Entry, Record};

use crate::{LogDir, LogReader, PayloadReader, walk};

/// What one writer appended.
#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) records: Vec<Record>,
    /// When each was appended, in milliseconds of the run.
    pub(super) at_ms: Vec<u64>,
    /// When the writer ended.
    pub(super) ended_ms: u64,
    /// How many of them must be read back.
    pub(super) durable: usize,
    /// Whether the disk has refused something since.
    pub(super) is_troubled: bool,
    /// Whether a power cut has decided already how many there are.
    is_settled: bool,
}

/// How a capture's log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Kept,
    /// Its deletion began.
    Going,
    /// Its deletion was reported done.
    Gone,
}

/// Everything that is known about one capture's log.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) id: CaptureId,
    pub(super) dir: LogDir,
    pub(super) lives: Vec<Life>,
    pub(super) standing: Standing,
}

/// How much was lost, in milliseconds before the fault.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lost {
    /// On a disk that refused nothing.
    pub(super) healthy_ms: u64,
    /// On any disk.
    pub(super) any_ms: u64,
}

impl Ledger {
    pub(super) fn life(&mut self) -> &mut Life {
        self.lives.last_mut().expect("a writer was opened")
    }

    /// Reads everything back and compares. After a power cut what is left is settled: it must stay.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn check(&mut self, is_power_cut: bool) -> Result<Lost, String> {
        let read = self.read()?;
        match self.standing {
            Standing::Kept => {}
            Standing::Going => return self.nothing_invented(&read).map(|()| Lost::default()),
            Standing::Gone if read.is_empty() && !self.dir.path().exists() => return Ok(Lost::default()),
            Standing::Gone => return Err(format!("{}: {} records came back after its deletion", self.id, read.len())),
        }
        let mut lost = Lost::default();
        let mut rest = read.as_slice();
        for (number, life) in self.lives.iter_mut().enumerate() {
            let kept = life.records.iter().zip(rest).take_while(|(written, read)| written == read).count();
            rest = &rest[kept..];
            if kept < life.durable {
                return Err(format!(
                    "{}: of writer {number} {} records were durable, {kept} are left of {}; then came {:?}",
                    self.id,
                    life.durable,
                    life.records.len(),
                    rest.first(),
                ));
            }
            if let Some(at_ms) = life.at_ms.get(kept)
                && !life.is_settled
            {
                let ms = life.ended_ms - at_ms;
                lost.any_ms = lost.any_ms.max(ms);
                if !life.is_troubled {
                    lost.healthy_ms = lost.healthy_ms.max(ms);
                }
            }
            if is_power_cut {
                life.durable = kept;
                life.is_settled = true;
            }
        }
        match rest.first() {
            None => Ok(lost),
            Some(record) => Err(format!("{}: nobody wrote, or not there, {record:?}", self.id)),
        }
    }

    /// The records of the log; every payload is also read by its place, and by somebody else's reader.
    fn read(&self) -> Result<Vec<Record>, String> {
        let fault = |error: crate::JournalError| format!("{}: {error}", self.id);
        let mut reader = LogReader::open(self.dir.clone()).map_err(fault)?;
        let mut payloads = PayloadReader::chained([self.dir.clone()]).map_err(fault)?;
        let mut records = Vec::new();
        while let Some(stored) = reader.next_record().map_err(fault)? {
            if let Entry::Media(frame) = &stored.record.entry
                && payloads.read(stored.locator).map_err(fault)? != frame.payload
            {
                return Err(format!("{}: another payload lies at {:?}", self.id, stored.locator));
            }
            records.push(stored.record);
        }
        let ending = self.dir.ending().map_err(fault)?;
        if let Some(ended) = ending
            && !records.iter().any(|record| record.entry == Entry::Control(ended.clone()))
        {
            return Err(format!("{}: the log says {ended:?} and does not hold it", self.id));
        }
        if reader.damaged_chunks() == 0 {
            self.compare_with_a_foreign_reader(&records)?;
        }
        Ok(records)
    }

    /// Has the reader of the `mcap` crate read every segment up to its last whole chunk: it must come upon everything that we
    /// do. What is torn behind that it is spared, because it panics at some of it.
    fn compare_with_a_foreign_reader(&self, records: &[Record]) -> Result<(), String> {
        let mut theirs = Vec::new();
        for number in self.dir.segments().map_err(|error| error.to_string())? {
            let bytes = std::fs::read(self.dir.segment(number)).map_err(|error| error.to_string())?;
            let options = mcap::read::Options::IgnoreEndMagic;
            let whole = &bytes[..whole_bytes(&bytes)];
            let Ok(messages) = mcap::MessageStream::new_with_options(whole, options.into()) else { continue };
            theirs.extend(messages.map_while(Result::ok).map(|message| (message.log_time, message.data.into_owned())));
        }
        let mut theirs = theirs.into_iter();
        for record in records {
            let ours = (record.arrived_unix_ns, crate::encode::data(record).map_err(|error| error.to_string())?);
            if !theirs.any(|(time, data)| time == ours.0 && data == *ours.1) {
                return Err(format!("{}: another reader does not find {record:?}", self.id));
            }
        }
        Ok(())
    }

    /// Whether what is left of a log that is being deleted was written there, in this order.
    fn nothing_invented(&self, read: &[Record]) -> Result<(), String> {
        let mut written = self.lives.iter().flat_map(|life| &life.records);
        match read.iter().find(|read| !written.any(|record| record == *read)) {
            None => Ok(()),
            Some(record) => Err(format!("{}: nobody wrote, or not there, {record:?}", self.id)),
        }
    }
}

/// How many bytes of a segment there are up to the end of its last whole chunk.
fn whole_bytes(bytes: &[u8]) -> usize {
    let (mut end, mut channels) = (mcap::MAGIC.len().min(bytes.len()), walk::Channels::new());
    while let Some(head) = bytes.get(end..end + walk::PREFIX_BYTES) {
        let (opcode, length) = walk::prefix(head.try_into().unwrap());
        let begins = end + walk::PREFIX_BYTES;
        let body = usize::try_from(length).ok().and_then(|length| bytes.get(begins..begins.checked_add(length)?));
        let Some(body) = body.map(Bytes::copy_from_slice) else { break };
        if walk::top_level(opcode, &body, &mut channels, &mut |_| {}).is_none() {
            break;
        }
        end = begins + body.len();
    }
    end
}

/// What a segment looks like to a reader that believes every checksum.
pub(super) fn believe_checksums(dir: &LogDir) {
    for number in dir.segments().unwrap() {
        let path = dir.segment(number);
        let mut bytes = std::fs::read(&path).unwrap();
        let mut at = mcap::MAGIC.len();
        while let Some(head) = bytes.get(at..at + walk::PREFIX_BYTES) {
            let (opcode, length) = walk::prefix(head.try_into().unwrap());
            let body = at + walk::PREFIX_BYTES;
            let Some(end) = usize::try_from(length).ok().and_then(|length| body.checked_add(length)) else { break };
            // Two times, the length, then the checksum; behind it no compression and the length again.
            if opcode == mcap::records::op::CHUNK && end <= bytes.len() && end >= body + walk::CHUNK_HEAD_BYTES {
                let crc = crc32fast::hash(&bytes[body + walk::CHUNK_HEAD_BYTES..end]);
                bytes[body + 24..body + 28].copy_from_slice(&crc.to_le_bytes());
            }
            at = end;
        }
        std::fs::write(&path, bytes).unwrap();
    }
}
