//! Counts messages that could not be read, and how many of them came in a row. When they are declared, and what a long row
//! leads to, is decided in `machine`.

/// The unreadable messages of one connection.
#[derive(Debug, Default)]
pub(super) struct Skips {
    pending: u64,
    run: u32,
    code: &'static str,
}

impl Skips {
    /// Counts one; answers how many came in a row.
    pub(super) fn add(&mut self, code: &'static str) -> u32 {
        self.pending += 1;
        self.run = self.run.saturating_add(1);
        self.code = code;
        self.run
    }

    /// A readable message came, or the connection is another one.
    pub(super) fn end_run(&mut self) {
        self.run = 0;
    }

    /// What is not declared yet: the latest code, and how many.
    pub(super) fn take(&mut self) -> Option<(&'static str, u64)> {
        let count = std::mem::take(&mut self.pending);
        (count > 0).then_some((self.code, count))
    }
}
