//! Scalars as leniently as the field has seen them: numbers as strings or floats, strings as numbers, lists of one without
//! brackets. Which field may be which is decided by the messages that use these.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value},
};

/// An integer, also written as a float without fraction or as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole(pub(super) i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WholeVisitor;

        impl Visitor<'_> for WholeVisitor {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer, or a string that holds one")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Whole, E> {
                Ok(Whole(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Whole, E> {
                i64::try_from(value).map(Whole).map_err(|_| E::custom("an integer beyond 63 bits"))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Whole, E> {
                // Beyond 2^53 a float is no longer exact.
                if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
                    Ok(Whole(value as i64))
                } else {
                    Err(E::custom("a number that is no integer"))
                }
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Whole, E> {
                let text = text.trim();
                match text.parse() {
                    Ok(value) => Ok(Whole(value)),
                    Err(_) => self.visit_f64(text.parse().map_err(|_| E::custom("a string that holds no integer"))?),
                }
            }
        }

        deserializer.deserialize_any(WholeVisitor)
    }
}

/// A string, also written as a number; `true` and `false` are not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(value.to_string())))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(value.to_string())))
            }
        }

        deserializer.deserialize_any(TextVisitor)
    }
}

/// A list, a single element without brackets, or nothing; anything else counts as nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed<T>(pub(super) Vec<T>);

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListedVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListedVisitor<T> {
            type Value = Listed<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list or an object")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Listed<T>, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Listed(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Listed<T>, A::Error> {
                T::deserialize(value::MapAccessDeserializer::new(map)).map(|element| Listed(vec![element]))
            }

            fn visit_unit<E: Error>(self) -> Result<Listed<T>, E> {
                Ok(Listed::default())
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Listed<T>, E> {
                Ok(Listed::default())
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Listed<T>, E> {
                Ok(Listed::default())
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Listed<T>, E> {
                Ok(Listed::default())
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Listed<T>, E> {
                Ok(Listed::default())
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Listed<T>, E> {
                Ok(Listed::default())
            }
        }

        deserializer.deserialize_any(ListedVisitor(std::marker::PhantomData))
    }
}

/// `true` and `false`, also as 1 and 0 or as strings; anything else is `false`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Truth(pub(super) bool);

impl<'de> Deserialize<'de> for Truth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form<'a> {
            Plain(bool),
            Number(i64),
            #[serde(borrow)]
            Text(Cow<'a, str>),
            Other(IgnoredAny),
        }
        Ok(Self(match Form::deserialize(deserializer)? {
            Form::Plain(value) => value,
            Form::Number(value) => value != 0,
            Form::Text(text) => text == "true",
            Form::Other(_) => false,
        }))
    }
}

/// The number of a party that is named by a string (protocol §3.2): the number it spells, or one made from its bytes that
/// is the same whenever the string is.
pub(super) fn source_of_channel(channel: &str) -> i64 {
    channel.trim().parse().unwrap_or_else(|_| {
        // FNV-1a, kept to 62 bits and out of the range that people get.
        let hash = channel
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        ((hash >> 2) | (1 << 61)) as i64
    })
}
