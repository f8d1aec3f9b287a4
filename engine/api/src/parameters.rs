//! What stands behind the question mark of an address, decoded. What it means is each route's business; what lists are narrowed by is in
//! [`crate::query`].

use std::str::FromStr;

/// The parameters of an address that say something, in their order.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query. What was left empty is as if it were not there: a form in a browser sends it, too.
    pub(crate) fn read(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The first value of a parameter.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// The first value of a parameter, as what it is.
    ///
    /// # Errors
    /// If it is there and is nothing of the kind.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, T::Err> {
        self.value(name).map(str::parse).transpose()
    }
}

impl IntoIterator for Parameters {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_empty_is_not_there_and_the_first_value_counts() {
        let read = Parameters::read(Some("a=&b=1%202&a=x+y&a=z&c"));
        assert_eq!((read.value("a"), read.value("b"), read.value("c")), (Some("x y"), Some("1 2"), None));
        assert!(read.parsed::<u8>("a").is_err());
        assert_eq!(read.parsed::<u8>("d"), Ok(None));
        assert_eq!(Parameters::read(Some("n=7")).parsed::<u8>("n"), Ok(Some(7)));
        assert!(Parameters::read(None).into_iter().next().is_none());
    }
}
