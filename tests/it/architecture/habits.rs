//! What is banned in code however it is named: unfinished work, silenced lints, panics by convenience, tests that sleep.

use super::{lexer::Token, package::Package};

/// Sequences of tokens that may stand nowhere.
const NOWHERE: [(&[&str], &str); 5] = [
    (&["todo", "!"], "unfinished work"),
    (&["unimplemented", "!"], "unfinished work"),
    (&["dbg", "!"], "a leftover"),
    (&["[", "ignore"], "a test that does not run guards nothing"),
    (&["[", "allow", "("], "use #[expect(.., reason = \"..\")]"),
];
/// Sequences that may stand in tests only.
const NOT_SHIPPED: [(&[&str], &str); 1] = [(&[".", "unwrap", "("], "use `?`, or `expect` with the invariant")];
/// Sequences that may not stand in what runs for users. The simulated Zoom may hold what it has not sent.
const NOT_IN_ENGINE: [(&[&str], &str); 1] =
    [(&["unbounded_channel"], "every queue has a bound and says what happens when it is full")];
/// Sequences that may not stand in tests.
const NOT_IN_TESTS: [(&[&str], &str); 1] = [(&["sleep", "("], "a test that sleeps is slow and still guesses")];

/// Where tests talk to real processes, and so have to wait for them.
const POLLS: [&str; 6] =
    ["tests/it/crash/", "tests/it/disk", "tests/it/e2e/", "tests/it/interop/", "tests/it/overload", "tests/it/soak"];

/// The places where one of the sequences stands.
pub(super) fn banned(file: &str, tokens: &[Token], sequences: &[(&[&str], &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for (sequence, why) in sequences {
        for window in tokens.windows(sequence.len()) {
            if window.iter().zip(*sequence).all(|(token, text)| token.is(text)) {
                found.push(format!("{file}:{}: `{}`: {why}", window[0].line, sequence.concat()));
            }
        }
    }
    found
}

/// Every bad habit of one crate.
pub(super) fn of(package: &Package) -> Vec<String> {
    let mut found = Vec::new();
    for module in &package.modules {
        let file = &module.file;
        found.extend(banned(file, module.code.all(), &NOWHERE));
        let (shipped, tested) = if module.is_test {
            (Vec::new(), module.code.all().to_vec())
        } else {
            (module.code.shipped(), module.code.tested())
        };
        found.extend(banned(file, &shipped, &NOT_SHIPPED));
        if package.dir.starts_with("engine/") {
            found.extend(banned(file, &shipped, &NOT_IN_ENGINE));
        }
        if !POLLS.iter().any(|folder| file.starts_with(folder)) {
            found.extend(banned(file, &tested, &NOT_IN_TESTS));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{
        super::{package::sample, tree},
        *,
    };

    #[test]
    fn nobody_has_bad_habits() {
        let found: Vec<String> = tree::packages().iter().flat_map(of).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn every_bad_habit_is_found() {
        for text in [
            "fn f() { todo!() }",
            "fn f() { unimplemented!(\"x\") }",
            "fn f() { dbg!(1); }",
            "#[test] #[ignore = \"later\"] fn f() {}",
            "#[allow(dead_code)] fn f() {}",
            "#![allow(unused)]",
            "fn f(x: Option<u8>) -> u8 { x.unwrap() }",
            "#[cfg(test)] mod tests { fn f() { std::thread::sleep(d); } }",
        ] {
            assert_eq!(of(&sample(&[("src/lib.rs", text)])).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_queue_without_a_bound_is_found_in_what_runs_for_users_only() {
        let mut package = sample(&[("src/lib.rs", "fn f() { let (a, b) = mpsc::unbounded_channel(); }")]);
        assert_eq!(of(&package), Vec::<String>::new());
        package.dir = "engine/sample".to_owned();
        assert_eq!(of(&package).len(), 1);
    }

    #[test]
    fn what_is_fine_stays_unnamed() {
        let fine = "#[expect(unused, reason = \"x\")] fn f() { x.unwrap_or(1); sleep(d); \"todo!()\"; }
                    #[cfg(test)] mod tests { fn g() { x.unwrap(); } }";
        assert_eq!(of(&sample(&[("src/lib.rs", fine)])), Vec::<String>::new());
    }
}
