//! What the design document says about crates, read from its text, so that document and code cannot differ.

use std::collections::{BTreeMap, BTreeSet};

/// Where the document is, from the root of the workspace.
pub(super) const FILE: &str = "docs/design/architecture.md";

/// What the document says.
#[derive(Debug)]
pub(super) struct Design {
    /// The table of §3 "Direction": for each crate what it may use; `None` means anything.
    pub(super) may_use: BTreeMap<String, Option<BTreeSet<String>>>,
    /// The crates whose own source decides and moves nothing (§2.2, §3).
    pub(super) pure: BTreeSet<String>,
}

impl Design {
    /// Reads the document.
    ///
    /// # Errors
    /// A sentence on what is not where it should be.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Ok(Self { may_use: direction(text)?, pure: pure(text)? })
    }
}

fn direction(text: &str) -> Result<BTreeMap<String, Option<BTreeSet<String>>>, String> {
    let (_, section) = text.split_once("### Direction").ok_or("there is no section \"Direction\"")?;
    let rows = section.lines().map(str::trim).skip_while(|line| !line.starts_with('|'));
    let mut table = BTreeMap::new();
    for row in rows.take_while(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [crates, may_use, ..] = cells.as_slice() else { return Err(format!("the row {row:?} has too few cells")) };
        let may_use = match *may_use {
            "anything" => None,
            "-" => Some(BTreeSet::new()),
            names => Some(names.split(',').map(|name| name.trim().to_owned()).collect::<BTreeSet<_>>()),
        };
        for name in crates.split(',').map(str::trim) {
            if table.insert(name.to_owned(), may_use.clone()).is_some() {
                return Err(format!("{name} has two rows"));
            }
        }
    }
    let known: BTreeSet<&String> = table.keys().collect();
    for (name, used) in &table {
        if let Some(unknown) = used.iter().flatten().find(|used| !known.contains(used)) {
            return Err(format!("the row of {name} names {unknown:?}, which is no crate of the table"));
        }
    }
    if table.is_empty() { Err("the table of directions is empty".to_owned()) } else { Ok(table) }
}

fn pure(text: &str) -> Result<BTreeSet<String>, String> {
    let (_, section) = text.split_once("## 3. The tree").ok_or("there is no section \"The tree\"")?;
    let block = section.split("```").nth(1).ok_or("the tree is not in a block of code")?;
    let mut folder = "";
    let mut found = BTreeSet::new();
    for line in block.lines() {
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        if !line.starts_with(' ') {
            folder = first;
        } else if folder == "codecs/" || words.next() == Some("pure") {
            found.insert(first.trim_end_matches('/').to_owned());
        }
    }
    if found.is_empty() { Err("the tree marks no crate as pure".to_owned()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "## 3. The tree\n```\ncodecs/   media\n  media/  words\nengine/\n  model/  pure  ids\n  hub/  shell  rings\n```\n\
                          ### Direction\n\n| crate | may use | note |\n|---|---|---|\n| media | - | |\n| model, hub | media | x |\n\
                          | tests | anything | |\n\nmore";

    #[test]
    fn the_table_and_the_tree_are_read() {
        let design = Design::parse(SAMPLE).expect("the sample is whole");
        assert_eq!(design.may_use["hub"], Some(BTreeSet::from(["media".to_owned()])));
        assert_eq!(design.may_use["media"], Some(BTreeSet::new()));
        assert_eq!(design.may_use["tests"], None);
        assert_eq!(design.pure, BTreeSet::from(["media".to_owned(), "model".to_owned()]));
    }

    #[test]
    fn a_table_with_an_unknown_or_a_second_row_is_refused() {
        assert!(Design::parse(&SAMPLE.replace("| media | x", "| media, nothing | x")).is_err());
        assert!(Design::parse(&SAMPLE.replace("| tests |", "| hub |")).is_err());
        assert!(Design::parse(&SAMPLE.replace("### Direction", "### Elsewhere")).is_err());
    }
}
