//! Who may open how many files and sockets (fault-matrix A11). Pure: the limit is an argument.

/// How many are kept for what must always work: the catalogue, logs and renders, what is dialled, and the webhook or probe
/// that is just being accepted.
const RESERVED: usize = 64;
/// How many one capture opens at most: six connections and the segment that grows, and one that is being replaced.
const OF_A_CAPTURE: usize = 8;
/// How many one connection of a client takes: itself, and the file that it downloads.
const OF_A_CONNECTION: usize = 2;
/// The most connections that are any use.
const MOST_CONNECTIONS: usize = 8_192;
/// The fewest with which anything works at all.
const LEAST_CONNECTIONS: usize = 8;

/// What a limit of open files is divided into: a quarter goes to connections of clients, the rest to captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptors {
    /// How many captures may be open.
    pub captures: u32,
    /// How many connections of clients are accepted at once.
    pub connections: usize,
}

impl Descriptors {
    /// Divides `limit`.
    pub fn of(limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let shared = limit.saturating_sub(RESERVED);
        let connections = (shared / 4 / OF_A_CONNECTION).clamp(LEAST_CONNECTIONS, MOST_CONNECTIONS);
        let captures = shared.saturating_sub(connections * OF_A_CONNECTION) / OF_A_CAPTURE;
        Self { captures: u32::try_from(captures).unwrap_or(u32::MAX), connections }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_together_never_takes_more_than_there_is() {
        for limit in [128, 256, 1_024, 4_096, 20_000, 1 << 20] {
            let Descriptors { captures, connections } = Descriptors::of(limit);
            let taken = captures as usize * OF_A_CAPTURE + connections * OF_A_CONNECTION + RESERVED;
            assert!(taken as u64 <= limit, "{limit}: {captures} captures and {connections} connections");
            assert!(captures > 0 && connections >= LEAST_CONNECTIONS, "{limit}");
        }
        assert_eq!(Descriptors::of(1_024), Descriptors { captures: 90, connections: 120 });
        assert_eq!(Descriptors::of(1 << 20).connections, MOST_CONNECTIONS);
        assert_eq!(Descriptors::of(u64::MAX).captures, u32::MAX);
        assert_eq!(Descriptors::of(10).captures, 0, "too few for anything");
    }
}
