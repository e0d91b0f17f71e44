//! Whether what comes in parts is text.

use std::str;

/// Follows UTF-8 whose characters may be cut anywhere.
#[derive(Debug, Default)]
pub(super) struct TextCheck {
    /// The beginning of a character whose rest is in the next part.
    split: Vec<u8>,
}

/// It is no UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotText;

impl TextCheck {
    /// Looks at the next part, behind whose last no character may be left unfinished.
    pub(super) fn follow(&mut self, mut part: &[u8], is_last: bool) -> Result<(), NotText> {
        while !self.split.is_empty()
            && let Some((octet, rest)) = part.split_first()
        {
            self.split.push(*octet);
            part = rest;
            if unfinished(&self.split)?.is_empty() {
                self.split.clear();
            }
        }
        self.split.extend_from_slice(unfinished(part)?);
        if is_last && !self.split.is_empty() { Err(NotText) } else { Ok(()) }
    }
}

/// The beginning of a character at the end of a text.
fn unfinished(text: &[u8]) -> Result<&[u8], NotText> {
    match str::from_utf8(text) {
        Ok(_) => Ok(&[]),
        Err(error) if error.error_len().is_none() => Ok(text.get(error.valid_up_to()..).unwrap_or_default()),
        Err(_) => Err(NotText),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(octets: &[u8], part: usize) -> Result<(), NotText> {
        let mut check = TextCheck::default();
        octets.chunks(part).try_for_each(|part| check.follow(part, false))?;
        check.follow(b"", true)
    }

    #[test]
    fn text_may_be_cut_anywhere() {
        for part in 1..12 {
            assert_eq!(follow("aß한🦀\u{10FFFF}z".as_bytes(), part), Ok(()), "{part}");
        }
    }

    #[test]
    fn what_is_no_text_is_found_wherever_it_is_cut() {
        let overlong = b"ab\xC0\x80";
        let surrogate = b"ab\xED\xA0\x80";
        let too_high = b"\xF4\x90\x80\x80";
        let unfinished = "a한".as_bytes().split_last().unwrap().1;
        let interrupted = b"\xED\x95a";
        for octets in [&overlong[..], surrogate, too_high, unfinished, interrupted, b"\x80", b"a\xFF"] {
            for part in 1..6 {
                assert_eq!(follow(octets, part), Err(NotText), "{octets:x?}, {part}");
            }
        }
    }

    #[test]
    fn a_part_that_cannot_go_on_is_refused_at_once() {
        let mut check = TextCheck::default();
        assert_eq!(check.follow(b"\xF0", false), Ok(()));
        assert_eq!(check.follow(b"\x80", false), Err(NotText));
    }
}
