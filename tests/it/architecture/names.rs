//! Names that say nothing, and where they are banned (architecture §2.11, §8).

use super::{
    lexer::{Kind, Token},
    package::Package,
};

/// Names of files and folders.
const FILES: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "types", "manager", "misc"];
/// Ends of type names.
const TYPES: [&str; 6] = ["Manager", "Handler", "Helper", "Service", "Info", "Data"];

/// A path with a banned part.
pub(super) fn banned_file(file: &str) -> Option<String> {
    let mut parts = file.split('/').map(|part| part.split('.').next().unwrap_or(part));
    let banned = parts.find(|part| FILES.contains(part))?;
    Some(format!("{file}: {banned:?} names nothing; name it after what it does"))
}

/// Types and functions with banned names.
pub(super) fn banned_names(file: &str, tokens: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    for pair in tokens.windows(2).filter(|pair| pair[1].kind == Kind::Word) {
        let [keyword, name] = pair else { continue };
        let place = format!("{file}:{}", name.line);
        let is_type = ["struct", "enum", "trait", "type", "union"].iter().any(|word| keyword.is(word));
        if is_type && TYPES.iter().any(|end| name.text.ends_with(end)) {
            found.push(format!("{place}: {} is named for nothing", name.text));
        }
        if keyword.is("fn") && name.text.starts_with("get_") {
            found.push(format!("{place}: {} needs no get_", name.text));
        }
    }
    found
}

fn of(package: &Package) -> Vec<String> {
    package.shipped().flat_map(|module| banned_names(&module.file, &module.code.shipped())).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{lexer::tokens, tree},
        *,
    };

    #[test]
    fn no_file_or_folder_is_named_for_nothing() {
        let found: Vec<String> = tree::names().iter().filter_map(|file| banned_file(file)).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn no_type_or_function_is_named_for_nothing() {
        let found: Vec<String> = tree::packages().iter().flat_map(of).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn banned_names_are_found() {
        for file in ["engine/x/src/utils.rs", "engine/common/src/lib.rs", "scripts/helpers.sh", "a/types/mod.rs"] {
            assert!(banned_file(file).is_some(), "{file}");
        }
        assert!(banned_file("engine/x/src/typeset.rs").is_none());
        for text in ["pub struct FrameManager;", "enum MediaInfo {}", "pub(crate) trait LegHandler {}", "fn get_x() {}"]
        {
            assert_eq!(banned_names("a.rs", &tokens(text)).len(), 1, "{text}");
        }
        assert!(banned_names("a.rs", &tokens("struct Metadata; fn target() {} fn get() {}")).is_empty());
    }
}
