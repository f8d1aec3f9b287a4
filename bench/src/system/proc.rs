//! Reads the text of files below `/proc` (proc(5)). Fetching them is in `usage` and `machine`.

/// User and system time in clock ticks, from `/proc/<pid>/stat`.
pub(crate) fn ticks(stat: &str) -> Option<(u64, u64)> {
    // The second field is a name that may hold spaces and parentheses: count from behind its end.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// The number of a line such as `VmRSS:     1234 kB`, without its unit.
pub(crate) fn number(text: &str, name: &str) -> Option<u64> {
    field(text, name)?.split_ascii_whitespace().next()?.parse().ok()
}

/// The words of a line such as `model name  : AMD EPYC`; the first one of that name.
pub(crate) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

/// Stolen and all clock ticks of the machine, from the first line of `/proc/stat`.
pub(crate) fn stolen(stat: &str) -> Option<(u64, u64)> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_ascii_whitespace();
    // Guest time, from the ninth field on, is in user time already.
    let fields: Option<Vec<u64>> = fields.take(8).map(|field| field.parse().ok()).collect();
    let fields = fields.filter(|fields| fields.len() == 8)?;
    Some((fields[7], fields.iter().sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_a_name_with_spaces_and_parentheses() {
        let stat = "4242 (a (very) odd name) S 1 4242 4242 0 -1 4194560 2214 0 3 0 815 47 0 0 20 0 9 0 1234 999 55\n";
        assert_eq!(ticks(stat), Some((815, 47)));
    }

    #[test]
    fn a_stat_that_is_cut_short_has_no_ticks() {
        assert_eq!(ticks(""), None);
        assert_eq!(ticks("4242 (hansard) S 1 4242 4242 0 -1 4194560 2214 0 3 0 815"), None);
    }

    #[test]
    fn numbers_of_a_status_are_found_by_their_whole_name() {
        let status = "Name:\thansard\nVmHWM:\t   70000 kB\nVmRSS:\t   65432 kB\nvoluntary_ctxt_switches:\t150\n\
                      nonvoluntary_ctxt_switches:\t7\n";
        assert_eq!(number(status, "VmRSS"), Some(65_432));
        assert_eq!(number(status, "VmHWM"), Some(70_000));
        assert_eq!(number(status, "voluntary_ctxt_switches"), Some(150));
        assert_eq!(number(status, "nonvoluntary_ctxt_switches"), Some(7));
        assert_eq!(number(status, "Rss"), None);
        assert_eq!(number(status, "Name"), None);
    }

    #[test]
    fn fields_keep_the_colons_of_their_values() {
        let cpuinfo = "processor\t: 0\nmodel name\t: EPYC: the 7th\nprocessor\t: 1\nmodel name\t: another\n";
        assert_eq!(field(cpuinfo, "model name"), Some("EPYC: the 7th"));
    }

    #[test]
    fn stolen_time_is_the_eighth_column_and_guests_are_not_counted_twice() {
        assert_eq!(stolen("cpu  10 2 3 80 1 0 0 4 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n"), Some((4, 100)));
        assert_eq!(stolen("cpu  10 2 3\n"), None);
    }
}
