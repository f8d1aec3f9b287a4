//! Inside a crate, modules that lie side by side form no ring.
//!
//! A file and the folder of the same name are one module. What a name stands for is followed through `use` declarations
//! to the module that defines it, so that re-exports in `lib.rs` and `mod.rs` count for nothing themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    package::Package,
    paths::{Named, paths},
};

type Path = Vec<String>;

/// What the modules of a crate bring into their scopes.
struct Scopes {
    children: BTreeMap<Path, BTreeSet<String>>,
    bindings: BTreeMap<Path, BTreeMap<String, Path>>,
    globs: BTreeMap<Path, Vec<Path>>,
    items: BTreeMap<Path, BTreeSet<String>>,
}

/// How deep re-exports are followed.
const FOLLOW: usize = 12;

impl Scopes {
    fn of(package: &Package) -> Self {
        let mut scopes = Self {
            children: BTreeMap::new(),
            bindings: BTreeMap::new(),
            globs: BTreeMap::new(),
            items: BTreeMap::new(),
        };
        for module in package.shipped() {
            if let Some((name, parent)) = module.path.split_last() {
                scopes.children.entry(parent.to_vec()).or_default().insert(name.clone());
            }
        }
        for module in package.shipped() {
            let tokens = module.code.shipped();
            let items = tokens.windows(2).filter(|pair| {
                ["fn", "struct", "enum", "trait", "type", "const", "static", "union"]
                    .iter()
                    .any(|word| pair[0].is(word))
            });
            scopes.items.entry(module.path.clone()).or_default().extend(items.map(|pair| pair[1].text.clone()));
            for named in paths(&tokens).iter().filter(|named| named.inside.is_empty()) {
                let Some(binding) = &named.binding else { continue };
                let Some(target) = scopes.absolute(&module.path, named) else { continue };
                match target.split_last() {
                    Some((last, prefix)) if last == "*" => {
                        scopes.globs.entry(module.path.clone()).or_default().push(prefix.to_vec());
                    }
                    _ => {
                        scopes.bindings.entry(module.path.clone()).or_default().insert(binding.clone(), target);
                    }
                }
            }
        }
        scopes
    }

    /// A written path from the crate's root; `None` if it leads out of the crate or nowhere.
    fn absolute(&self, module: &Path, named: &Named) -> Option<Path> {
        let mut place: Path = module.iter().chain(&named.inside).cloned().collect();
        let mut segments = named.segments.iter().peekable();
        match segments.peek()?.as_str() {
            "crate" => {
                place.clear();
                segments.next();
            }
            "self" => {
                segments.next();
            }
            "super" => {}
            first => {
                let is_child = self.children.get(&place).is_some_and(|children| children.contains(first));
                is_child.then_some(())?;
            }
        }
        while segments.next_if(|segment| *segment == "super").is_some() {
            place.pop()?;
        }
        place.extend(segments.cloned());
        Some(place)
    }

    /// The modules that a path from the root leads through and to.
    fn reached(&self, path: &[String], follow: usize, out: &mut BTreeSet<Path>) {
        let mut module: Path = Vec::new();
        for (index, segment) in path.iter().enumerate() {
            let rest = &path[index + 1..];
            if self.children.get(&module).is_some_and(|children| children.contains(segment)) {
                module.push(segment.clone());
                continue;
            }
            out.insert(module.clone());
            if follow == 0 || self.items.get(&module).is_some_and(|items| items.contains(segment)) {
                return;
            }
            if let Some(target) = self.bindings.get(&module).and_then(|bindings| bindings.get(segment)) {
                let longer: Path = target.iter().chain(rest).cloned().collect();
                self.reached(&longer, follow - 1, out);
                return;
            }
            for glob in self.globs.get(&module).into_iter().flatten() {
                if self.items.get(glob).is_some_and(|items| items.contains(segment)) {
                    out.insert(glob.clone());
                }
            }
            return;
        }
        out.insert(module);
    }
}

/// What holds between modules that lie side by side: for each parent, who names whom and where.
type Graph = BTreeMap<String, BTreeMap<String, String>>;

fn graphs(package: &Package) -> BTreeMap<Path, Graph> {
    let scopes = Scopes::of(package);
    let mut graphs: BTreeMap<Path, Graph> = BTreeMap::new();
    for module in package.shipped() {
        for named in paths(&module.code.shipped()) {
            let Some(target) = scopes.absolute(&module.path, &named) else { continue };
            let mut reached = BTreeSet::new();
            scopes.reached(&target, FOLLOW, &mut reached);
            for other in reached {
                let shared = module.path.iter().zip(&other).take_while(|(here, there)| here == there).count();
                if let (Some(from), Some(to)) = (module.path.get(shared), other.get(shared)) {
                    let graph = graphs.entry(module.path[..shared].to_vec()).or_default();
                    let place = format!("{}:{}", module.file, named.line);
                    graph.entry(from.clone()).or_default().entry(to.clone()).or_insert(place);
                }
            }
        }
    }
    graphs
}

/// Rings of modules, each with the places that close it.
pub(super) fn rings(package: &Package) -> Vec<String> {
    let mut found = Vec::new();
    for (parent, graph) in graphs(package) {
        let mut done = BTreeSet::new();
        for start in graph.keys() {
            if let Some(ring) = ring(&graph, &mut vec![start.clone()], &mut done) {
                let steps: Vec<String> = ring
                    .windows(2)
                    .map(|pair| format!("{} names {} ({})", pair[0], pair[1], graph[&pair[0]][&pair[1]]))
                    .collect();
                let place = parent.iter().fold(package.name.clone(), |path, name| format!("{path}::{name}"));
                found.push(format!("{place}: modules form a ring: {}", steps.join(", ")));
            }
        }
    }
    found
}

fn ring(graph: &Graph, trail: &mut Vec<String>, done: &mut BTreeSet<String>) -> Option<Vec<String>> {
    let here = trail.last()?.clone();
    if done.contains(&here) {
        return None;
    }
    for next in graph.get(&here).into_iter().flat_map(BTreeMap::keys) {
        if let Some(start) = trail.iter().position(|name| name == next) {
            let mut ring = trail[start..].to_vec();
            ring.push(next.clone());
            done.extend(ring.iter().cloned());
            return Some(ring);
        }
        trail.push(next.clone());
        let found = ring(graph, trail, done);
        trail.pop();
        if found.is_some() {
            return found;
        }
    }
    done.insert(here);
    None
}

#[cfg(test)]
mod tests {
    use super::{super::package::sample, *};

    #[test]
    fn no_crate_has_modules_that_form_a_ring() {
        let found: Vec<String> = super::super::tree::packages().iter().flat_map(rings).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn two_modules_that_name_each_other_are_found() {
        let package = sample(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::{b::{self, X}};"),
            ("src/b.rs", "pub struct X; fn f() { let _ = super::a::y(); }"),
        ]);
        assert_eq!(rings(&package).len(), 1);
        assert!(rings(&package)[0].contains("sample/src/a.rs:1"), "{:?}", rings(&package));
    }

    #[test]
    fn a_ring_through_a_re_export_is_found() {
        let package = sample(&[
            ("src/lib.rs", "mod a; mod b; pub use a::X; pub use b::inner::Y as Z;"),
            ("src/a.rs", "use crate::Z; pub struct X;"),
            ("src/b/mod.rs", "pub mod inner;"),
            ("src/b/inner.rs", "use crate::X; pub struct Y;"),
        ]);
        assert_eq!(rings(&package).len(), 1);
    }

    #[test]
    fn a_ring_through_a_glob_is_found() {
        let package = sample(&[
            ("src/lib.rs", "mod a; mod b; pub use a::*;"),
            ("src/a.rs", "use crate::b::Y; pub struct X;"),
            ("src/b.rs", "fn f(_: crate::X) {} pub struct Y;"),
        ]);
        assert_eq!(rings(&package).len(), 1);
    }

    #[test]
    fn a_ring_deeper_down_is_found() {
        let package = sample(&[
            ("src/lib.rs", "mod a;"),
            ("src/a/mod.rs", "mod b; mod c;"),
            ("src/a/b.rs", "use super::c::X; pub struct Y;"),
            ("src/a/c.rs", "use super::b::Y; pub struct X;"),
        ]);
        assert_eq!(rings(&package).len(), 1);
        assert!(rings(&package)[0].starts_with("sample::a: "));
    }

    #[test]
    fn one_direction_a_folder_beside_its_file_and_tests_are_no_rings() {
        let package = sample(&[
            ("src/lib.rs", "mod a; mod b; pub use a::X; pub use b::Y;"),
            ("src/a.rs", "mod part; use part::P; pub struct X; #[cfg(test)] mod tests { use crate::b::Y; }"),
            ("src/a/part.rs", "use super::X; pub struct P;"),
            ("src/b.rs", "use crate::X; pub struct Y;"),
        ]);
        assert_eq!(rings(&package), Vec::<String>::new());
    }
}
