//! The client's side of a TLS session (RFC 8446, RFC 5246): records in, plaintext out, and the other way round. Whom to trust is in
//! `tls`; where records come from and go to is the business of `encrypted`.

use std::{io, sync::Arc};

use bytes::BytesMut;
use rustls::{
    ClientConfig,
    client::{ClientConnectionData, UnbufferedClientConnection},
    pki_types::ServerName,
    unbuffered::{
        ConnectionState, EncodeError, EncodeTlsData, EncryptError, InsufficientSizeError, UnbufferedStatus,
        WriteTraffic,
    },
};

/// How much plaintext goes into a record at most (RFC 8446 §5.1), in bytes.
pub(crate) const RECORD_BYTES: usize = 16 << 10;
/// More than a record is larger than its plaintext, in bytes.
const RECORD_OVERHEAD_BYTES: usize = 256;

/// A session.
pub(crate) struct Session {
    tls: UnbufferedClientConnection,
    outgoing: Vec<u8>,
    is_open: bool,
    is_over: bool,
    /// Whether the peer broke the protocol: nothing is asked of the library after that.
    has_failed: bool,
}

impl Session {
    /// A session with `name` that is not begun; whoever drives it with nothing begins it.
    pub(crate) fn new(config: Arc<ClientConfig>, name: ServerName<'static>) -> io::Result<Self> {
        let tls = UnbufferedClientConnection::new(config, name).map_err(invalid)?;
        Ok(Self { tls, outgoing: Vec::new(), is_open: false, is_over: false, has_failed: false })
    }

    /// Whether plaintext may be sent.
    pub(crate) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether the peer said that nothing follows.
    pub(crate) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// The records that are to be sent next.
    pub(crate) const fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    /// Takes every record that is whole, decrypts it where it lies, and puts what it says behind what `plain` holds. Answers how many
    /// bytes were used: they are given no more, all others are given again, in front of those that follow.
    ///
    /// # Errors
    /// The peer broke the protocol, or is not who it should be; what was said before that is in `plain`, and what it is told is among
    /// the outgoing.
    pub(crate) fn take(&mut self, records: &mut [u8], plain: &mut BytesMut) -> (usize, io::Result<()>) {
        self.drive(records, plain, |_, _| Ok(()))
    }

    /// Puts `plaintext`, of [`RECORD_BYTES`] at most, among the outgoing. `rest` are the bytes that were not used yet.
    ///
    /// # Errors
    /// The session failed, is over, or has sent as much as one key may protect.
    pub(crate) fn seal(&mut self, rest: &mut [u8], plaintext: &[u8]) -> (usize, io::Result<()>) {
        let mut is_sealed = false;
        let (used, outcome) = self.drive(rest, &mut BytesMut::new(), |mut traffic, outgoing| {
            is_sealed = true;
            append(outgoing, plaintext.len(), |room| traffic.encrypt(plaintext, room))
        });
        (used, outcome.and_then(|()| if is_sealed { Ok(()) } else { Err(io::ErrorKind::NotConnected.into()) }))
    }

    /// Says that nothing follows; `rest` are the bytes that were not used yet.
    pub(crate) fn close(&mut self, rest: &mut [u8]) -> (usize, io::Result<()>) {
        self.drive(rest, &mut BytesMut::new(), |mut traffic, outgoing| {
            append(outgoing, 0, |room| traffic.queue_close_notify(room))
        })
    }

    /// Goes on until nothing is left but to write, which `write` does, or to wait for the peer.
    fn drive(
        &mut self,
        records: &mut [u8],
        plain: &mut BytesMut,
        mut write: impl FnMut(WriteTraffic<'_, ClientConnectionData>, &mut Vec<u8>) -> io::Result<()>,
    ) -> (usize, io::Result<()>) {
        let mut used = 0;
        if self.has_failed {
            return (used, Err(io::ErrorKind::NotConnected.into()));
        }
        loop {
            let UnbufferedStatus { discard, state } = self.tls.process_tls_records(&mut records[used..]);
            let outcome = match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(Ok(record)) = traffic.next_record() {
                        plain.extend_from_slice(record.payload);
                    }
                    None
                }
                Ok(ConnectionState::EncodeTlsData(data)) => encode(data, &mut self.outgoing).err().map(Err),
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    // They are among the outgoing, behind all others.
                    data.done();
                    None
                }
                Ok(ConnectionState::PeerClosed) => {
                    self.is_over = true;
                    None
                }
                Ok(ConnectionState::WriteTraffic(traffic)) => {
                    self.is_open = true;
                    Some(write(traffic, &mut self.outgoing))
                }
                Ok(ConnectionState::BlockedHandshake | ConnectionState::Closed) => Some(Ok(())),
                // A client reads no early data, and knows every other state.
                Ok(_) => Some(Err(io::Error::other("the TLS library is in a state that this program does not know"))),
                Err(fault) => {
                    self.has_failed = true;
                    Some(Err(invalid(fault)))
                }
            };
            used += discard;
            if self.has_failed
                && let Ok(ConnectionState::EncodeTlsData(data)) =
                    self.tls.process_tls_records(&mut records[used..]).state
            {
                // The alert that tells the peer, asked for once: the library must not be given the bytes again that it refused. One that
                // waits behind an answer of TLS's own is not told, nor is one that cannot be.
                drop(encode(data, &mut self.outgoing));
            }
            if let Some(outcome) = outcome {
                return (used, outcome);
            }
        }
    }
}

fn invalid(fault: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault)
}

fn encode(mut data: EncodeTlsData<'_, ClientConnectionData>, outgoing: &mut Vec<u8>) -> io::Result<()> {
    let begin = outgoing.len();
    let needed = match data.encode(&mut []) {
        Err(EncodeError::InsufficientSize(InsufficientSizeError { required_size })) => required_size,
        Ok(_) | Err(EncodeError::AlreadyEncoded) => 0,
    };
    outgoing.resize(begin + needed, 0);
    data.encode(&mut outgoing[begin..]).map_err(io::Error::other)?;
    Ok(())
}

/// Lets `write` put a record of `plain_bytes` behind the others.
fn append(
    outgoing: &mut Vec<u8>,
    plain_bytes: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, EncryptError>,
) -> io::Result<()> {
    let begin = outgoing.len();
    outgoing.resize(begin + plain_bytes + RECORD_OVERHEAD_BYTES, 0);
    let written = write(&mut outgoing[begin..]);
    outgoing.truncate(begin + written.as_ref().copied().unwrap_or(0));
    written.map(drop).map_err(io::Error::other)
}
