//! The paths that code names: what `use` brings in, nested groups and all, and paths inside expressions and macros.

use super::lexer::{Kind, Token};

/// A path as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Its segments; the last is `*` for a glob.
    pub(super) segments: Vec<String>,
    /// The name that a `use` gives it here; `None` for a path inside other code.
    pub(super) binding: Option<String>,
    /// The inline modules around it, outermost first.
    pub(super) inside: Vec<String>,
    pub(super) line: usize,
}

/// Every path in the tokens.
pub(super) fn paths(tokens: &[Token]) -> Vec<Named> {
    let mut found = Vec::new();
    let mut inline: Vec<(String, usize)> = Vec::new();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let inside = || inline.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let next = |ahead: usize| tokens.get(at + ahead);
        if token.is("mod") && next(2).is_some_and(|brace| brace.is("{")) {
            inline.push((tokens[at + 1].text.clone(), depth));
            depth += 1;
            at += 3;
        } else if token.is("{") {
            depth += 1;
            at += 1;
        } else if token.is("}") {
            depth = depth.saturating_sub(1);
            inline.retain(|(_, opened)| *opened < depth);
            at += 1;
        } else if token.is("use") && !next(1).is_some_and(|mark| mark.is("<")) {
            let mut group = Group { tokens, at: at + 1, out: Vec::new() };
            group.tree(&[]);
            let (end, imports) = (group.at, group.out);
            let named = imports.into_iter().map(|(segments, binding)| Named {
                segments,
                binding: Some(binding),
                inside: inside(),
                line: token.line,
            });
            found.extend(named);
            at = end;
        } else if token.kind == Kind::Word && next(1).is_some_and(|mark| mark.is("::")) {
            let mut segments = vec![token.text.clone()];
            at += 1;
            while tokens.get(at).is_some_and(|mark| mark.is("::"))
                && let Some(word) = tokens.get(at + 1).filter(|word| word.kind == Kind::Word)
            {
                segments.push(word.text.clone());
                at += 2;
            }
            found.push(Named { segments, binding: None, inside: inside(), line: token.line });
            at = at.max(1);
        } else {
            at += 1;
        }
    }
    found
}

struct Group<'a> {
    tokens: &'a [Token],
    at: usize,
    out: Vec<(Vec<String>, String)>,
}

impl Group<'_> {
    fn next_is(&self, text: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.is(text))
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.next_is(text);
        self.at += usize::from(found);
        found
    }

    /// Reads one use tree below `prefix`.
    fn tree(&mut self, prefix: &[String]) {
        let mut path = prefix.to_vec();
        self.take("::");
        loop {
            if self.take("{") {
                while !self.take("}") && self.at < self.tokens.len() {
                    self.tree(&path);
                    self.take(",");
                }
                return;
            }
            let Some(token) = self.tokens.get(self.at).filter(|token| token.kind == Kind::Word || token.is("*")) else {
                // Not a use tree; move on so that the caller cannot stand still.
                self.at += 1;
                return;
            };
            path.push(token.text.clone());
            self.at += 1;
            if !self.take("::") {
                break;
            }
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let mut binding = path.last().cloned().unwrap_or_default();
        if self.take("as") {
            binding = self.tokens.get(self.at).map(|token| token.text.clone()).unwrap_or_default();
            self.at += 1;
        }
        self.out.push((path, binding));
    }
}

#[cfg(test)]
mod tests {
    use super::{super::lexer::tokens, *};

    fn written(source: &str) -> Vec<String> {
        paths(&tokens(source)).iter().map(|named| named.segments.join("::")).collect()
    }

    #[test]
    fn nested_groups_are_taken_apart() {
        let source = "use crate::{a::{self, X, y::*}, b as c}; pub(crate) use super::d; use e;";
        assert_eq!(written(source), ["crate::a", "crate::a::X", "crate::a::y::*", "crate::b", "super::d", "e"]);
        assert_eq!(paths(&tokens(source))[3].binding.as_deref(), Some("c"));
    }

    #[test]
    fn paths_in_expressions_types_and_macros_are_found() {
        let source =
            "fn f(x: &crate::a::T) -> Vec<super::U> { assert!(crate::b::ok(x), \"{}\", self::c::<crate::d::E>()) }";
        assert_eq!(written(source), ["crate::a::T", "super::U", "crate::b::ok", "self::c", "crate::d::E"]);
    }

    #[test]
    fn inline_modules_are_remembered() {
        let named = paths(&tokens("mod a { mod b { use super::x; } fn f() {} use super::y; } use crate::z;"));
        let inside: Vec<_> = named.iter().map(|named| named.inside.join("::")).collect();
        assert_eq!(inside, ["a::b", "a", ""]);
    }

    #[test]
    fn captures_of_lifetimes_are_no_imports() {
        assert!(written("fn f<'a>() -> impl Sized + use<'a> {}").is_empty());
    }
}
