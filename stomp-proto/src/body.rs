//! The body of the frame that is being decoded.

use bytes::BytesMut;

use crate::{DecodeError, examined::examined, head::Head, header::name, parser, rules::Rules};

/// The most that a declared length may reserve at once, in octets: what was only declared costs little.
const RESERVE: usize = 1 << 20;

/// Where the body ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body {
    /// At once: the command has no body.
    Forbidden,
    /// Behind so many octets, which `content-length` declared.
    Sized(usize),
    /// At the first NUL; so many octets hold none.
    UntilNul(usize),
}

impl Body {
    /// What the head says of the body, within the limits.
    #[inline]
    pub(crate) fn expected(head: &Head, src: &[u8], rules: &Rules) -> Result<Self, DecodeError> {
        let limit = rules.limits.body;
        let declared = head.value(src, name::CONTENT_LENGTH);
        let declared = declared.map(parser::content_length).transpose()?;
        let allowed = head.command().is_some_and(|command| command.allows_body(rules.version));
        match declared {
            Some(length) if length > 0 && !allowed => Err(DecodeError::BodyNotAllowed),
            Some(length) if length > limit => Err(DecodeError::BodyTooLarge { limit }),
            Some(length) => Ok(Self::Sized(length)),
            None if allowed => Ok(Self::UntilNul(0)),
            None => Ok(Self::Forbidden),
        }
    }

    /// The length of the body that starts at `start`, once its NUL is there.
    #[inline]
    pub(crate) fn read(
        &mut self,
        src: &mut BytesMut,
        start: usize,
        limit: usize,
    ) -> Result<Option<usize>, DecodeError> {
        let octets = src.get(start..).unwrap_or_default();
        match self {
            Self::Forbidden => match octets.first() {
                None => Ok(None),
                Some(0) => Ok(Some(0)),
                Some(_) => Err(DecodeError::BodyNotAllowed),
            },
            Self::Sized(length) => match octets.get(*length) {
                Some(0) => Ok(Some(*length)),
                Some(_) => Err(DecodeError::MissingNul),
                None => {
                    let missing = *length + 1 - octets.len();
                    src.reserve(missing.min(RESERVE));
                    Ok(None)
                }
            },
            Self::UntilNul(seen) => {
                let unseen = octets.get(*seen..).unwrap_or_default();
                let nul = memchr::memchr(0, unseen);
                examined(nul.unwrap_or(unseen.len()));
                let nul = nul.map(|at| *seen + at);
                if nul.unwrap_or(octets.len()) > limit {
                    return Err(DecodeError::BodyTooLarge { limit });
                }
                *seen = octets.len();
                Ok(nul)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_for_the_nul_goes_on_where_it_stopped() {
        let mut body = Body::UntilNul(0);
        let mut src = BytesMut::from("head");
        for length in 1..1000 {
            src.extend_from_slice(b"x");
            assert_eq!(body.read(&mut src, 4, usize::MAX), Ok(None));
            assert!(matches!(body, Body::UntilNul(seen) if seen == length));
        }
        src.extend_from_slice(b"\0");
        assert_eq!(body.read(&mut src, 4, usize::MAX), Ok(Some(999)));
    }
}
