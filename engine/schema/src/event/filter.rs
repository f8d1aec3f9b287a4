//! Which live events somebody wants to be told.

use crate::error::FieldErrors;

/// What the names of live events begin with.
const FAMILIES: [&str; 4] = ["transcript", "participant_events", "artifact", "meeting_direct_connect"];
/// The most names that one reader may give.
const MOST: usize = 32;

/// The events that are wanted, by their names; all of them unless somebody says which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter(Vec<String>);

impl EventFilter {
    /// Reads names with commas between them: of one event, such as `transcript.data`, or of a family, such as `participant_events.*`.
    ///
    /// # Errors
    /// If one of them is no name of an event.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        let names: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if names.len() > MOST {
            return Err(FieldErrors::one(&["events"], format!("Give at most {MOST} names.")));
        }
        match names.iter().find(|name| !is_name(name)) {
            Some(_) => Err(FieldErrors::one(
                &["events"],
                "Give names of events with commas between them, such as transcript.data,participant_events.*",
            )),
            None => Ok(Self(names.into_iter().map(str::to_owned).collect())),
        }
    }

    /// Whether an event of that name is wanted.
    pub fn wants(&self, event: &str) -> bool {
        let family = event.split_once('.').map_or(event, |(family, _)| family);
        let is_meant = |name: &String| name == event || name.strip_suffix(".*") == Some(family);
        self.0.is_empty() || self.0.iter().any(is_meant)
    }
}

fn is_name(text: &str) -> bool {
    let Some((family, rest)) = text.split_once('.') else { return false };
    let is_word = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    FAMILIES.contains(&family) && (rest == "*" || is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_wanted_by_their_name_and_by_their_family() {
        let filter = EventFilter::parse("transcript.data, participant_events.*").expect("names");
        for (event, is_wanted) in [
            ("transcript.data", true),
            ("participant_events.join", true),
            ("transcript.partial_data", false),
            ("artifact.progress", false),
            ("meeting_direct_connect.done", false),
        ] {
            assert_eq!(filter.wants(event), is_wanted, "{event}");
            assert!(EventFilter::default().wants(event), "{event}: all are wanted unless somebody says which");
        }
        assert_eq!(EventFilter::parse(" , "), Ok(EventFilter::default()));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let many = "transcript.data,".repeat(MOST + 1);
        for wrong in ["transcript", "transcript.", "recording.done", "*", "transcript.*.x", "Transcript.data", &many] {
            assert!(EventFilter::parse(wrong).is_err(), "{wrong}");
        }
    }
}
