//! Documents against code: what is written about metrics, configuration and crates is what there is, and links lead
//! somewhere.

use std::collections::BTreeSet;

use super::{
    lexer::Kind,
    package::{Module, Package},
};

/// The most lines that the README may have.
const README_LINES: usize = 150;

/// The metric names that shipped code spells out.
pub(super) fn counted<'a>(modules: impl Iterator<Item = &'a Module>) -> BTreeSet<String> {
    let tokens = modules.flat_map(|module| module.code.shipped());
    let literals = tokens.filter_map(|token| token.string().map(str::to_owned));
    literals.filter(|text| is_metric(text)).collect()
}

fn is_metric(text: &str) -> bool {
    text.strip_prefix("hansard_").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}

/// The metric names that open a row of a table.
pub(super) fn listed(document: &str) -> BTreeSet<String> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(name, _)| name.to_owned()).filter(|name| is_metric(name)).collect()
}

/// The names that only one of code and document has.
pub(super) fn differing(code: &BTreeSet<String>, document: &BTreeSet<String>) -> Vec<String> {
    let missing = code.difference(document).map(|name| format!("{name} is counted and not in the document"));
    missing.chain(document.difference(code).map(|name| format!("{name} is in the document and not counted"))).collect()
}

/// The fields of the structures in a source file that reads configuration.
fn keys(module: &Module) -> BTreeSet<String> {
    let tokens = module.code.shipped();
    let fields = tokens.windows(6).filter(|window| {
        window[0].is("pub")
            && window[1].is("(")
            && window[3].is(")")
            && window[4].kind == Kind::Word
            && window[5].is(":")
    });
    fields.map(|window| window[4].text.clone()).collect()
}

/// Which of the names the text does not mention in backticks.
pub(super) fn unmentioned<'a>(names: impl IntoIterator<Item = &'a str>, text: &str) -> Vec<String> {
    let inside: String = text.split('`').skip(1).step_by(2).collect::<Vec<_>>().join(" ");
    let words: BTreeSet<&str> = inside.split(|char: char| !char.is_alphanumeric() && char != '_').collect();
    names.into_iter().filter(|name| !words.contains(name)).map(str::to_owned).collect()
}

/// Links to files of the repository that are not there.
pub(super) fn broken_links(file: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
    let ours = targets.filter(|target| !target.is_empty() && !target.contains(':'));
    ours.filter(|target| !exists(&joined(folder, target)))
        .map(|target| format!("{file}: {target} is not there"))
        .collect()
}

fn joined(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn shipped(packages: &[Package]) -> impl Iterator<Item = &Module> {
    packages.iter().flat_map(Package::shipped)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{package::sample, tree},
        *,
    };

    #[test]
    fn every_metric_is_documented_and_every_documented_metric_exists() {
        let found = differing(&counted(shipped(&tree::packages())), &listed(&tree::text("docs/reference/metrics.md")));
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn every_key_of_the_configuration_is_documented() {
        let packages = tree::packages();
        let file = "engine/daemon/src/config/file.rs";
        let module = shipped(&packages).find(|module| module.file == file).expect("the daemon reads a configuration");
        let keys = keys(module);
        assert!(keys.len() > 10, "{keys:?}");
        let found = unmentioned(keys.iter().map(String::as_str), &tree::text("docs/reference/configuration.md"));
        assert!(found.is_empty(), "docs/reference/configuration.md does not name: {}", found.join(", "));
    }

    #[test]
    fn the_readme_is_short_and_maps_every_crate() {
        let readme = tree::text("README.md");
        let lines = readme.lines().count();
        assert!(lines <= README_LINES, "README.md has {lines} lines");
        let packages = tree::packages();
        let names = packages.iter().map(Package::folder);
        let found = unmentioned(names, &readme);
        assert!(found.is_empty(), "README.md does not map: {}", found.join(", "));
    }

    #[test]
    fn links_between_documents_lead_somewhere() {
        let exists = |name: &str| tree::root().join(name).exists();
        let found: Vec<String> =
            tree::files(".md").iter().flat_map(|(file, text)| broken_links(file, text, exists)).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn a_metric_on_one_side_only_is_found() {
        let code = sample(&[(
            "src/lib.rs",
            "const A: &str = \"hansard_a_total\"; // \"hansard_no\"\nfn f() { c!(\"hansard_b\"); }",
        )]);
        let names = counted(code.shipped());
        assert_eq!(names.len(), 2);
        let document =
            listed("| metric | type |\n|---|---|\n| `hansard_a_total` | counter |\n| `hansard_c` | gauge |\n");
        assert_eq!(differing(&names, &document).len(), 2);
        assert!(differing(&names, &names).is_empty());
    }

    #[test]
    fn a_key_that_is_not_documented_is_found() {
        let code = sample(&[("src/lib.rs", "pub(crate) struct S { pub(crate) listen: u8, pub(crate) port: u8 }")]);
        let keys = keys(&code.modules[0]);
        assert_eq!(unmentioned(keys.iter().map(String::as_str), "`[server]` `listen = 1`, port"), ["port"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text = "[a](../here.md) [b](gone.md#part) [c](https://example.org/x) [d](#part)";
        let found = broken_links("docs/guide/x.md", text, |name| name == "docs/here.md");
        assert_eq!(found, ["docs/guide/x.md: gone.md is not there"]);
    }
}
