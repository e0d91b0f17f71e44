//! What all names have in common.

use unicode_normalization::UnicodeNormalization;

/// A name as it is stored: trimmed, composed (NFC), without characters that do not show or that turn the text
/// around, by which one name could pass for another. `None` if it is not `min..=max` characters long then or has such
/// characters.
pub(super) fn name(text: &str, min: usize, max: usize) -> Option<String> {
    // Composing at most shrinks the count of characters, and a name that is hopelessly long is not worth it.
    if text.len() > max * 16 {
        return None;
    }
    let name: String = text.trim().nfc().collect();
    let fits = (min..=max).contains(&name.chars().count());
    (fits && !name.chars().any(deceptive)).then_some(name)
}

/// Control and format characters (Unicode categories Cc and Cf, and the invisible fillers of Hangul).
pub(super) fn deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_composed() {
        assert_eq!(name("  \u{1112}\u{1161}\u{11ab} ", 1, 4).as_deref(), Some("한"));
    }

    #[test]
    fn names_that_could_deceive_are_refused() {
        for text in ["a\u{202e}b", "a\u{200b}b", "a\nb", "\u{3164}\u{3164}", "a\u{feff}"] {
            assert_eq!(name(text, 1, 8), None, "{text:?}");
        }
    }

    #[test]
    fn length_counts_characters() {
        assert_eq!(name("가나다", 2, 3).as_deref(), Some("가나다"));
        assert_eq!(name("가나다라", 2, 3), None);
        assert_eq!(name(" 가 ", 2, 3), None);
    }
}
