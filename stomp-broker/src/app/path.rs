//! The parameters of a route, read by serde: one value, a tuple of them, or a struct with fields of their names.

use serde::{
    de::{
        DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor,
        value::{Error, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{FromRequest, Request};
use crate::Refusal;

/// The `{name}` parts of the route.
///
/// `Path<u32>` is the first one, `Path<(u32, String)>` are the first two in order, and a struct that is
/// `Deserialize` takes those that its fields are named after. What cannot be read is refused as no destination at all.
///
/// ```
/// use stomp_broker::{App, app::Path};
///
/// #[derive(serde::Deserialize)]
/// struct Place { room: u32, message: u64 }
///
/// let app = App::new(())
///     .send("/app/room/{room}/read", async |Path(room): Path<u32>| println!("{room}"))
///     .send("/app/room/{room}/pin/{message}", async |Path((room, message)): Path<(u32, u64)>| println!("{room} {message}"))
///     .send("/app/room/{room}/like/{message}", async |Path(at): Path<Place>| println!("{} {}", at.room, at.message));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S, T: DeserializeOwned> FromRequest<S> for Path<T> {
    fn from_request(request: &Request, _: &S) -> Result<Self, Refusal> {
        let parameters = Parameters(&request.parameters);
        T::deserialize(parameters).map(Self).map_err(|_| Refusal::new("no such destination"))
    }
}

/// All parameters of a route.
struct Parameters<'a>(&'a [(String, String)]);

impl<'a> Parameters<'a> {
    fn first(&self) -> Result<Text<'a>, Error> {
        self.0.first().map(|(_, text)| Text(text)).ok_or_else(|| Error::custom("a route without parameters"))
    }
}

macro_rules! read_first {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.first()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Parameters<'_> {
    type Error = Error;

    read_first! {
        deserialize_any deserialize_bool deserialize_str deserialize_string deserialize_char deserialize_bytes
        deserialize_byte_buf deserialize_option deserialize_identifier
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.first()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.iter().map(|(_, text)| Text(text))))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let entries = self.0.iter().map(|(name, text)| (name.as_str(), Text(text)));
        visitor.visit_map(MapDeserializer::new(entries))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_tuple(0, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    forward_to_deserialize_any! { unit unit_struct ignored_any }
}

/// One parameter, of whatever type its text can be read as.
struct Text<'a>(&'a str);

impl IntoDeserializer<'_> for Text<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parse {
    ($($method:ident => $visit:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.0.parse().map_err(Error::custom)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = Error;

    /// An empty segment stands for nothing.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            "" => Err(Error::custom("an empty segment")),
            text => visitor.visit_str(text),
        }
    }

    parse! {
        deserialize_bool => visit_bool,
        deserialize_i8 => visit_i8, deserialize_i16 => visit_i16, deserialize_i32 => visit_i32,
        deserialize_i64 => visit_i64, deserialize_i128 => visit_i128,
        deserialize_u8 => visit_u8, deserialize_u16 => visit_u16, deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64, deserialize_u128 => visit_u128,
        deserialize_f32 => visit_f32, deserialize_f64 => visit_f64,
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: DeserializeOwned>(parameters: &[(&str, &str)]) -> Option<T> {
        let owned: Vec<_> = parameters.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        T::deserialize(Parameters(&owned)).ok()
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Id(u64);

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Side {
        Left,
        Right,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Named {
        side: Side,
        id: Id,
    }

    #[test]
    fn one_value_is_the_first_parameter() {
        assert_eq!(read::<u8>(&[("a", "7"), ("b", "8")]), Some(7));
        assert_eq!(read::<String>(&[("a", "seven")]).as_deref(), Some("seven"));
        assert_eq!(read::<Id>(&[("a", "7")]), Some(Id(7)));
        assert_eq!(read::<Side>(&[("a", "left")]), Some(Side::Left));
        assert_eq!(read::<f64>(&[("a", "0.5")]), Some(0.5));
    }

    #[test]
    fn several_values_come_in_order_or_by_name() {
        let parameters = [("id", "7"), ("side", "right")];
        assert_eq!(read::<(Id, Side)>(&parameters), Some((Id(7), Side::Right)));
        assert_eq!(read::<Named>(&parameters), Some(Named { side: Side::Right, id: Id(7) }));
        assert_eq!(read::<Vec<String>>(&parameters), Some(vec!["7".to_owned(), "right".to_owned()]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(read::<u8>(&[("a", "256")]), None);
        assert_eq!(read::<u8>(&[]), None);
        assert_eq!(read::<String>(&[("a", "")]), None);
        assert_eq!(read::<Side>(&[("a", "up")]), None);
        assert_eq!(read::<(u8, u8)>(&[("a", "1")]), None);
        assert_eq!(read::<Named>(&[("id", "7")]), None);
    }
}
