//! Pure crates decide; they touch no socket, file, thread, clock, process, environment or random number
//! (architecture §2.2). Their tests may.

use super::{design::Design, lexer::Token, package::Package, paths::paths};

/// What a path of a pure crate may not begin with.
const FORBIDDEN: [&[&str]; 10] = [
    &["std", "net"],
    &["std", "fs"],
    &["std", "thread"],
    &["std", "env"],
    &["std", "process"],
    &["tokio"],
    &["rand"],
    &["getrandom"],
    &["fastrand"],
    &["rustix"],
];
/// What a path of a pure crate may not hold anywhere.
const FORBIDDEN_ANYWHERE: [&[&str]; 5] =
    [&["SystemTime"], &["UNIX_EPOCH"], &["Instant", "now"], &["Uuid", "new_v4"], &["Uuid", "now_v7"]];

/// The impure paths in shipped code.
pub(super) fn impurities(file: &str, tokens: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    for named in paths(tokens) {
        let segments: Vec<&str> = named.segments.iter().map(String::as_str).collect();
        let begins = FORBIDDEN.iter().any(|forbidden| segments.starts_with(forbidden));
        let holds =
            FORBIDDEN_ANYWHERE.iter().any(|forbidden| segments.windows(forbidden.len()).any(|part| part == *forbidden));
        if begins || holds {
            found.push(format!(
                "{file}:{}: {} in a pure crate; take it as an argument",
                named.line,
                segments.join("::")
            ));
        }
    }
    found
}

/// The impurities of the crates that the document marks as pure.
pub(super) fn of(design: &Design, packages: &[Package]) -> Vec<String> {
    let pure = packages.iter().filter(|package| design.pure.contains(&package.name));
    let modules = pure.flat_map(Package::shipped);
    modules.flat_map(|module| impurities(&module.file, &module.code.shipped())).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{code::Code, design, tree},
        *,
    };

    fn found_in(text: &str) -> usize {
        impurities("a.rs", &Code::parse(text).shipped()).len()
    }

    #[test]
    fn pure_crates_touch_nothing_of_the_machine() {
        let design = Design::parse(&tree::text(design::FILE)).expect("the document says what it should");
        let found = of(&design, &tree::packages());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn every_kind_of_impurity_is_found() {
        for text in [
            "use std::net::TcpStream;",
            "use std::{collections::HashMap, fs::{self, File}};",
            "fn f() { std::thread::spawn(|| {}); }",
            "fn f() { println!(\"{:?}\", std::env::var(\"X\")); }",
            "use std::time::Instant; fn f() -> Instant { Instant::now() }",
            "use std::time::SystemTime;",
            "use tokio::sync::mpsc;",
            "fn f() -> u8 { rand::random() }",
            "fn f() { std::process::exit(1) }",
        ] {
            assert!(found_in(text) > 0, "{text}");
        }
    }

    #[test]
    fn time_as_an_argument_and_files_of_tests_are_fine() {
        assert_eq!(
            found_in("use std::time::{Duration, Instant}; fn f(now: Instant) -> Instant { now + Duration::ZERO }"),
            0
        );
        assert_eq!(found_in("#[cfg(test)] mod tests { use std::fs; }"), 0);
        assert_eq!(found_in("const V: &str = env!(\"CARGO_PKG_VERSION\"); // std::fs"), 0);
    }
}
