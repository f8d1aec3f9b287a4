//! Where finished artifacts lie, and the signed links by which customers fetch them.
//!
//! Local disk: a file is written beside, made durable, and appears under its key at once and whole. What does not belong
//! here: the capture log (`journal`), which artifacts there are and whether they are done (`catalog`), serving (`api`).

mod error;
mod key;
mod link;
mod secret_file;
mod staging;
mod store;
mod survey;

pub use error::{LinkError, StoreError};
pub use key::ObjectKey;
pub use link::LinkSigner;
pub use staging::StagingDir;
pub use store::Store;
pub use survey::StoreSurvey;
