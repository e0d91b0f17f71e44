//! Files: what members call them.

use unicode_normalization::UnicodeNormalization;

use super::text::deceptive;

/// Files of one message, at most.
pub const MAX_FILES: usize = 10;

/// Characters of a file's name, at most.
const MAX_CHARS: usize = 120;

/// Octets of an extension with its dot, at most.
const MAX_EXTENSION: usize = 16;

/// A file's name: to be shown and to be saved under, never to be opened by this service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// Makes a name of what a client calls a file: the last part of a path, composed (NFC), without characters that
    /// do not show or that turn the text around, shortened before its extension.
    pub fn new(text: &str) -> Self {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let shown: String = last.nfc().filter(|&c| !deceptive(c)).collect();
        let (stem, extension) = split(shown.trim());
        if stem.trim_matches(['.', ' ']).is_empty() {
            return Self(format!("file{extension}"));
        }
        let room = MAX_CHARS - extension.chars().count();
        Self(stem.chars().take(room).chain(extension.chars()).collect())
    }

    /// The name of another form of the same: with that extension, unless it has one of those already.
    #[must_use]
    pub fn with_extension(self, extensions: &[&str]) -> Self {
        let (stem, found) = split(&self.0);
        let found = found.trim_start_matches('.');
        match extensions.first() {
            Some(first) if !extensions.iter().any(|one| found.eq_ignore_ascii_case(one)) => {
                Self(format!("{stem}.{first}"))
            }
            _ => self,
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is before the extension, and the extension with its dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if is_extension(&name.as_bytes()[dot + 1..]) => name.split_at(dot),
        _ => (name, ""),
    }
}

fn is_extension(end: &[u8]) -> bool {
    (1..MAX_EXTENSION).contains(&end.len()) && end.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_shows() {
        for (given, name) in [
            ("사진.png", "사진.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\a\\b.txt", "b.txt"),
            ("a\r\nb\u{202e}.exe", "ab.exe"),
            ("\u{1112}\u{1161}\u{11ab}.txt", "한.txt"),
            ("", "file"),
            ("..", "file"),
            (".txt", "file.txt"),
            ("a/", "file"),
        ] {
            assert_eq!(FileName::new(given).as_str(), name, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = FileName::new(&format!("{}.tar", "가".repeat(500)));
        assert_eq!(name.as_str().chars().count(), MAX_CHARS);
        assert!(name.as_str().ends_with("가.tar"));
    }

    #[test]
    fn another_form_has_its_own_extension() {
        let jpeg = ["jpg", "jpeg"];
        for (given, name) in
            [("a.webp", "a.jpg"), ("a.JPEG", "a.JPEG"), ("a", "a.jpg"), ("v1.2 a", "v1.2 a.jpg")]
        {
            assert_eq!(FileName::new(given).with_extension(&jpeg).as_str(), name);
        }
    }
}
