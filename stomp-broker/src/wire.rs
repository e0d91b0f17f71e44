//! Octets between nodes: numbers in network order, text and octets behind their lengths.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use stomp_proto::{ByteStr, Command, Frame, Headers};

use crate::{Destination, Publish, message::is_handed_on};

/// Writes fields one after the other.
#[derive(Debug, Default)]
pub(crate) struct Writer(BytesMut);

impl Writer {
    pub(crate) fn number(mut self, number: u64) -> Self {
        self.0.put_u64(number);
        self
    }

    pub(crate) fn tag(mut self, tag: u8) -> Self {
        self.0.put_u8(tag);
        self
    }

    /// Octets, or text; at most 4 GiB, which no limit of a server reaches.
    pub(crate) fn field(mut self, octets: &[u8]) -> Self {
        let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
        self.0.put_u32(length);
        self.0.extend_from_slice(&octets[..length as usize]);
        self
    }

    /// A message, without the headers that nobody is to read.
    pub(crate) fn publish(self, publish: &Publish) -> Self {
        let headers = publish.headers.iter().filter(|(name, _)| is_handed_on(name));
        let start = self.field(publish.destination.as_bytes()).number(headers.clone().count() as u64);
        let fields = headers
            .fold(start, |writer, (name, value)| writer.field(name.as_bytes()).field(value.as_bytes()));
        fields.field(&publish.body)
    }

    pub(crate) fn finish(self) -> Bytes {
        self.0.freeze()
    }
}

/// Reads what a [`Writer`] wrote. Nothing is allocated by a length alone: fields share the memory.
#[derive(Debug)]
pub(crate) struct Reader(Bytes);

impl Reader {
    pub(crate) fn new(octets: Bytes) -> Self {
        Self(octets)
    }

    #[cfg(feature = "redis")]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn tag(&mut self) -> Option<u8> {
        self.0.try_get_u8().ok()
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        self.0.try_get_u64().ok()
    }

    pub(crate) fn field(&mut self) -> Option<Bytes> {
        let length = self.0.try_get_u32().ok()? as usize;
        (length <= self.0.len()).then(|| self.0.split_to(length))
    }

    pub(crate) fn text(&mut self) -> Option<ByteStr> {
        ByteStr::try_from(self.field()?).ok()
    }

    pub(crate) fn destination(&mut self) -> Option<Destination> {
        Destination::new(self.text()?).ok()
    }

    pub(crate) fn publish(&mut self) -> Option<Publish> {
        let destination = self.destination()?;
        let headers = self.headers()?;
        Some(Publish { destination, headers, body: self.field()? })
    }

    fn headers(&mut self) -> Option<Headers> {
        let mut frame = Frame::builder(Command::Send);
        for _ in 0..self.number()? {
            frame = frame.header(&self.text()?, &self.text()?);
        }
        Some(frame.build().into_parts().1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_comes_out_as_it_went_in_but_for_headers_to_the_server() {
        let publish = Publish::new("/topic/a".try_into().unwrap(), "body")
            .header("kept", "a:b")
            .header("receipt", "r")
            .header("kept", "again");
        let mut reader = Reader::new(Writer::default().publish(&publish).finish());
        let read = reader.publish().unwrap();
        assert_eq!(read.destination, publish.destination);
        assert_eq!(read.headers.iter().collect::<Vec<_>>(), [("kept", "a:b"), ("kept", "again")]);
        assert_eq!(read.body, publish.body);
    }

    proptest! {
        #[test]
        fn octets_from_elsewhere_are_refused_and_nothing_else(octets: Vec<u8>) {
            let _ = Reader::new(octets.into()).publish();
        }

        #[test]
        fn a_message_that_is_cut_short_is_refused(cut in 0..58_usize) {
            let publish = Publish::new("/topic/a".try_into().unwrap(), "body").header("name", "value");
            let octets = Writer::default().publish(&publish).finish();
            prop_assume!(cut < octets.len());
            prop_assert!(Reader::new(octets.slice(..cut)).publish().is_none());
        }
    }
}
