//! One crate: its manifest and its modules as a tree, read from `mod name;` declarations as the compiler does.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;

/// One module with a file of its own.
#[derive(Debug)]
pub(super) struct Module {
    /// Its place below the crate's root; the root itself is empty.
    pub(super) path: Vec<String>,
    /// The file, from the root of the workspace.
    pub(super) file: String,
    /// Whether it is compiled for tests only.
    pub(super) is_test: bool,
    pub(super) code: Code,
}

/// One crate of the workspace.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    /// Its directory, from the root of the workspace.
    pub(super) dir: String,
    pub(super) manifest: toml::Table,
    pub(super) modules: Vec<Module>,
    /// Files below `src` that no module declares.
    pub(super) strays: Vec<String>,
}

impl Package {
    /// Puts a crate together from the text of its manifest and of its sources, by file name from the workspace's root.
    pub(super) fn new(dir: &str, manifest: &str, sources: &BTreeMap<String, String>) -> Self {
        let manifest: toml::Table = toml::from_str(manifest).expect("cargo reads the same manifest");
        let name = manifest["package"]["name"].as_str().expect("a package has a name").to_owned();
        let mut found = Found { sources, modules: Vec::new(), seen: BTreeSet::new() };
        for root in ["src/lib.rs", "src/main.rs"] {
            found.visit(Vec::new(), format!("{dir}/{root}"), false);
        }
        let src = format!("{dir}/src/");
        let mut strays = Vec::new();
        for (file, text) in sources {
            if found.seen.contains(file) {
                continue;
            }
            if file.starts_with(&src) {
                strays.push(file.clone());
            }
            let path = vec![file.clone()];
            found.modules.push(Module {
                path,
                file: file.clone(),
                is_test: !file.starts_with(&src),
                code: Code::parse(text),
            });
        }
        Self { name, dir: dir.to_owned(), manifest, modules: found.modules, strays }
    }

    /// The name of its folder, by which the documents call it.
    pub(super) fn folder(&self) -> &str {
        self.dir.rsplit('/').next().unwrap_or(&self.dir)
    }

    /// The modules that are compiled without tests.
    pub(super) fn shipped(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().filter(|module| !module.is_test)
    }

    /// The names in a table of dependencies, such as `dependencies`, also below `target`.
    pub(super) fn dependencies(&self, table: &str) -> BTreeSet<String> {
        let targets = self.manifest.get("target").and_then(toml::Value::as_table);
        let below = targets.into_iter().flat_map(|targets| targets.values().filter_map(|target| target.get(table)));
        let tables = self.manifest.get(table).into_iter().chain(below).filter_map(toml::Value::as_table);
        let named = tables.flatten().map(|(key, value)| {
            let renamed = value.get("package").and_then(toml::Value::as_str);
            renamed.unwrap_or(key).to_owned()
        });
        named.collect()
    }
}

struct Found<'a> {
    sources: &'a BTreeMap<String, String>,
    modules: Vec<Module>,
    seen: BTreeSet<String>,
}

impl Found<'_> {
    fn visit(&mut self, path: Vec<String>, file: String, is_test: bool) {
        let Some(text) = self.sources.get(&file) else { return };
        if !self.seen.insert(file.clone()) {
            return;
        }
        let code = Code::parse(text);
        let (folder, name) = file.rsplit_once('/').expect("a source lies in a folder");
        let below = match name {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
            _ => file.trim_end_matches(".rs").to_owned(),
        };
        for (child, for_tests) in code.declared_modules() {
            let mut child_path = path.clone();
            child_path.push(child.clone());
            let is_test = is_test || for_tests;
            for place in [format!("{below}/{child}.rs"), format!("{below}/{child}/mod.rs")] {
                self.visit(child_path.clone(), place, is_test);
            }
        }
        self.modules.push(Module { path, file, is_test, code });
    }
}

/// A crate made of literal files, for showing rules what breaks them.
#[cfg(test)]
pub(super) fn sample(files: &[(&str, &str)]) -> Package {
    let sources = files.iter().map(|(file, text)| (format!("sample/{file}"), (*text).to_owned())).collect();
    Package::new("sample", "[package]\nname = \"sample\"\n", &sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_where_the_compiler_finds_them() {
        let package = sample(&[
            ("src/lib.rs", "mod a; mod b; #[cfg(test)] mod tests;"),
            ("src/a.rs", "mod inner;"),
            ("src/a/inner.rs", ""),
            ("src/b/mod.rs", "pub mod deep;"),
            ("src/b/deep.rs", ""),
            ("src/tests/mod.rs", "mod one;"),
            ("src/tests/one.rs", ""),
            ("src/forgotten.rs", ""),
            ("tests/outside.rs", ""),
        ]);
        let of = |file: &str| {
            let module = package.modules.iter().find(|module| module.file == format!("sample/{file}"));
            module.map(|module| (module.path.join("::"), module.is_test)).expect("the module is found")
        };
        assert_eq!(of("src/a/inner.rs"), ("a::inner".to_owned(), false));
        assert_eq!(of("src/b/deep.rs"), ("b::deep".to_owned(), false));
        assert_eq!(of("src/tests/one.rs"), ("tests::one".to_owned(), true));
        assert!(of("tests/outside.rs").1);
        assert_eq!(package.strays, ["sample/src/forgotten.rs"]);
    }

    #[test]
    fn dependencies_are_named_by_package() {
        let text = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\nc = { package = \"d\", path = \"\" }\n\
                    [target.'cfg(unix)'.dependencies]\ne = \"1\"\n[dev-dependencies]\nf = \"1\"\n";
        let package = Package::new("a", text, &BTreeMap::new());
        assert_eq!(package.dependencies("dependencies").into_iter().collect::<Vec<_>>(), ["b", "d", "e"]);
    }
}
