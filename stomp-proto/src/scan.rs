//! The hot leaf: one pass over a line of the head.
//!
//! Everything the grammar asks of a line is found while looking for its LF, and a scan that runs out of
//! input goes on later where it stopped: no octet is looked at twice, however the input is cut.

/// How far one line has been looked at, and what was seen in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineScan {
    /// Octets of the line already looked at.
    pub(crate) seen: usize,
    /// Where the first `:` is.
    pub(crate) colon: Option<usize>,
    /// Whether the line holds a `\`, a CR or an octet outside ASCII, and so needs a closer look.
    pub(crate) care: bool,
}

/// Why a scan stopped; positions count from the start of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The line ends here.
    LineFeed(usize),
    /// A NUL, which no head may hold.
    Nul(usize),
    /// More input is needed.
    End,
}

impl LineScan {
    /// Looks at the part of `line` that is new since the last call.
    pub(crate) fn resume(&mut self, line: &[u8]) -> Stop {
        for (offset, &octet) in line.iter().enumerate().skip(self.seen) {
            match CLASS[usize::from(octet)] {
                Class::Plain => {}
                Class::Colon => self.colon = self.colon.or(Some(offset)),
                Class::Care => self.care = true,
                Class::LineFeed => return Stop::LineFeed(offset),
                Class::Nul => return Stop::Nul(offset),
            }
        }
        self.seen = line.len();
        Stop::End
    }
}

#[derive(Clone, Copy)]
enum Class {
    Plain,
    Colon,
    Care,
    LineFeed,
    Nul,
}

const CLASS: [Class; 256] = {
    let mut class = [Class::Plain; 256];
    class[b':' as usize] = Class::Colon;
    class[b'\\' as usize] = Class::Care;
    class[b'\r' as usize] = Class::Care;
    class[b'\n' as usize] = Class::LineFeed;
    class[0] = Class::Nul;
    let mut octet = 0x80;
    while octet < 256 {
        class[octet] = Class::Care;
        octet += 1;
    }
    class
};
