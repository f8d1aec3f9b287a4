//! What a key allows. Which routes need which scope is in [`crate::auth`] and [`crate::router`].

/// What a key allows; each scope allows what those before it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// To look, listen and download.
    Read,
    /// To start, change and delete.
    Write,
    /// To say where news are sent, and with which secrets.
    Admin,
}

impl Scope {
    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}
