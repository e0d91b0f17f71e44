//! Names for guests who give none.

use rand::seq::IndexedRandom;

use super::{Locale, MemberName};

const KO: ([&str; 16], [&str; 16]) = (
    [
        "느긋한",
        "용감한",
        "조용한",
        "반짝이는",
        "따뜻한",
        "씩씩한",
        "다정한",
        "호기심많은",
        "졸린",
        "재빠른",
        "명랑한",
        "수줍은",
        "든든한",
        "포근한",
        "엉뚱한",
        "산뜻한",
    ],
    [
        "수달",
        "고래",
        "참새",
        "다람쥐",
        "너구리",
        "두루미",
        "고양이",
        "해달",
        "부엉이",
        "나무늘보",
        "거북이",
        "여우",
        "사슴",
        "펭귄",
        "돌고래",
        "토끼",
    ],
);

const EN: ([&str; 16], [&str; 16]) = (
    [
        "Calm", "Brave", "Quiet", "Bright", "Warm", "Lively", "Gentle", "Curious", "Sleepy", "Swift",
        "Cheerful", "Shy", "Steady", "Cosy", "Quirky", "Fresh",
    ],
    [
        "Otter", "Whale", "Sparrow", "Squirrel", "Raccoon", "Crane", "Cat", "Heron", "Owl", "Sloth",
        "Turtle", "Fox", "Deer", "Penguin", "Dolphin", "Rabbit",
    ],
);

/// An adjective and an animal.
pub fn nickname(locale: Locale) -> MemberName {
    let (adjectives, animals) = match locale {
        Locale::Ko => KO,
        Locale::En => EN,
    };
    let mut rng = rand::rng();
    let mut pick = |words: [&'static str; 16]| words.choose(&mut rng).copied().unwrap_or_default();
    let name = format!("{} {}", pick(adjectives), pick(animals));
    MemberName::parse(&name).expect("the words are short and plain")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_words_is_a_name() {
        for (adjectives, animals) in [KO, EN] {
            for (adjective, animal) in adjectives.iter().flat_map(|a| animals.iter().map(move |b| (a, b))) {
                assert!(MemberName::parse(&format!("{adjective} {animal}")).is_some());
            }
        }
    }
}
