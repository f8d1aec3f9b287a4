//! Proofs are compared in a time that does not tell where they differ (fault-matrix D4, G4). The modules that judge a signature, a
//! key or a link do it by one call of a library that is made for it, and hold no comparison that returns early; everywhere else a
//! secret is compared by its type, or not at all.

use std::collections::BTreeMap;

use super::{
    lexer::Token,
    package::{Module, Package},
    paths::paths,
};

/// The modules that judge proofs, and by which calls; those that only make them call none.
const JUDGES: [(&str, &[&str]); 7] = [
    ("engine/zoom/src/signature.rs", &["verify_slice"]),
    ("engine/api/src/keys.rs", &["ct_eq", "conditional_select"]),
    ("engine/api/src/key.rs", &["ct_eq"]),
    ("engine/api/src/create.rs", &["ct_eq"]),
    ("engine/store/src/link.rs", &["ct_eq"]),
    ("engine/model/src/secret.rs", &["ct_eq"]),
    ("engine/schema/src/signature.rs", &[]),
];

/// The crates whose use makes a module one that judges proofs, or makes them.
const TOOLS: [&str; 2] = ["hmac", "subtle"];

/// Methods that look at one byte after the other until two differ, or at one candidate after the other until one fits.
const EARLY: [&str; 8] = ["eq", "ne", "cmp", "partial_cmp", "starts_with", "ends_with", "position", "any"];

/// Whether an operator that compares begins at `at`.
fn is_comparison(tokens: &[Token], at: usize) -> bool {
    let is = |offset: usize, text: &str| tokens.get(at + offset).is_some_and(|token| token.is(text));
    let operator = (is(0, "=") || is(0, "!")) && is(1, "=");
    // `<=`, `>=` and the second half of `==` are none; nor is `=>`.
    let is_half = at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|token| {
        ["=", "!", "<", ">", "+", "-", "*", "/", "%", "|", "&", "^"].iter().any(|mark| token.is(mark))
    });
    operator && !is_half
}

/// The comparisons in shipped code that return early and see what a [`model::Secret`] holds.
fn exposed(file: &str, tokens: &[Token]) -> Vec<String> {
    let ends = |token: &Token| [";", "{", "}", ","].iter().any(|mark| token.is(mark));
    let mut found = Vec::new();
    for (start, statement) in statements(tokens, ends) {
        let compares = (0..statement.len()).any(|at| is_comparison(tokens, start + at));
        if compares && statement.iter().any(|token| token.is("expose")) {
            let line = statement[0].line;
            found.push(format!("{file}:{line}: what a secret holds is compared with an early return; use `ct_eq`"));
        }
    }
    found
}

/// Runs of tokens between those that end a statement, with the place where each begins.
fn statements(tokens: &[Token], ends: impl Fn(&Token) -> bool) -> Vec<(usize, &[Token])> {
    let mut runs = Vec::new();
    let mut start = 0;
    for at in 0..=tokens.len() {
        if tokens.get(at).is_none_or(&ends) {
            if at > start {
                runs.push((start, &tokens[start..at]));
            }
            start = at + 1;
        }
    }
    runs
}

/// What is wrong with a module that judges proofs by `calls`.
fn misjudged(file: &str, tokens: &[Token], calls: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for call in calls {
        let is_called = tokens.windows(3).any(|part| part[1].is(call) && part[2].is("(") && !part[0].is("fn"));
        if !is_called {
            found.push(format!("{file}: nothing calls `{call}`"));
        }
    }
    for at in 0..tokens.len() {
        let is_method = tokens[at].is(".") && tokens.get(at + 2).is_some_and(|token| token.is("("));
        let method = tokens.get(at + 1).filter(|token| is_method && EARLY.iter().any(|early| token.is(early)));
        // The name of an app is none of its secrets.
        let is_of_a_name = at.checked_sub(1).is_some_and(|before| tokens[before].is("client_id"));
        if let Some(method) = method {
            found.push(format!("{file}:{}: `{}` returns early", method.line, method.text));
        } else if is_comparison(tokens, at) && !is_of_a_name {
            found.push(format!("{file}:{}: `{}=` returns early", tokens[at].line, tokens[at].text));
        }
    }
    found
}

/// Every proof of the engine that is compared otherwise than it should.
pub(super) fn of(packages: &[Package]) -> Vec<String> {
    let engine = packages.iter().filter(|package| package.dir.starts_with("engine/"));
    let modules: BTreeMap<&str, &Module> =
        engine.flat_map(Package::shipped).map(|module| (module.file.as_str(), module)).collect();
    let mut found = Vec::new();
    for (file, calls) in JUDGES {
        match modules.get(file) {
            Some(module) => found.extend(misjudged(file, &module.code.shipped(), calls)),
            None => found.push(format!("{file} judges proofs and is not there")),
        }
    }
    for (file, module) in modules {
        let tokens = module.code.shipped();
        found.extend(exposed(file, &tokens));
        let is_known = JUDGES.iter().any(|(judge, _)| *judge == file);
        let uses_tools =
            paths(&tokens).iter().any(|path| path.segments.first().is_some_and(|first| TOOLS.contains(&&**first)));
        if uses_tools && !is_known {
            found.push(format!("{file} judges proofs; list it with how it does"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{
        super::{code::Code, package::sample, tree},
        *,
    };

    #[test]
    fn proofs_are_compared_in_constant_time() {
        let found = of(&tree::packages());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    /// The control: the modules as they are, with the comparison that everybody would write first.
    #[test]
    fn an_early_return_in_a_module_that_judges_proofs_is_found() {
        let spoiled = [
            (
                "engine/zoom/src/signature.rs",
                ".verify_slice(claimed).is_ok()",
                ".finalize().into_bytes()[..] == claimed[..]",
            ),
            ("engine/zoom/src/signature.rs", ".verify_slice(claimed).is_ok()", ".finalize().into_bytes().eq(claimed)"),
            (
                "engine/api/src/keys.rs",
                "known.digest.ct_eq(&offered)",
                "Choice::from(u8::from(known.digest == offered))",
            ),
            (
                "engine/api/src/keys.rs",
                "u32::conditional_select(&found, &place, same)",
                "if bool::from(same) { place } else { found }",
            ),
            (
                "engine/api/src/create.rs",
                "bool::from(own.expose().as_bytes().ct_eq(signature.expose().as_bytes()))",
                "own == *signature",
            ),
            ("engine/store/src/link.rs", ".as_bytes().ct_eq(code.as_bytes())", ".starts_with(code).into()"),
            (
                "engine/store/src/link.rs",
                ".fold(Choice::from(0), |any, key| any | key.code(domain, text).as_bytes().ct_eq(code.as_bytes()))",
                ".any(|key| key.code(domain, text).as_bytes().ct_eq(code.as_bytes()).into())",
            ),
            ("engine/model/src/secret.rs", "ct_eq", "eq"),
        ];
        for (file, as_it_is, spoiled) in spoiled {
            let (_, calls) = JUDGES.into_iter().find(|(judge, _)| *judge == file).expect("a judge");
            let text = tree::text(file);
            assert_eq!(misjudged(file, &Code::parse(&text).shipped(), calls), [""; 0]);
            let changed = text.replace(as_it_is, spoiled);
            assert_ne!(changed, text, "{file} has no `{as_it_is}`");
            assert!(!misjudged(file, &Code::parse(&changed).shipped(), calls).is_empty(), "{file}: {spoiled}");
        }
    }

    #[test]
    fn a_secret_that_is_compared_elsewhere_and_a_judge_that_is_not_listed_are_found() {
        let with = |text: &str| {
            let package = sample(&[("src/lib.rs", text)]);
            exposed("a.rs", &package.modules[0].code.shipped()).len()
        };
        assert_eq!(with("fn f() -> bool { a.expose() == b.expose() }"), 1);
        assert_eq!(with("fn f() { if *a.expose() != b { g(); } }"), 1);
        assert_eq!(with("fn f() -> bool { b == a.expose().trim() }"), 1);
        assert_eq!(with("fn f() { let n = a.expose().len(); g(n >= 1, n <= 2); match n { _ => {} } }"), 0);
        assert_eq!(with("#[cfg(test)] mod tests { fn f() { assert!(a.expose() == b); } }"), 0);
    }
}
