//! Which files a worker may open, and no socket of the network: Landlock, from Linux 5.13 on, more of it with later ones.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, Scope,
};

/// The newest rules that are asked for; an older kernel gives those that it has.
const RULES: ABI = ABI::V6;

/// Confines this thread; answers how far, for the log.
pub(super) fn confine(logs: &[&Path], staging: Option<&Path>) -> String {
    match rules(logs, staging) {
        Ok(how) => how,
        Err(error) => error.to_string(),
    }
}

fn rules(logs: &[&Path], staging: Option<&Path>) -> Result<String, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let write = read | AccessFs::WriteFile | AccessFs::MakeReg | AccessFs::RemoveFile | AccessFs::Truncate;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(RULES))?
        .handle_access(AccessNet::from_all(RULES))?
        .scope(Scope::from_all(RULES))?
        .create()?;
    for log in logs {
        rules = allow(rules, log, read)?;
    }
    if let Some(staging) = staging {
        rules = allow(rules, staging, write)?;
    }
    let status = rules.restrict_self()?;
    Ok(format!("{:?}", status.ruleset))
}

/// Allows something below a directory; a log that was never begun has none.
fn allow(
    rules: landlock::RulesetCreated,
    dir: &Path,
    access: BitFlags<AccessFs>,
) -> Result<landlock::RulesetCreated, RulesetError> {
    match PathFd::new(dir) {
        Ok(dir) => rules.add_rule(PathBeneath::new(dir, access)),
        Err(_) => Ok(rules),
    }
}
