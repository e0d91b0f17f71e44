//! Objects of JSON.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

/// A `T` that was an object: serde would read one from an array of the fields as well.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: i32,
        y: Option<i32>,
    }

    #[test]
    fn only_objects_are_objects() {
        let read = |text| serde_json::from_str(text).map(|Object(point)| point).ok();
        assert_eq!(read(r#"{"x":1,"y":2,"z":3}"#), Some(Point { x: 1, y: Some(2) }));
        assert_eq!(read(r#"{"x":1,"y":null}"#), Some(Point { x: 1, y: None }));
        for text in ["[1,2]", "null", "1", "\"x\"", "{}", r#"{"x":1,"x":1}"#] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(serde_json::from_str::<Option<Object<Point>>>("null").unwrap().is_none());
    }
}
