//! Tells one real-time endpoint what happens in a meeting (recording-api §4.2): the events of the narrator, and media, each in the
//! envelope of that endpoint. When and how they are sent is decided in `deliver`.

use media::SourceTime;
use model::{ArtifactKind, Capture, Endpoint, EventBody, ParticipantId, SequencedEvent, Topic};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::json;

use super::{
    body::Body,
    envelope::{Belonging, Owners},
    narrator::Narrator,
};
use crate::{json::text_of, object, time::Stamp};

/// One event for one endpoint, complete but for its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What it tells.
    pub topic: Topic,
    /// Its id, the same however often the same happening is told to the endpoint; `None` for media, which is never told again.
    pub event_id: Option<String>,
    data: String,
}

impl Letter {
    /// The whole envelope as JSON text, as the endpoint's `seq`th under an id.
    pub fn numbered(&self, seq: u64, event_id: &str) -> String {
        // Neither the name of a topic nor an id holds what JSON would escape.
        format!(r#"{{"event":"{}","seq":{seq},"event_id":"{event_id}","data":{}}}"#, self.topic, self.data)
    }

    /// How many bytes of memory it takes.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.data.len() + self.event_id.as_ref().map_or(0, String::len)
    }
}

/// A picture or a piece of sound that is told live.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// What it is: `audio_mixed_raw.data` and its like.
    pub topic: Topic,
    /// The bytes in base64.
    pub buffer: &'a str,
    /// When its first sample was, on the platform's clock.
    pub at: SourceTime,
    /// Whose it is; `None` for everybody's.
    pub participant: Option<ParticipantId>,
    /// Whether it is of a shared screen.
    pub is_share: bool,
}

/// Tells one endpoint the events of its capture. Like a narrator it must hear every event from the first one on, in order.
#[derive(Clone, Debug)]
pub struct Correspondent {
    narrator: Narrator,
    endpoint: Belonging,
    recording: Belonging,
    artifacts: Vec<(&'static str, Belonging)>,
    id: String,
}

impl Correspondent {
    /// For an endpoint, with what is known of its capture.
    pub fn new(capture: &Capture, endpoint: &Endpoint) -> Self {
        Self {
            narrator: Narrator::new(capture),
            endpoint: Belonging::new(endpoint.id.to_string(), json!(endpoint.wish.metadata)),
            recording: Belonging::new(endpoint.recording.to_string(), object::recording_metadata_of(capture)),
            artifacts: artifacts(capture, endpoint),
            id: endpoint.id.to_string(),
        }
    }

    /// Whether the capture stands under the older name `bot` as well, which it does unless somebody says otherwise.
    pub fn with_alias(self, has_alias: bool, capture: &Capture) -> Self {
        Self { narrator: self.narrator.with_alias(has_alias, capture), ..self }
    }

    /// Whether second 0 is unknown still, so that a fresh look at the capture may help.
    pub fn lacks_origin(&self) -> bool {
        self.narrator.lacks_origin()
    }

    /// Takes in what is known of the capture and of the endpoint by now.
    pub fn refresh(&mut self, capture: &Capture, endpoint: &Endpoint) {
        self.narrator.refresh(capture);
        self.endpoint = Belonging::new(endpoint.id.to_string(), json!(endpoint.wish.metadata));
        self.recording = Belonging::new(endpoint.recording.to_string(), object::recording_metadata_of(capture));
        self.artifacts = artifacts(capture, endpoint);
    }

    /// Tells one event of the meeting; nothing if no endpoint is told of its kind. Which of it the endpoint wants is not looked at.
    pub fn tell(&mut self, event: &SequencedEvent) -> Vec<Letter> {
        let mut bodies: Vec<(Topic, Body)> = self
            .narrator
            .bodies_of(event)
            .into_iter()
            // What has no topic is told by other means.
            .filter_map(|(name, body)| Some((name.parse().ok()?, body)))
            .collect();
        if let EventBody::Transcript(utterance) = &event.event.body {
            bodies.push((Topic::TranscriptProvider, Body::provider(utterance)));
        }
        let letter = |(index, (topic, body)): (usize, (Topic, Body))| Letter {
            topic,
            event_id: Some(format!("{}-{}-{index}", self.id, event.cursor)),
            data: self.data(topic, &body),
        };
        bodies.into_iter().enumerate().map(letter).collect()
    }

    /// Tells a piece of media.
    pub fn tell_sample(&self, sample: &Sample<'_>) -> Letter {
        let participant = sample.participant.map(|id| self.narrator.person(id));
        let body = Body::Media {
            buffer: sample.buffer.to_owned(),
            timestamp: Stamp::perhaps(self.narrator.origin(), sample.at),
            kind: matches!(sample.topic, Topic::VideoPng | Topic::VideoH264).then_some(if sample.is_share {
                "screenshare"
            } else {
                "webcam"
            }),
            participant,
        };
        Letter { topic: sample.topic, event_id: None, data: self.data(sample.topic, &body) }
    }

    fn data(&self, topic: Topic, body: &Body) -> String {
        let family = family_of(topic);
        let artifact = self.artifacts.iter().find(|(of, _)| *of == family).map(|(_, artifact)| artifact);
        text_of(&Contents { body, keys: keys_of(family), artifact, of: self, owners: self.narrator.owners() })
    }
}

/// What stands under `data`.
struct Contents<'a> {
    body: &'a Body,
    keys: &'static [&'static str],
    artifact: Option<&'a Belonging>,
    of: &'a Correspondent,
    owners: &'a Owners,
}

impl Serialize for Contents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("data", self.body)?;
        map.serialize_entry("realtime_endpoint", &self.of.endpoint)?;
        for key in self.keys {
            map.serialize_entry(key, &self.artifact)?;
        }
        map.serialize_entry("recording", &self.of.recording)?;
        if let Some(bot) = self.owners.bot() {
            map.serialize_entry("bot", bot)?;
        }
        map.serialize_entry("meeting_direct_connect", self.owners.capture())?;
        map.end()
    }
}

/// What each family of topics is the live form of, by the key of `recording_config` that asks for it.
const FAMILIES: [(&str, ArtifactKind); 7] = [
    ("participant_events", ArtifactKind::ParticipantEvents),
    ("transcript", ArtifactKind::Transcript),
    ("audio_mixed_raw", ArtifactKind::AudioMixed),
    ("audio_separate_raw", ArtifactKind::AudioSeparate),
    ("video_separate_png", ArtifactKind::VideoSeparate),
    ("video_separate_h264", ArtifactKind::VideoSeparate),
    ("video_mixed_flv", ArtifactKind::VideoMixed),
];

/// The family of a topic: its name up to the dot.
fn family_of(topic: Topic) -> &'static str {
    topic.name().split('.').next().unwrap_or_default()
}

/// Under which keys the artifact of a family stands. The documentation and the types of its samples name everybody's sound
/// differently.
fn keys_of(family: &'static str) -> &'static [&'static str] {
    match family {
        "transcript" => &["transcript"],
        "audio_mixed_raw" => &["audio_mixed", "audio_mixed_raw"],
        "audio_separate_raw" => &["audio_separate"],
        "video_separate_png" | "video_separate_h264" => &["video_separate"],
        "video_mixed_flv" => &["video_mixed"],
        _ => &["participant_events"],
    }
}

/// The artifact of each family. What is not made has an id all the same, always the same one: clients expect the key.
fn artifacts(capture: &Capture, endpoint: &Endpoint) -> Vec<(&'static str, Belonging)> {
    let made = |kind| {
        let artifacts = &capture.recording.as_ref()?.artifacts;
        artifacts.iter().rev().find(|artifact| artifact.kind == kind && artifact.edition.is_none())
    };
    let belonging = |(family, kind)| {
        let belonging = match made(kind) {
            Some(artifact) => Belonging::new(artifact.id.to_string(), object::artifact_metadata(capture, artifact)),
            None => Belonging::new(absent(endpoint, kind), object::metadata_of(&capture.config, family)),
        };
        (family, belonging)
    };
    FAMILIES.into_iter().map(belonging).collect()
}

/// The id of an artifact that is not made: that of the recording, with the kind in its last byte, as a UUID of version 8.
fn absent(endpoint: &Endpoint, kind: ArtifactKind) -> String {
    let mut bytes = *endpoint.recording.uuid().as_bytes();
    if let Some(last) = bytes.last_mut() {
        *last ^= kind as u8 + 1;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests;
