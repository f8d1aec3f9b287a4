//! The page of limits against code: a value that is written there is the value of the constant that it names, and a metric
//! that it names is one.

use std::collections::BTreeMap;

use super::{
    documents::listed,
    lexer::{Kind, Token},
    package::Package,
};

/// What a row says: the value, the file, and the constant or field in it.
struct Row<'a> {
    value: &'a str,
    file: &'a str,
    name: &'a str,
}

/// The rows whose third cell names a file and a name in it.
fn rows(page: &str) -> Vec<Row<'_>> {
    let cells = page.lines().filter(|line| line.starts_with('|')).map(|line| line.split(" | ").collect::<Vec<&str>>());
    let named = cells.filter_map(|cells| {
        let [_, value, place, ..] = cells.as_slice() else { return None };
        let mut quoted = place.split('`').skip(1).step_by(2);
        let (file, name) = (quoted.next()?, quoted.next()?);
        file.ends_with(".rs").then_some(Row { value, file, name })
    });
    named.collect()
}

/// A value as it is written, such as `16 KiB`, `900 ms` or `8,192`: bytes, milliseconds, or a plain number.
fn written(value: &str) -> Option<u64> {
    let (number, unit) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    let number: u64 = number.replace(',', "").parse().ok()?;
    let times = match unit {
        "" | "%" | "ms" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(number * times)
}

/// What a constant of that name, or else a field that is set, is worth; durations in milliseconds.
fn defined(tokens: &[Token], name: &str) -> Option<u64> {
    let places = |before: &'static str| {
        (1..tokens.len()).filter(move |at| tokens[*at].is(name) && (before.is_empty() || tokens[at - 1].is(before)))
    };
    let of_const = places("const").find_map(|at| {
        let equals = at + tokens[at..].iter().position(|token| token.is("="))?;
        worth(expression(&tokens[equals + 1..]))
    });
    let of_field = || {
        let set = places("").filter(|at| tokens.get(at + 1).is_some_and(|next| next.is(":")));
        set.filter_map(|at| worth(expression(&tokens[at + 2..]))).next()
    };
    of_const.or_else(of_field)
}

/// The tokens up to the end of an expression.
fn expression(tokens: &[Token]) -> &[Token] {
    let mut depth = 0_i32;
    let end = tokens.iter().position(|token| {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        depth < 0 || depth == 0 && [";", ",", "}"].iter().any(|mark| token.is(mark))
    });
    &tokens[..end.unwrap_or(tokens.len())]
}

/// Evaluates numbers, `+`, `*`, `<<` and two makers of durations.
fn worth(tokens: &[Token]) -> Option<u64> {
    if let [duration, _, maker, open, inner @ .., _] = tokens
        && duration.is("Duration")
        && open.is("(")
    {
        let times = if maker.is("from_secs") { 1_000 } else { u64::from(maker.is("from_millis")) };
        return worth(inner).filter(|_| times > 0).map(|number| number * times);
    }
    let find = |mark: &str| tokens.iter().position(|token| token.is(mark));
    if let Some(at) = find("<") {
        return Some(worth(&tokens[..at])? << worth(tokens.get(at + 2..)?)?);
    }
    for (mark, apply) in [("+", (|a, b| a + b) as fn(u64, u64) -> u64), ("*", |a, b| a * b)] {
        if let Some(at) = find(mark) {
            return Some(apply(worth(&tokens[..at])?, worth(&tokens[at + 1..])?));
        }
    }
    let [number] = tokens else { return None };
    let digits: String = number.text.chars().take_while(|char| char.is_ascii_digit() || *char == '_').collect();
    (number.kind == Kind::Literal).then(|| digits.replace('_', "").parse().ok())?
}

/// The metrics that a page names.
fn named(page: &str) -> Vec<&str> {
    page.split('`').skip(1).step_by(2).filter(|text| text.starts_with("hansard_")).collect()
}

/// Every row that says something else than the code.
fn wrong(page: &str, sources: &BTreeMap<&str, Vec<Token>>) -> Vec<String> {
    let rows = rows(page).into_iter().filter_map(|Row { value, file, name }| {
        let Some(tokens) = sources.get(file) else { return Some(format!("{file} is not there")) };
        match (written(value), defined(tokens, name)) {
            (None, _) => Some(format!("{file} {name}: {value:?} is no value")),
            (_, None) => Some(format!("{file}: there is no {name} that can be read")),
            (written, defined) if written != defined => Some(format!("{file} {name} is {defined:?}, not {value:?}")),
            _ => None,
        }
    });
    rows.collect()
}

fn sources(packages: &[Package]) -> BTreeMap<&str, Vec<Token>> {
    let modules = packages.iter().flat_map(Package::shipped);
    modules.map(|module| (module.file.as_str(), module.code.shipped())).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{lexer, tree},
        *,
    };

    #[test]
    fn every_limit_is_written_down_as_it_is() {
        let (packages, page) = (tree::packages(), tree::text("docs/reference/limits.md"));
        assert!(rows(&page).len() > 60, "{} rows", rows(&page).len());
        let found = wrong(&page, &sources(&packages));
        assert!(found.is_empty(), "docs/reference/limits.md:\n{}", found.join("\n"));
    }

    /// What each part of a capture takes at worst, as fractions of its limit; `engine/ingest/tests/memory` plays it.
    #[test]
    fn what_a_capture_may_hold_at_worst_is_64_mib_together() {
        const MIB: u64 = 1 << 20;
        const SHARE: (&str, &str) = ("engine/zoom/src/session/config.rs", "SHARE_MESSAGE_LIMIT_BYTES");
        const CAMERA: (&str, &str) = ("engine/zoom/src/session/config.rs", "CAMERA_MESSAGE_LIMIT_BYTES");
        const SMALL: (&str, &str) = ("engine/zoom/src/session/config.rs", "SMALL_MESSAGE_LIMIT_BYTES");
        const LEGS: &str = "engine/ingest/src/legs.rs";
        let packages = tree::packages();
        let sources = sources(&packages);
        let worth = |(file, name): (&str, &str)| defined(&sources[file], name).expect("a limit that can be read");
        let parts = [
            // Pictures, sound and words that wait for the disk.
            worth(("engine/journal/src/write.rs", "buffer_bytes")) / 8 * 11,
            // Messages that are incomplete.
            worth((LEGS, "PICTURES_HELD_BYTES")),
            worth((LEGS, "SOUND_HELD_BYTES")),
            worth((LEGS, "SIGNALING_HELD_BYTES")),
            worth((LEGS, "WORDS_HELD_BYTES")),
            // One message decoded, or one record written down again.
            worth(SHARE) / 4 * 3,
            // Names, once in the roster; and the tables of those who are there and who left.
            worth(("engine/zoom/src/session/roster.rs", "NAMES_LIMIT_BYTES")),
            2 * MIB,
            // Events that wait, and the copies of a commit.
            worth(("engine/ingest/src/scribe.rs", "WAITING_BYTES")),
            2 * worth(("engine/ingest/src/scribe/desk.rs", "BATCH_BYTES")),
            // Blocks that are not full, encryption, the task itself.
            2 * MIB,
        ];
        assert!(parts.iter().sum::<u64>() <= 64 * MIB, "{parts:?}");
        // A buffer doubles when it grows.
        assert!(
            2 * (worth(SHARE) + worth(CAMERA)) <= worth((LEGS, "PICTURES_HELD_BYTES")),
            "one picture keeps another out"
        );
        for alone in ["SOUND_HELD_BYTES", "SIGNALING_HELD_BYTES"] {
            assert!(2 * worth(SMALL) <= worth((LEGS, alone)), "the largest message finds no room in {alone}");
        }
        let words = worth(("engine/zoom/src/wire/incoming.rs", "WORDS_LIMIT_BYTES"));
        assert!(2 * 2 * words <= worth((LEGS, "WORDS_HELD_BYTES")), "transcript and chat keep each other out");
    }

    #[test]
    fn every_metric_of_a_limit_is_one() {
        let (page, metrics) =
            (tree::text("docs/reference/limits.md"), listed(&tree::text("docs/reference/metrics.md")));
        let found: Vec<&str> = named(&page).into_iter().filter(|name| !metrics.contains(*name)).collect();
        assert!(found.is_empty(), "docs/reference/limits.md names what is no metric: {}", found.join(", "));
    }

    #[test]
    fn a_limit_that_is_written_down_wrongly_is_found() {
        let source =
            "const A: usize = 4 * 1024; pub(crate) const B: Duration = Duration::from_secs(5); const C: i64 = 2 << 20;
            struct S { d: Duration, e: u64 } fn f() { S { d: Duration::from_millis(900), e: 16 << 20 } }
            const F: u64 = 8 * 24 * 60 * 60 * 1000;";
        let sources = BTreeMap::from([("x.rs", lexer::tokens(source))]);
        let row = |value: &str, name: &str| format!("| what | {value} | `x.rs` `{name}` | then | `hansard_x` |\n");
        for (value, name) in [
            ("4 KiB", "A"),
            ("5 s", "B"),
            ("2 MiB", "C"),
            ("900 ms", "d"),
            ("16 MiB", "e"),
            ("8 d", "F"),
            ("4,096", "A"),
        ] {
            assert_eq!(wrong(&row(value, name), &sources), Vec::<String>::new());
        }
        for (value, name) in [("5 KiB", "A"), ("5 min", "B"), ("2", "Z"), ("much", "A")] {
            assert_eq!(wrong(&row(value, name), &sources).len(), 1, "{value} {name}");
        }
        assert_eq!(named(&row("1", "A")), ["x.rs", "hansard_x"][1..]);
    }
}
