//! What a text is found by.
//!
//! Korean glues particles to words and Japanese and Chinese have no spaces: there, words are no use. So runs of such
//! characters are found by their pairs, which makes any part of two characters findable, and by single characters;
//! anything else by its words.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

/// What was searched for, of 1 to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    terms: Vec<String>,
}

impl SearchText {
    /// What it has to be like.
    pub const EXPECTED: &str = "1 to 64 characters with a letter or a digit among them";

    /// Reads a text.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.trim().chars().count());
        let terms: Vec<String> =
            fold(text).split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
        let terms: Vec<String> = terms.into_iter().filter(|term| !term.is_empty()).collect();
        (fits && !terms.is_empty()).then_some(Self { terms })
    }

    /// What a text has among its own grams if it may be a match.
    pub fn grams(&self) -> Vec<String> {
        grams(&self.terms.join(" "))
    }

    /// Whether all that was searched for is in a text.
    pub fn is_in(&self, text: &str) -> bool {
        let text = fold(text);
        self.terms.iter().all(|term| text.contains(term))
    }

    /// Where it is, in UTF-16 code units as browsers count them, ascending.
    pub fn highlights(&self, text: &str) -> Vec<(usize, usize)> {
        let folded = Folded::new(text);
        let places: BTreeSet<_> = self.terms.iter().flat_map(|term| folded.find(term)).collect();
        places.into_iter().collect()
    }
}

/// What a text is found by: words, and pairs and single ones of characters that are written without spaces.
pub fn grams(text: &str) -> Vec<String> {
    let mut grams = BTreeSet::new();
    for word in fold(text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let chars: Vec<char> = word.chars().collect();
        for run in chars.chunk_by(|one, next| is_glued(*one) == is_glued(*next)) {
            if run.iter().all(|c| is_glued(*c)) {
                grams.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
                grams.extend(run.iter().map(char::to_string));
            } else {
                grams.insert(run.iter().collect());
            }
        }
    }
    grams.into_iter().collect()
}

/// A text in which what is read alike is written alike.
fn fold(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).collect()
}

/// Hangul, Kana and Han characters.
fn is_glued(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{318f}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A text to look for terms in, with where each of its folded characters comes from.
struct Folded {
    text: String,
    /// The code units of the original before each octet of the folded text, and at its end.
    origins: Vec<usize>,
}

impl Folded {
    fn new(original: &str) -> Self {
        let (mut text, mut origins, mut units) = (String::new(), Vec::new(), 0);
        for c in original.chars() {
            let begin = text.len();
            text.extend(c.to_lowercase());
            origins.resize(origins.len() + text.len() - begin, units);
            units += c.len_utf16();
        }
        origins.push(units);
        Self { text, origins }
    }

    fn find<'a>(&'a self, term: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        let origin = |octet: usize| self.origins.get(octet).copied().unwrap_or_default();
        self.text.match_indices(term).map(move |(at, _)| (origin(at), origin(at + term.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_is_found_by_any_two_syllables_and_latin_by_words() {
        assert_eq!(grams("떡볶이가 Tasty!"), ["tasty", "가", "떡", "떡볶", "볶", "볶이", "이", "이가"]);
        assert_eq!(grams("B2B회의"), ["b2b", "의", "회", "회의"]);
        assert_eq!(grams("\u{1112}\u{1161}\u{11ab}"), ["한"], "composed as it is read");
        assert_eq!(grams("!!! ..."), [""; 0]);
    }

    #[test]
    fn matches_are_marked_where_browsers_find_them() {
        let search = SearchText::parse("채팅 ok").unwrap();
        assert_eq!(search.highlights("😀채팅방 OK"), [(2, 4), (6, 8)]);
        assert!(search.is_in("채팅방 OK") && !search.is_in("채팅방"), "one of the words is missing");
        assert!(!SearchText::parse("볶이").unwrap().is_in("떡볶 이"));
    }

    #[test]
    fn a_search_has_something_to_look_for() {
        assert!(SearchText::parse("%_\\").is_none());
        assert!(SearchText::parse(" ").is_none());
        assert!(SearchText::parse(&"가".repeat(65)).is_none());
        assert_eq!(SearchText::parse("100%").unwrap().grams(), ["100"]);
    }
}
