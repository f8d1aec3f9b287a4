//! The house: what `docs/design/architecture.md` says about the tree, held by tests.
//!
//! Every rule is a function from text to a list of violations, and every rule is shown a sample that breaks it. `lexer`
//! and `code` read Rust, `package` and `tree` read the workspace, `design` reads the document; each other file is one
//! set of rules. What does not belong here: anything that runs the program.

mod code;
mod design;
mod lexer;
mod package;
mod paths;
mod tree;

mod apparatus;
mod codes;
mod directions;
mod documents;
mod habits;
mod limits;
mod manifests;
mod names;
mod purity;
mod secrets;
mod shape;
