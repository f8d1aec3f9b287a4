//! Rust source as tokens: enough to see paths, items and attributes. Comments are left out; a literal is one token, so
//! that nothing inside it is taken for code. What the tokens mean is read in `code` and `paths`.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Word,
    /// A string, character or number.
    Literal,
    /// `'a`.
    Lifetime,
    /// Punctuation: one character, or `::`.
    Mark,
}

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) line: usize,
}

impl Token {
    /// Whether it is this word or this punctuation; never true for a literal.
    pub(super) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }

    /// What a plain string literal holds, escapes untouched; `None` for everything else.
    pub(super) fn string(&self) -> Option<&str> {
        if self.kind != Kind::Literal {
            return None;
        }
        self.text.strip_prefix('"')?.strip_suffix('"')
    }
}

/// Splits source text into tokens.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    Lexer { chars: source.chars().collect(), at: 0, line: 1, out: Vec::new() }.run()
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Vec<Token>,
}

impl Lexer {
    fn run(mut self) -> Vec<Token> {
        while let Some(next) = self.peek(0) {
            let (start, line) = (self.at, self.line);
            let kind = self.one(next);
            if let Some(kind) = kind {
                let text = self.chars[start..self.at].iter().collect();
                self.out.push(Token { kind, text, line });
            }
        }
        self.out
    }

    /// Passes over one token; `None` for space and comments.
    fn one(&mut self, next: char) -> Option<Kind> {
        match next {
            _ if next.is_whitespace() => {
                self.skip(1);
                None
            }
            '/' if self.peek(1) == Some('/') => {
                while self.peek(0).is_some_and(|char| char != '\n') {
                    self.skip(1);
                }
                None
            }
            '/' if self.peek(1) == Some('*') => {
                self.block_comment();
                None
            }
            'r' if self.peek(1) == Some('#') && self.peek(2).is_some_and(starts_word) => {
                self.skip(2);
                self.word();
                Some(Kind::Word)
            }
            'r' | 'b' | 'c' if self.prefixed_literal() => Some(Kind::Literal),
            _ if starts_word(next) => {
                self.word();
                Some(Kind::Word)
            }
            _ if next.is_ascii_digit() => {
                self.number();
                Some(Kind::Literal)
            }
            '"' => {
                self.quoted('"');
                Some(Kind::Literal)
            }
            '\'' => Some(self.quote()),
            ':' if self.peek(1) == Some(':') => {
                self.skip(2);
                Some(Kind::Mark)
            }
            _ => {
                self.skip(1);
                Some(Kind::Mark)
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            if self.peek(0) == Some('\n') {
                self.line += 1;
            }
            self.at = (self.at + 1).min(self.chars.len());
        }
    }

    fn word(&mut self) {
        while self.peek(0).is_some_and(|char| char == '_' || char.is_alphanumeric()) {
            self.skip(1);
        }
    }

    fn number(&mut self) {
        self.word();
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|char| char.is_ascii_digit()) {
            self.skip(1);
            self.word();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.skip(2);
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.skip(2);
                    if depth == 0 {
                        return;
                    }
                }
                (Some(_), _) => self.skip(1),
                (None, _) => return,
            }
        }
    }

    /// Passes over a literal such as `b"x"`, `r#"x"#` or `b'x'` if there is one here.
    fn prefixed_literal(&mut self) -> bool {
        let mut ahead = 0;
        if matches!(self.peek(0), Some('b' | 'c')) {
            ahead = 1;
        }
        if self.peek(ahead) == Some('r') {
            let hashes = (ahead + 1..).take_while(|index| self.peek(*index) == Some('#')).count();
            if self.peek(ahead + 1 + hashes) != Some('"') {
                return false;
            }
            self.skip(ahead + 1 + hashes + 1);
            self.raw_end(hashes);
            return true;
        }
        match self.peek(ahead) {
            Some(quote @ ('"' | '\'')) if ahead == 1 => {
                self.skip(1);
                self.quoted(quote);
                true
            }
            _ => false,
        }
    }

    fn raw_end(&mut self, hashes: usize) {
        while let Some(next) = self.peek(0) {
            self.skip(1);
            if next == '"' && (0..hashes).all(|index| self.peek(index) == Some('#')) {
                self.skip(hashes);
                return;
            }
        }
    }

    fn quoted(&mut self, quote: char) {
        self.skip(1);
        while let Some(next) = self.peek(0) {
            self.skip(if next == '\\' { 2 } else { 1 });
            if next == quote {
                return;
            }
        }
    }

    /// A character or a lifetime.
    fn quote(&mut self) -> Kind {
        if self.peek(1) == Some('\\') || self.peek(2) == Some('\'') {
            self.quoted('\'');
            return Kind::Literal;
        }
        self.skip(1);
        self.word();
        Kind::Lifetime
    }
}

fn starts_word(char: char) -> bool {
    char == '_' || char.is_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        tokens(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_are_left_out_and_literals_stay_whole() {
        assert_eq!(texts("a // b\n/* c /* d */ e */ f"), ["a", "f"]);
        assert_eq!(texts(r##"x("q // \" w", r#"a " b"#, b"\"", '"', '\'', 1.5e3, 0..2)"##).len(), 19);
        assert_eq!(texts("fn f<'a>(x: &'a str) -> char { 'a' }")[3], "'a");
    }

    #[test]
    fn paths_and_lines_are_seen() {
        let seen = tokens("use a::b;\n\nlet r#type = crate::x;");
        assert_eq!(seen[2].text, "::");
        assert_eq!(seen.last().map(|token| token.line), Some(3));
        assert!(seen.iter().any(|token| token.is("r#type")));
    }

    #[test]
    fn words_inside_literals_are_no_code() {
        assert!(!tokens(r#"panic!("std::fs::read")"#).iter().any(|token| token.is("std")));
        assert_eq!(tokens(r#""text""#)[0].string(), Some("text"));
    }
}
