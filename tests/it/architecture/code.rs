//! One source file: its tokens, and which of them are compiled only for tests. Where the file lies in a crate is known in
//! `package`.

use super::lexer::{Token, tokens};

/// A source file as tokens.
#[derive(Clone, Debug)]
pub(super) struct Code {
    tokens: Vec<Token>,
    for_tests: Vec<bool>,
}

impl Code {
    pub(super) fn parse(source: &str) -> Self {
        let tokens = tokens(source);
        let for_tests = test_regions(&tokens);
        Self { tokens, for_tests }
    }

    /// Every token.
    pub(super) fn all(&self) -> &[Token] {
        &self.tokens
    }

    /// The tokens of what is compiled without tests.
    pub(super) fn shipped(&self) -> Vec<Token> {
        self.part(false)
    }

    /// The tokens of what is compiled for tests only.
    pub(super) fn tested(&self) -> Vec<Token> {
        self.part(true)
    }

    fn part(&self, for_tests: bool) -> Vec<Token> {
        let pairs = self.tokens.iter().zip(&self.for_tests);
        pairs.filter(|(_, flag)| **flag == for_tests).map(|(token, _)| token.clone()).collect()
    }

    /// The modules that the file declares with `mod name;`, and whether each is for tests only.
    pub(super) fn declared_modules(&self) -> Vec<(String, bool)> {
        let windows = self.tokens.windows(3).enumerate();
        windows
            .filter(|(_, window)| window[0].is("mod") && window[2].is(";"))
            .map(|(at, window)| (window[1].text.clone(), self.for_tests[at]))
            .collect()
    }
}

/// Marks the items that stand under `#[cfg(test)]`, `#[test]` and their like, with their attributes.
fn test_regions(tokens: &[Token]) -> Vec<bool> {
    let mut flags = vec![false; tokens.len()];
    let mut at = 0;
    while at < tokens.len() {
        let Some(end) = attribute_end(tokens, at) else {
            at += 1;
            continue;
        };
        if is_for_tests(&tokens[at + 2..end - 1]) {
            let item_end = item_end(tokens, end);
            flags[at..item_end].fill(true);
            at = item_end;
        } else {
            at = end;
        }
    }
    flags
}

/// The index after an outer attribute that begins at `at`.
pub(super) fn attribute_end(tokens: &[Token], at: usize) -> Option<usize> {
    if !(tokens.get(at)?.is("#") && tokens.get(at + 1)?.is("[")) {
        return None;
    }
    let mut depth = 0;
    for (index, token) in tokens.iter().enumerate().skip(at + 1) {
        if token.is("[") {
            depth += 1;
        } else if token.is("]") {
            depth -= 1;
            if depth == 0 {
                return Some(index + 1);
            }
        }
    }
    None
}

fn is_for_tests(attribute: &[Token]) -> bool {
    let has = |word: &str| attribute.iter().any(|token| token.is(word));
    match attribute.first() {
        Some(first) if first.is("cfg") => has("test") && !has("not") && !has("any"),
        Some(_) => {
            let path = attribute.iter().take_while(|token| !token.is("("));
            path.last().is_some_and(|last| last.is("test"))
        }
        None => false,
    }
}

/// The index after the item that begins at `at`, its further attributes included.
pub(super) fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while let Some(end) = attribute_end(tokens, at) {
        at = end;
    }
    let ends_with_brace = !tokens[at..].iter().take(5).any(|token| token.is("use"));
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(at) {
        if token.is("(") || token.is("[") || token.is("{") {
            depth += 1;
        } else if token.is(")") || token.is("]") || token.is("}") {
            if depth == 0 {
                return index;
            }
            depth -= 1;
            if depth == 0 && token.is("}") && ends_with_brace {
                return index + 1;
            }
        } else if token.is(";") && depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(tokens: &[Token]) -> Vec<&str> {
        tokens.iter().map(|token| token.text.as_str()).collect()
    }

    #[test]
    fn what_is_for_tests_is_told_from_what_is_shipped() {
        let code = Code::parse(
            "use a; #[cfg(test)] use b::{c, d}; fn e() { f(); } #[test] #[ignore] fn g() { h(); }
             #[cfg(all(test, feature = \"x\"))] mod tests { fn i() {} } #[cfg(not(test))] fn j() {}
             #[tokio::test(start_paused = true)] async fn k() {} struct L;",
        );
        let shipped = code.shipped();
        for word in ["a", "e", "f", "j", "L"] {
            assert!(words(&shipped).contains(&word), "{word}");
        }
        let tested = code.tested();
        for word in ["b", "c", "g", "h", "ignore", "i", "k"] {
            assert!(words(&tested).contains(&word) && !words(&shipped).contains(&word), "{word}");
        }
    }

    #[test]
    fn declared_modules_are_found_with_their_purpose() {
        let code = Code::parse("pub mod a; #[cfg(feature = \"x\")] mod b; #[cfg(test)] mod c; mod d { }");
        let declared = [("a".to_owned(), false), ("b".to_owned(), false), ("c".to_owned(), true)];
        assert_eq!(code.declared_modules(), declared);
    }
}
