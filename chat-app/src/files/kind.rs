//! What a file is by its content, whatever it is called.

use std::{
    fs::File,
    io::{self, Read, Seek},
};

use image::ImageFormat;

/// Octets at the start of a file that tell what it is.
const HEAD: u64 = 8 * 1024;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A picture that is made anew.
    Picture(ImageFormat),
    /// Anything else, of this media type.
    Other(&'static str),
}

impl Kind {
    /// What a file is; reads from its start and goes back there.
    pub(super) fn of(file: &mut File) -> io::Result<Self> {
        let mut head = Vec::new();
        file.take(HEAD).read_to_end(&mut head)?;
        file.rewind()?;
        Ok(Self::of_octets(&head))
    }

    fn of_octets(head: &[u8]) -> Self {
        match infer::get(head).map(|found| found.mime_type()) {
            Some("image/jpeg") => Self::Picture(ImageFormat::Jpeg),
            Some("image/png") => Self::Picture(ImageFormat::Png),
            Some("image/gif") => Self::Picture(ImageFormat::Gif),
            Some("image/webp") => Self::Picture(ImageFormat::WebP),
            Some(other) => Self::Other(other),
            None if is_text(head) => Self::Other("text/plain; charset=utf-8"),
            None => Self::Other("application/octet-stream"),
        }
    }
}

/// Whether a file that begins so may be text: in UTF-8, maybe cut within a character, without control characters that
/// texts do not have.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_a_file_is() {
        let kind = Kind::of_octets;
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n...."), Kind::Picture(ImageFormat::Png));
        assert_eq!(kind(b"%PDF-1.7"), Kind::Other("application/pdf"));
        assert_eq!(kind(b"<!DOCTYPE html><script>"), Kind::Other("text/html"));
        assert_eq!(kind("안녕\n".as_bytes()), Kind::Other("text/plain; charset=utf-8"));
        assert_eq!(kind(&"안녕".as_bytes()[..4]), Kind::Other("text/plain; charset=utf-8"));
        for unknown in [&b""[..], b"\0\x01", b"\xff\xfe\xfd"] {
            assert_eq!(kind(unknown), Kind::Other("application/octet-stream"));
        }
    }
}
