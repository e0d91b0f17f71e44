//! By what a decoder judges a frame.

use crate::{Leniency, Limits, Version};

/// The version of the connection, and how far its peer may go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) version: Version,
    pub(crate) limits: Limits,
    pub(crate) leniency: Leniency,
}

/// What a CR in a head is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cr {
    /// An octet like any other (1.0, 1.1).
    Data,
    /// A part of the line end before LF, otherwise data (a lenient 1.0 or 1.1).
    LineEndOrData,
    /// A part of the line end before LF, otherwise an error (1.2).
    LineEnd,
}

impl Cr {
    pub(crate) const fn of(version: Version) -> Self {
        match version {
            Version::V1_2 => Self::LineEnd,
            Version::V1_0 | Version::V1_1 => Self::Data,
        }
    }

    pub(crate) fn ends_line(self) -> bool {
        self != Self::Data
    }
}

impl Rules {
    pub(crate) fn cr(&self) -> Cr {
        match Cr::of(self.version) {
            Cr::Data if self.leniency.crlf_before_1_2 => Cr::LineEndOrData,
            cr => cr,
        }
    }

    /// Whether spaces around names and values are padding: the examples of 1.0 have them, and later versions
    /// forbid both padding and trimming.
    #[inline]
    pub(crate) fn trims(&self) -> bool {
        self.version == Version::V1_0
    }
}
