//! How we say it to customers: requests, objects, events, documents.
