//! Codes against their page: every code that shipped code gives to an error, an outcome or a request is explained in
//! `docs/reference/codes.md`, and nothing else is. That the page repeats Zoom's numbers rightly is tested in `zoom`.

use std::collections::BTreeSet;

use super::{
    lexer::Token,
    package::{Module, Package},
};

/// What begins a code wherever it stands.
const PREFIXES: [&str; 3] = ["zoom_rtms_", "zoom_rest_", "zoom_webhook_"];

/// What stands right before a code that is not answered by a function.
const PLACES: [&[&str]; 5] = [
    &["code", ":"],
    &["sub_code", ":", "Some", "("],
    &["SUB_CODE", ":", "&", "str", "="],
    &["Problem", "::", "new", "("],
    &["failed", "("],
];

/// The codes of a crate's shipped modules.
fn given<'a>(modules: impl Iterator<Item = &'a Module>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for module in modules {
        let tokens = module.code.shipped();
        found.extend(answered(&tokens));
        for (at, token) in tokens.iter().enumerate() {
            let Some(text) = token.string() else { continue };
            let is_placed = PLACES.iter().any(|place| ends_with(&tokens[..at], place));
            // Causes stand beside their sentence: `("connection_broken", format!(..))`.
            let is_cause = tokens.get(at + 1).is_some_and(|next| next.is(","))
                && tokens.get(at + 2).is_some_and(|next| next.is("format"))
                && ends_with(&tokens[..at], &["("]);
            let is_known = PREFIXES.iter().any(|prefix| text.starts_with(prefix));
            if is_code(text) && (is_placed || is_cause || is_known) {
                found.insert(text.to_owned());
            }
        }
    }
    found
}

/// The strings within functions that are called `code` and answer one.
fn answered(tokens: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if !ends_with(&tokens[..at], &["fn", "code", "("]) {
            continue;
        }
        let mut depth = 0_usize;
        for (place, token) in tokens.iter().enumerate().skip(at) {
            if token.is("{") {
                depth += 1;
            } else if token.is("}") {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            // The value of an attribute, such as `feature = "ffmpeg"`, is none.
            let is_answer = depth > 0 && !ends_with(&tokens[..place], &["="]);
            found.extend(token.string().filter(|text| is_answer && is_code(text)).map(str::to_owned));
        }
    }
    found
}

fn ends_with(tokens: &[Token], words: &[&str]) -> bool {
    let Some(start) = tokens.len().checked_sub(words.len()) else { return false };
    tokens[start..].iter().zip(words).all(|(token, word)| token.is(word))
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The codes that a row of the page explains: those in the first two cells, before what happened.
fn explained(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let heads = rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        // A number comes first where Zoom gives one.
        cells[..cells.len().saturating_sub(2)].join(" ")
    });
    let quoted = heads.flat_map(|head| head.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>());
    quoted.filter(|text| is_code(text)).collect()
}

/// The crates whose errors reach a user: those that know words of their own for what a capture or an artifact *is* do not.
fn speaks_of_errors(package: &&Package) -> bool {
    let (dir, name) = (package.dir.as_str(), package.folder());
    (dir.starts_with("engine/") || dir.starts_with("codecs/")) && name != "model"
}

#[cfg(test)]
mod tests {
    use super::{
        super::{documents::differing, package::sample, tree},
        *,
    };

    /// A sub-code that no error answers: the catalogue keeps it as a constant.
    const CONSTANT: &str = "not_rendered";

    #[test]
    fn every_code_is_explained_and_every_explained_code_exists() {
        let packages = tree::packages();
        let mut codes = given(packages.iter().filter(speaks_of_errors).flat_map(Package::shipped));
        assert!(codes.len() > 150, "{}", codes.len());
        codes.insert(CONSTANT.to_owned());
        let found = differing(&codes, &explained(&tree::text("docs/reference/codes.md")));
        assert!(found.is_empty(), "docs/reference/codes.md:\n{}", found.join("\n"));
    }

    #[test]
    fn a_code_is_found_wherever_it_is_given() {
        let code = sample(&[(
            "src/lib.rs",
            r#"fn code(&self) -> &'static str { match self { A => "a_code", 
                #[cfg(feature = "no")] B => { "b_code" } } }
            fn other() { let x = ["not_a_code"]; x("zoom_rtms_c"); S { code: "d_code".to_owned() };
                S { sub_code: Some("e_code".to_owned()) }; f(("f_code", format!("{x}"))); failed("g_code", y);
                Problem::new("h_code", "No Code"); }
            #[cfg(test)] mod tests { fn code() -> &'static str { "zoom_rtms_tested" } }"#,
        )]);
        let expected = ["a_code", "b_code", "d_code", "e_code", "f_code", "g_code", "h_code", "zoom_rtms_c"];
        assert!(given(code.shipped()).iter().map(String::as_str).eq(expected));
    }

    #[test]
    fn a_code_on_one_side_only_is_found() {
        let page =
            "| code | what | do |\n|---|---|---|\n| `a_code`, `b_code` | x `no` | y |\n| 3 | `c_code` | x | `no` |\n";
        let page = explained(page);
        assert!(page.iter().map(String::as_str).eq(["a_code", "b_code", "c_code"]));
        let code = BTreeSet::from(["a_code".to_owned(), "d_code".to_owned()]);
        assert_eq!(differing(&code, &page).len(), 3);
    }
}
