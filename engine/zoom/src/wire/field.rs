//! Scalars as leniently as the field has seen them: numbers as strings or floats, strings as numbers. Which field may be
//! which, and which may be of no use at all, is decided by the messages that use these. Lists are in `listed`.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Something that several JSON types can spell; `None` where a value spells nothing.
pub(super) trait Scalar<'a>: Sized {
    /// What was expected, for the error.
    const EXPECTED: &'static str;

    fn of_whole(value: i64) -> Option<Self>;

    fn of_text(text: Cow<'a, str>) -> Option<Self>;

    fn of_large(value: u64) -> Option<Self> {
        Self::of_whole(i64::try_from(value).ok()?)
    }

    fn of_float(value: f64) -> Option<Self> {
        // Beyond 2^53 a float is no longer exact.
        let is_whole = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
        if is_whole { Self::of_whole(value as i64) } else { None }
    }
}

/// An integer, also written as a float without fraction or as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole(pub(super) i64);

impl<'a> Scalar<'a> for Whole {
    const EXPECTED: &'static str = "an integer of 63 bits, or a string that holds one";

    fn of_whole(value: i64) -> Option<Self> {
        Some(Self(value))
    }

    fn of_text(text: Cow<'a, str>) -> Option<Self> {
        let text = text.trim();
        text.parse().ok().map(Self).or_else(|| Self::of_float(text.parse().ok()?))
    }
}

/// A string, also written as an integer; `true` and `false` are not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'a> Scalar<'a> for Text<'a> {
    const EXPECTED: &'static str = "a string";

    fn of_whole(value: i64) -> Option<Self> {
        Some(Self(Cow::Owned(value.to_string())))
    }

    fn of_text(text: Cow<'a, str>) -> Option<Self> {
        Some(Self(text))
    }

    fn of_large(value: u64) -> Option<Self> {
        Some(Self(Cow::Owned(value.to_string())))
    }
}

/// Who a message is from: a number, a string that holds one, or any other string, which stands for a number of its own
/// (protocol §3.2). An empty string names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source(pub(super) Option<i64>);

impl<'a> Scalar<'a> for Source {
    const EXPECTED: &'static str = "the id of a participant";

    fn of_whole(value: i64) -> Option<Self> {
        Some(Self(Some(value)))
    }

    fn of_text(text: Cow<'a, str>) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self(None));
        }
        let number = Whole::of_text(Cow::Borrowed(&text)).map(|number| number.0);
        Some(Self(Some(number.unwrap_or_else(|| source_of_channel(&text)))))
    }
}

/// Takes what spells a `T` and refuses the rest.
struct Strict<T>(PhantomData<T>);

impl<'de, T: Scalar<'de>> Visitor<'de> for Strict<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        T::of_whole(value).ok_or_else(|| E::custom(T::EXPECTED))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        T::of_large(value).ok_or_else(|| E::custom(T::EXPECTED))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        T::of_float(value).ok_or_else(|| E::custom(T::EXPECTED))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<T, E> {
        T::of_text(Cow::Borrowed(text)).ok_or_else(|| E::custom(T::EXPECTED))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::of_text(Cow::Owned(text.to_owned())).ok_or_else(|| E::custom(T::EXPECTED))
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Strict(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Strict::<Text<'de>>(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Strict(PhantomData))
    }
}

/// A field that no message depends on: what does not spell a `T` counts as missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loose<T>(pub(super) Option<T>);

impl<T> Default for Loose<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl Loose<Whole> {
    /// The number, if there is one.
    pub(super) fn number(self) -> Option<i64> {
        self.0.map(|number| number.0)
    }
}

impl Loose<Source> {
    /// The participant's number, if one is named.
    pub(super) fn source(self) -> Option<i64> {
        self.0?.0
    }
}

impl<'a> Loose<Text<'a>> {
    /// The text, if there is one.
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        self.0.map(|text| text.0)
    }

    /// The text, if there is one that is not empty.
    pub(super) fn some_text(self) -> Option<Cow<'a, str>> {
        self.text().filter(|text| !text.is_empty())
    }
}

struct Lax<T>(PhantomData<T>);

impl<'de, T: Scalar<'de>> Visitor<'de> for Lax<T> {
    type Value = Loose<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Loose<T>, E> {
        Ok(Loose(T::of_whole(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Loose<T>, E> {
        Ok(Loose(T::of_large(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Loose<T>, E> {
        Ok(Loose(T::of_float(value)))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Loose<T>, E> {
        Ok(Loose(T::of_text(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Loose<T>, E> {
        Ok(Loose(T::of_text(Cow::Owned(text.to_owned()))))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Loose<T>, E> {
        Ok(Loose(None))
    }

    fn visit_unit<E: Error>(self) -> Result<Loose<T>, E> {
        Ok(Loose(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose<T>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose(None))
    }
}

impl<'de> Deserialize<'de> for Loose<Whole> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Lax(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Loose<Source> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Lax(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<Text<'a>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Lax::<Text<'de>>(PhantomData))
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
