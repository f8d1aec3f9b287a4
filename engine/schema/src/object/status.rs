//! Where an object stands, and what refers to another: the parts that objects of every kind share.

use model::Labels;
use serde::Serialize;
use utoipa::ToSchema;

/// Where an object stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Status {
    /// An open set: new codes may appear.
    pub code: &'static str,
    /// Why; every one is explained in the documentation of codes.
    pub sub_code: Option<String>,
    /// When it entered this status.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// Another object, with the labels that it has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reference {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its labels.
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
}

impl Reference {
    /// To an object with these labels.
    pub fn to(id: impl ToString, metadata: &Labels) -> Self {
        Self { id: id.to_string(), metadata: serde_json::json!(metadata) }
    }
}
