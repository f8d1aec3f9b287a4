//! What surrounds the crates: scripts, the app of `tests/interop`, scenarios of the simulator, fuzz targets and their corpus.

use std::collections::BTreeSet;

/// The packages of a list for pip that are not pinned to one version.
pub(super) fn unpinned(file: &str, text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_pinned = |line: &&str| {
        let version = line.split_once("==").map_or("", |(_, version)| version);
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let loose = lines.filter(|line| !is_pinned(line));
    loose.map(|line| format!("{file}: {line}: name one version with ==, so that every run judges alike")).collect()
}

/// A script or Python module that does not open with what it is.
pub(super) fn lacks_opening(file: &str, text: &str) -> Option<String> {
    let opens = match text.lines().collect::<Vec<_>>().as_slice() {
        [first, ..] if file.ends_with(".py") => first.starts_with("\"\"\""),
        [shebang, second, ..] => shebang.starts_with("#!") && second.starts_with("# "),
        _ => false,
    };
    (!opens).then(|| format!("{file}: its first lines must say what it is"))
}

/// The names on one side only: `whose` are named, each needs its counterpart.
pub(super) fn unmatched(whose: &str, names: &BTreeSet<String>, theirs: &str, others: &BTreeSet<String>) -> Vec<String> {
    let missing = names.difference(others).map(|name| format!("{whose} {name} has no {theirs}"));
    missing.chain(others.difference(names).map(|name| format!("{theirs} {name} has no {whose}"))).collect()
}

/// The first part after `folder/` of every name that lies there, without its ending.
pub(super) fn below(names: &[String], folder: &str) -> BTreeSet<String> {
    let rest = names.iter().filter_map(|name| name.strip_prefix(folder)?.strip_prefix('/'));
    let first = rest.filter_map(|rest| rest.split('/').next());
    first.filter_map(|first| first.split('.').next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::tree, *};

    #[test]
    fn the_judge_of_the_simulator_is_pinned_and_installed_by_the_setup() {
        let file = "tests/interop/requirements.txt";
        let found = unpinned(file, &tree::text(file));
        assert!(found.is_empty(), "{}", found.join("\n"));
        assert!(tree::text("scripts/setup").contains(file), "scripts/setup does not install {file}");
        assert!(tree::text("scripts/test").contains("scripts/setup --test"));
    }

    #[test]
    fn every_script_says_what_it_is() {
        let names = tree::names();
        let scripts = names.iter().filter(|name| name.starts_with("scripts/") || name.ends_with(".py"));
        let found: Vec<String> = scripts.filter_map(|name| lacks_opening(name, &tree::text(name))).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn packages_that_are_not_pinned_are_found() {
        for line in ["rtms", "rtms>=1.1", "rtms==1.*", "rtms==", "-r other.txt"] {
            assert_eq!(unpinned("a.txt", &format!("# A remark.\n\n{line}\n")).len(), 1, "{line}");
        }
        assert!(unpinned("a.txt", "# A remark.\nrtms==1.1.0\n").is_empty());
    }

    #[test]
    fn scripts_that_do_not_say_what_they_are_are_found() {
        assert!(lacks_opening("a.py", "import json\n").is_some());
        assert!(lacks_opening("scripts/a", "#!/bin/sh\nset -e\n").is_some());
        assert!(lacks_opening("scripts/a", "").is_some());
        assert!(lacks_opening("a.py", "\"\"\"What it is.\"\"\"\n").is_none());
        assert!(lacks_opening("scripts/a", "#!/bin/sh\n# What it is.\n").is_none());
    }

    #[test]
    fn names_without_a_counterpart_are_found() {
        let names: Vec<String> =
            ["a/one.rs", "a/two.rs", "b/two/x", "b/two/y", "b/three/x", "ab/no"].map(str::to_owned).into();
        let (left, right) = (below(&names, "a"), below(&names, "b"));
        assert_eq!(
            unmatched("target", &left, "corpus", &right),
            ["target one has no corpus", "corpus three has no target"]
        );
        assert!(unmatched("target", &left, "corpus", &left).is_empty());
    }
}
