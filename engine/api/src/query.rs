//! What the address of a list asks for (recording-api §1.6, §5.3): from where, and narrowed to what. Parameters that are not
//! known are ignored, as keys of bodies are.

use std::str::FromStr;

use catalog::{Filter, PageKey};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use model::Labels;
use schema::FieldErrors;

use crate::{error::ApiError, keys::Caller, parameters::Parameters};

/// How many objects a page holds.
pub(crate) const PAGE: u32 = 50;

/// What begins the name of a parameter that narrows a list to objects with a label.
const LABEL: &str = "metadata__";

/// The most parameters that narrow one list.
const MOST_PARAMETERS: usize = 32;

/// What is asked for.
pub(crate) struct Query {
    /// To what the list is narrowed: to the caller's own in any case.
    pub(crate) filter: Filter,
    /// Where the page begins.
    pub(crate) from: Option<PageKey>,
    /// Everything but the place, as it was given: it belongs to the addresses of the other pages.
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads the query of a list whose objects have one of these statuses.
    ///
    /// # Errors
    /// [`ApiError::BadCursor`], or the parameters that cannot be understood.
    pub(crate) fn read(query: Option<&str>, caller: &Caller, statuses: &[&str]) -> Result<Self, ApiError> {
        let mut read = Self {
            filter: Filter { project: Some(caller.project.clone()), ..Filter::default() },
            from: None,
            pairs: Vec::new(),
        };
        let mut errors = FieldErrors::new();
        let mut labels = Labels::new();
        for (name, value) in Parameters::read(query) {
            if name == "cursor" {
                read.from = Some(value.parse().map_err(|_| ApiError::BadCursor)?);
                continue;
            }
            let filter = &mut read.filter;
            match &*name {
                "created_at_after" => filter.created_after_unix_ms = moment(&name, &value, &mut errors),
                "created_at_before" => filter.created_before_unix_ms = moment(&name, &value, &mut errors),
                "recording_id" => filter.recording = id(&name, &value, &mut errors),
                "bot_id" | "meeting_direct_connect_id" => filter.capture = id(&name, &value, &mut errors),
                "status_code" if statuses.contains(&&*value) => filter.statuses.push(value.clone()),
                "status_code" => errors.add(&[&name], format!("Select one of {}.", statuses.join(", "))),
                _ => {
                    if let Some(key) = name.strip_prefix(LABEL) {
                        labels.insert(key.to_owned(), Some(value.clone()));
                    }
                }
            }
            read.pairs.push((name, value));
            if read.pairs.len() > MOST_PARAMETERS {
                return Err(FieldErrors::one(&[], format!("Give at most {MOST_PARAMETERS} parameters.")).into());
            }
        }
        read.filter.metadata = labels.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        errors.or(read).map_err(|errors| ApiError::from(schema::Rejection::from(errors)))
    }

    /// The query of another page of the same list.
    pub(crate) fn at(&self, name: &str, place: &str) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).append_pair(name, place).finish()
    }

    /// A parameter that says something else than to what the list is narrowed.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// The same without one parameter, which names the place in a list that has no cursors.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(key, _)| key != name);
        self
    }
}

/// A moment of this machine's wall clock in milliseconds.
fn moment(name: &str, value: &str, errors: &mut FieldErrors) -> Option<i64> {
    // Without a zone it is UTC, as everything that is answered is; a date begins at midnight.
    let in_utc = |value: &str| {
        let local = value.parse::<DateTime>().ok().or_else(|| value.parse::<Date>().ok().map(DateTime::from))?;
        local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    let moment = value.parse::<Timestamp>().ok().or_else(|| in_utc(value));
    if moment.is_none() {
        errors.add(&[name], "Enter a date and time of ISO 8601, such as 2026-01-01T00:00:00Z.");
    }
    moment.map(Timestamp::as_millisecond)
}

fn id<T: FromStr>(name: &str, value: &str, errors: &mut FieldErrors) -> Option<T> {
    let id = value.parse().ok();
    if id.is_none() {
        errors.add(&[name], "Enter a valid UUID.");
    }
    id
}

#[cfg(test)]
mod tests {
    use model::{CaptureId, Project};

    use super::*;
    use crate::scope::Scope;

    fn read(query: &str) -> Result<Query, ApiError> {
        let caller = Caller { name: "k".to_owned(), project: Project::default(), scope: Scope::Read };
        Query::read(Some(query), &caller, &["done", "failed"])
    }

    #[test]
    fn every_parameter_narrows_a_list_and_survives_on_the_way_to_the_next_page() {
        let id = CaptureId::new(5, [7; 10]);
        let query = format!(
            "bot_id={id}&created_at_after=2026-01-01T00%3A00%3A00%2B00%3A00&created_at_before=2026-01-02T00:00:00.5Z\
             &status_code=done&status_code=failed&metadata__a%20b=c%26d&unknown=x&recording_id="
        );
        let read = read(&query).unwrap();
        let expected = Filter {
            project: Some(Project::default()),
            created_after_unix_ms: Some(1_767_225_600_000),
            created_before_unix_ms: Some(1_767_312_000_500),
            statuses: vec!["done".to_owned(), "failed".to_owned()],
            capture: Some(id),
            recording: None,
            metadata: vec![("a b".to_owned(), "c&d".to_owned())],
        };
        assert_eq!(read.filter, expected);
        let next = super::tests::read(&read.at("cursor", "o.1.00000000-0000-0000-0000-000000000000")).unwrap();
        assert_eq!(next.filter, expected);
        assert!(next.from.is_some());
    }

    #[test]
    fn a_time_without_a_zone_is_utc() {
        for text in ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01T01:00:00%2B01:00", "2026-01-01T00:00:00Z"] {
            let read = read(&format!("created_at_after={text}")).unwrap();
            assert_eq!(read.filter.created_after_unix_ms, Some(1_767_225_600_000), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        for (query, named) in [
            ("created_at_after=yesterday", "created_at_after"),
            ("recording_id=1", "recording_id"),
            ("status_code=finished", "status_code"),
        ] {
            let Err(ApiError::Rejected(schema::Rejection::Fields(errors))) = read(query) else { panic!("{query}") };
            assert!(serde_json::to_value(errors).unwrap().get(named).is_some(), "{query}");
        }
        assert!(matches!(read("cursor=x"), Err(ApiError::BadCursor)));
        let many = |count: usize| (0..count).map(|n| format!("metadata__{n}=x")).collect::<Vec<_>>().join("&");
        assert!(read(&many(MOST_PARAMETERS)).is_ok());
        assert!(read(&many(MOST_PARAMETERS + 1)).is_err());
    }
}
