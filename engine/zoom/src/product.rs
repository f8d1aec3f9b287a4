//! Zoom's products that stream, and what each calls the id of its meeting (protocol §2.4, §3.1, §15).

/// A Zoom product whose media can be streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// A meeting.
    Meeting,
    /// A webinar.
    Webinar,
    /// A Video SDK session.
    VideoSdk,
    /// A voice engagement of the Contact Center.
    ContactCenter,
    /// A phone call.
    Phone,
}

/// Every id field, in the order in which one is chosen where a payload has several (protocol §3.1).
const ID_FIELDS: [&str; 5] = ["meeting_uuid", "webinar_uuid", "session_id", "engagement_id", "call_id"];

impl Product {
    /// The product that an event's name begins with, such as `meeting` in `meeting.rtms_started`.
    pub fn of_event(event: &str) -> Option<Self> {
        match event.split_once('.')?.0 {
            "meeting" => Some(Self::Meeting),
            "webinar" => Some(Self::Webinar),
            "session" => Some(Self::VideoSdk),
            "contact_center" => Some(Self::ContactCenter),
            "phone" => Some(Self::Phone),
            _ => None,
        }
    }

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meeting => "meeting",
            Self::Webinar => "webinar",
            Self::VideoSdk => "video_sdk",
            Self::ContactCenter => "contact_center",
            Self::Phone => "phone",
        }
    }

    /// Every field that may hold the id of a meeting of an unknown product, in the order of protocol §3.1.
    pub(crate) const fn all_id_fields() -> &'static [&'static str] {
        &ID_FIELDS
    }

    /// The fields that may hold the id, the product's own first.
    pub(crate) fn id_fields(self) -> impl Iterator<Item = &'static str> {
        let own = match self {
            Self::Meeting => "meeting_uuid",
            Self::Webinar => "webinar_uuid",
            Self::VideoSdk => "session_id",
            Self::ContactCenter => "engagement_id",
            Self::Phone => "call_id",
        };
        std::iter::once(own).chain(ID_FIELDS.into_iter().filter(move |field| *field != own))
    }
}
