//! The shape of files: how long, what opens them, what a table of contents may hold.

use super::{code, code::Code, lexer::Token, package::Package};

/// The most lines that a source file may have.
const LINES: usize = 500;

/// A source file that is too long.
pub(super) fn too_long(file: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LINES).then(|| format!("{file}: {lines} lines; split it where a second reason to change appears"))
}

/// A module that does not open with what it is and what belongs elsewhere. Tests are sentences already.
pub(super) fn lacks_header(file: &str, text: &str) -> Option<String> {
    (!text.starts_with("//!")).then(|| format!("{file}: no header; say what it is and what does not belong here"))
}

/// What a `lib.rs` or `mod.rs` holds besides docs, `mod` and `use`.
pub(super) fn logic_in_contents(file: &str, code: &Code) -> Vec<String> {
    let tokens = code.shipped();
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let start = skip_attributes(&tokens, at);
        if start >= tokens.len() {
            break;
        }
        let keyword = skip_visibility(&tokens, start);
        let end = code::item_end(&tokens, start).max(start + 1);
        let declares = |word: &str| tokens.get(keyword).is_some_and(|token| token.is(word));
        let is_inline = tokens[keyword.min(end)..end].iter().any(|token| token.is("{"));
        if !(declares("use") || declares("mod") && !is_inline) {
            let line = tokens[start].line;
            found.push(format!("{file}:{line}: only docs, `mod` and `use` belong into a table of contents"));
        }
        at = end;
    }
    found
}

/// Passes over inner and outer attributes.
fn skip_attributes(tokens: &[Token], mut at: usize) -> usize {
    loop {
        if tokens.get(at).is_some_and(|token| token.is("#")) && tokens.get(at + 1).is_some_and(|token| token.is("!")) {
            let end = tokens.iter().skip(at).position(|token| token.is("]"));
            at = end.map_or(tokens.len(), |end| at + end + 1);
        } else if let Some(end) = code::attribute_end(tokens, at) {
            at = end;
        } else {
            return at;
        }
    }
}

fn skip_visibility(tokens: &[Token], at: usize) -> usize {
    if !tokens.get(at).is_some_and(|token| token.is("pub")) {
        return at;
    }
    if !tokens.get(at + 1).is_some_and(|token| token.is("(")) {
        return at + 1;
    }
    let close = tokens.iter().skip(at).position(|token| token.is(")"));
    close.map_or(tokens.len(), |close| at + close + 1)
}

/// Everything about the shape of one crate.
pub(super) fn faults(package: &Package) -> Vec<String> {
    let mut found = Vec::new();
    for module in package.shipped() {
        if module.file.ends_with("/lib.rs") || module.file.ends_with("/mod.rs") {
            found.extend(logic_in_contents(&module.file, &module.code));
        }
    }
    found.extend(package.strays.iter().map(|file| format!("{file}: no module declares this file; remove it")));
    found
}

#[cfg(test)]
mod tests {
    use super::{
        super::{package::sample, tree},
        *,
    };

    #[test]
    fn no_source_file_is_longer_than_500_lines() {
        let found: Vec<String> = tree::files(".rs").iter().filter_map(|(file, text)| too_long(file, text)).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn every_module_says_what_it_is() {
        let files = tree::files(".rs");
        let packages = tree::packages();
        let modules = packages.iter().flat_map(Package::shipped);
        let found: Vec<String> =
            modules.filter_map(|module| lacks_header(&module.file, files.get(&module.file)?)).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn tables_of_contents_hold_no_logic_and_every_file_is_a_module() {
        let found: Vec<String> = tree::packages().iter().flat_map(faults).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn a_file_of_501_lines_is_too_long() {
        assert!(too_long("a.rs", &"x\n".repeat(501)).is_some());
        assert!(too_long("a.rs", &"x\n".repeat(500)).is_none());
    }

    #[test]
    fn a_module_without_a_header_is_found() {
        assert!(lacks_header("a.rs", "// A remark.\nfn f() {}").is_some());
        assert!(lacks_header("a.rs", "//! What it is.\n").is_none());
    }

    #[test]
    fn functions_types_and_inline_modules_in_a_table_of_contents_are_found() {
        for text in [
            "mod a; fn f() {}",
            "pub struct S;",
            "impl S {}",
            "pub(crate) const X: u8 = 1;",
            "mod a { use b; }",
            "macro_rules! m { () => {} }",
        ] {
            assert_eq!(logic_in_contents("lib.rs", &Code::parse(text)).len(), 1, "{text}");
        }
        let fine = "//! Docs.\n#![no_std]\n#[cfg(feature = \"x\")]\nmod a;\npub mod b;\npub(crate) use a::{B, C};\n\
                    #[cfg(test)] mod tests { fn f() {} }";
        assert!(logic_in_contents("lib.rs", &Code::parse(fine)).is_empty());
    }

    #[test]
    fn a_file_that_is_no_module_is_found() {
        let package = sample(&[("src/lib.rs", ""), ("src/left.rs", "")]);
        assert_eq!(faults(&package).len(), 1);
    }
}
