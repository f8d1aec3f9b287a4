//! Durable state in SQLite: captures, artifacts, jobs, commands, events.
