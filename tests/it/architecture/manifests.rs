//! Manifests against the table of directions (architecture §3). What a crate needs for its tests only is its own affair.

use super::{design::Design, package::Package};

/// Crates of the outside that a pure crate has no use for: they take time, do I/O or draw random numbers.
const IMPURE: [&str; 12] = [
    "axum",
    "fastrand",
    "getrandom",
    "hyper",
    "metrics",
    "rand",
    "rustix",
    "sqlx",
    "tempfile",
    "tokio",
    "tokio-tungstenite",
    "tracing-subscriber",
];

/// What the manifests use beyond the table.
pub(super) fn strays(design: &Design, packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        let place = format!("{}/Cargo.toml", package.dir);
        let Some(may_use) = design.may_use.get(package.folder()) else {
            found.push(format!("{place}: {} has no row in the table of directions", package.name));
            continue;
        };
        let mut used = package.dependencies("dependencies");
        used.extend(package.dependencies("build-dependencies"));
        let ours = used.iter().filter(|name| packages.iter().any(|other| other.name == **name));
        for name in ours {
            if may_use.as_ref().is_some_and(|may_use| !may_use.contains(name)) {
                found.push(format!("{place}: {} may not use {name}", package.name));
            }
        }
        if design.pure.contains(&package.name) {
            let impure = used.iter().filter(|name| IMPURE.contains(&name.as_str()));
            found.extend(impure.map(|name| format!("{place}: {} is pure and has no use for {name}", package.name)));
        }
        for name in design.may_use.get(package.folder()).into_iter().flatten().flatten() {
            if *name == package.name {
                found.push(format!("{}: {name} names itself in its row", super::design::FILE));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{
        super::{design, tree},
        *,
    };

    fn design() -> Design {
        Design::parse(&tree::text(design::FILE)).expect("the document says what it should")
    }

    fn package(name: &str, dependencies: &str) -> Package {
        let text =
            format!("[package]\nname = \"{name}\"\n[dependencies]\n{dependencies}\n[dev-dependencies]\nhub = \"1\"\n");
        Package::new(name, &text, &BTreeMap::new())
    }

    #[test]
    fn every_crate_uses_only_what_its_row_allows() {
        let found = strays(&design(), &tree::packages());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn a_dependency_against_the_direction_is_found() {
        let packages =
            [package("media", ""), package("hub", ""), package("model", "media.workspace = true\nhub = \"1\"")];
        assert_eq!(strays(&design(), &packages), ["model/Cargo.toml: model may not use hub"]);
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        assert_eq!(strays(&design(), &[package("newcomer", "")]).len(), 1);
    }

    #[test]
    fn a_pure_crate_with_a_runtime_is_found() {
        assert_eq!(strays(&design(), &[package("timeline", "tokio = \"1\"")]).len(), 1);
        assert!(strays(&design(), &[package("ingest", "tokio = \"1\"")]).is_empty());
    }
}
