//! `hansard project secret`: the secret with which what a project's receivers are sent is signed. The daemon may run meanwhile.

use std::time::{SystemTime, UNIX_EPOCH};

use catalog::Vault;
use model::Secret;
use schema::signature::SigningKey;

use crate::{
    cli::{ProjectAction, ProjectArgs},
    config,
    failure::Failure,
    logging, runtime,
};

/// Prints the secrets of a project that sign now, after it was given another one if that is asked for.
pub(super) fn project(args: ProjectArgs) -> Result<(), Failure> {
    let ProjectAction::Secret(args) = args.action;
    logging::start("warn")?;
    let config = config::find(args.config)?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_unix_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let secrets = runtime::build()?.block_on(async {
        let mut vault = Vault::open(&config.data.dir).await?;
        if args.rotate {
            vault.rotate(&args.project, &SigningKey::new(rand::random()).text(), now_unix_ms).await?;
        }
        let secrets = vault.secrets(&args.project, now_unix_ms).await?;
        vault.close().await.map(|()| secrets)
    })?;
    if secrets.is_empty() {
        let project = args.project.name();
        return Err(format!(
            "project {project} has no secret; start the daemon once with a key or app of it, or use --rotate"
        )
        .into());
    }
    println!("{}", lines(&secrets, config.deliver.signing_secret.is_some()));
    Ok(())
}

/// The secrets, the current one first.
fn lines(secrets: &[Secret<String>], is_replaced: bool) -> String {
    let mut lines: Vec<String> = secrets.iter().map(|secret| secret.expose().clone()).collect();
    if lines.len() > 1 {
        lines.push("# The second is the one before; both sign for a day after the change.".to_owned());
    }
    if is_replaced {
        lines.push("# deliver.signing_secret signs what real-time endpoints are sent in its place.".to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_beside_a_secret_is_a_remark() {
        let secrets = ["whsec_2", "whsec_1"].map(|text| Secret::new(text.to_owned()));
        assert_eq!(lines(&secrets[..1], false), "whsec_2");
        let text = lines(&secrets, true);
        let remarks = text.lines().skip(2).filter(|line| line.starts_with("# ")).count();
        assert_eq!((text.lines().take(2).collect::<Vec<_>>(), remarks), (vec!["whsec_2", "whsec_1"], 2));
    }
}
