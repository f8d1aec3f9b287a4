//! What a mixed video shows and how its picture comes about, as somebody asks for it. Geometry and the decision are in `render`.

use serde::{Deserialize, Serialize};

/// How the picture of a mixed video is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoPlan {
    /// Copied when the whole file allows it, composed otherwise.
    #[default]
    Auto,
    /// Copied; gaps keep the last picture and are declared.
    Copy,
    /// Decoded, placed on the canvas and encoded.
    Compose,
}

impl VideoPlan {
    /// Every plan.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Copy, Self::Compose];

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Copy => "copy",
            Self::Compose => "compose",
        }
    }
}

/// Who is seen in a mixed video while nobody shares a screen (recording-api §9.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Whoever speaks.
    #[default]
    SpeakerView,
    /// Everybody whose camera is on.
    GalleryView,
    /// Everybody; whose camera is off, with their name.
    GalleryViewV2,
    /// Nobody: the file is for its sound.
    AudioOnly,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 4] = [Self::SpeakerView, Self::GalleryView, Self::GalleryViewV2, Self::AudioOnly];

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SpeakerView => "speaker_view",
            Self::GalleryView => "gallery_view",
            Self::GalleryViewV2 => "gallery_view_v2",
            Self::AudioOnly => "audio_only",
        }
    }
}

/// Where participants are seen in a mixed video while a screen is shared (recording-api §9.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BesideShare {
    /// Over a part of the screen.
    #[default]
    Overlap,
    /// Next to the screen.
    Beside,
    /// Nowhere.
    Hide,
}

impl BesideShare {
    /// Every place.
    pub const ALL: [Self; 3] = [Self::Overlap, Self::Beside, Self::Hide];

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::Beside => "beside",
            Self::Hide => "hide",
        }
    }
}
