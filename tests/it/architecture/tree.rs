//! The workspace as it lies on the disk.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::package::Package;

/// Directories at the root that hold nothing of ours: what cargo, git and a daemon started here make.
const FOREIGN: [&str; 4] = ["target", ".git", "data", "out"];

/// The root of the workspace.
pub(super) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("this crate lies in a folder of the workspace").to_owned()
}

/// The text of a file, by its name from the root of the workspace.
pub(super) fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The name of every file, from the root of the workspace.
pub(super) fn names() -> Vec<String> {
    let mut found = Vec::new();
    collect(&root(), "", &mut found);
    found
}

/// Every file whose name ends in `suffix` with its text, by name from the root of the workspace.
pub(super) fn files(suffix: &str) -> BTreeMap<String, String> {
    let named = names().into_iter().filter(|name| name.ends_with(suffix));
    // A file that is being replaced right now is looked at the next time.
    named.filter_map(|name| Some((name.clone(), fs::read_to_string(root().join(&name)).ok()?))).collect()
}

fn collect(dir: &Path, name: &str, found: &mut Vec<String>) {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    for entry in entries.map(|entry| entry.expect("the folder can be listed")) {
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if name.is_empty() && FOREIGN.contains(&file_name.as_str()) {
            continue;
        }
        let below = if name.is_empty() { file_name } else { format!("{name}/{file_name}") };
        if entry.file_type().expect("the kind of a file is known").is_dir() {
            collect(&entry.path(), &below, found);
        } else {
            found.push(below);
        }
    }
}

/// The members of the workspace.
pub(super) fn packages() -> Vec<Package> {
    let manifest: toml::Table = toml::from_str(&text("Cargo.toml")).expect("cargo reads the same manifest");
    let members = manifest["workspace"]["members"].as_array().expect("a workspace lists its members");
    let sources = files(".rs");
    let mut dirs = Vec::new();
    for member in members.iter().filter_map(toml::Value::as_str) {
        match member.strip_suffix("/*") {
            Some(parent) => {
                let entries = fs::read_dir(root().join(parent)).expect("the folder of members exists");
                let names = entries.map(|entry| entry.expect("the folder can be listed").file_name());
                dirs.extend(names.map(|name| format!("{parent}/{}", name.to_string_lossy())));
            }
            None => dirs.push(member.to_owned()),
        }
    }
    dirs.retain(|dir| root().join(dir).join("Cargo.toml").is_file());
    dirs.sort();
    let below = |dir: &str| {
        let prefix = format!("{dir}/");
        sources
            .iter()
            .filter(|(file, _)| file.starts_with(&prefix))
            .map(|(file, text)| (file.clone(), text.clone()))
            .collect()
    };
    dirs.iter().map(|dir| Package::new(dir, &text(&format!("{dir}/Cargo.toml")), &below(dir))).collect()
}

#[test]
fn the_workspace_is_found() {
    let packages = packages();
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    for name in ["media", "model", "zoom", "daemon", "fixtures", "it"] {
        assert!(names.contains(&name), "{name} is missing among {names:?}");
    }
    assert!(packages.iter().all(|package| !package.modules.is_empty()));
}
