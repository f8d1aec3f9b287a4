//! Places in lists, newest first. How a customer sees them (absolute addresses) is in `schema`.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// In which direction a page lies from its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// What was created before.
    Older,
    /// What was created after.
    Newer,
}

/// A place between two objects of a list; stays where it is when others are created. Written as opaque text that is
/// safe in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageKey {
    /// In which direction the page lies.
    pub toward: Toward,
    /// When the object beside it was created, in milliseconds of this machine's wall clock since the Unix epoch.
    pub created_at_unix_ms: i64,
    /// The object beside it; not on the page.
    pub id: Uuid,
}

impl fmt::Display for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let toward = match self.toward {
            Toward::Older => 'o',
            Toward::Newer => 'n',
        };
        write!(f, "{toward}.{}.{}", self.created_at_unix_ms, self.id)
    }
}

/// A text that is no [`PageKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor that a list answered; follow the links of the list instead of making one")]
pub struct NoPageKey;

impl FromStr for PageKey {
    type Err = NoPageKey;

    fn from_str(text: &str) -> Result<Self, NoPageKey> {
        let mut parts = text.splitn(3, '.');
        let toward = match parts.next() {
            Some("o") => Toward::Older,
            Some("n") => Toward::Newer,
            _ => return Err(NoPageKey),
        };
        let mut part = || parts.next().ok_or(NoPageKey);
        let created_at_unix_ms = part()?.parse().map_err(|_| NoPageKey)?;
        let id = part()?.parse().map_err(|_| NoPageKey)?;
        Ok(Self { toward, created_at_unix_ms, id })
    }
}

/// One page of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The objects.
    pub items: Vec<T>,
    /// Where the next older page begins, if there is one.
    pub next: Option<PageKey>,
    /// Where the next newer page begins, if there is one.
    pub previous: Option<PageKey>,
}

impl<T> Page<T> {
    /// The same page with what its objects became.
    pub(crate) fn with<U>(self, items: Vec<U>) -> Page<U> {
        Page { items, next: self.next, previous: self.previous }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_key_survives_the_way_through_an_address() {
        for toward in [Toward::Older, Toward::Newer] {
            let key = PageKey { toward, created_at_unix_ms: 1_767_225_600_000, id: Uuid::from_u128(7) };
            assert_eq!(key.to_string().parse(), Ok(key));
        }
    }

    #[test]
    fn texts_that_are_no_page_keys_are_refused() {
        for text in ["", "o", "o.", "o.1", "o.1.", "x.1.00000000-0000-0000-0000-000000000000", "o.1.zz", "o.é.1"] {
            assert_eq!(text.parse::<PageKey>(), Err(NoPageKey), "{text}");
        }
    }
}
