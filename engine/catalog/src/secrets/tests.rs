use super::*;
use crate::fixture::{NOW, claimed, fresh, is_in_a_file};

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn texts(secrets: Result<Vec<Secret<String>>, CatalogError>) -> Vec<String> {
    secrets.expect("read").iter().map(|secret| secret.expose().clone()).collect()
}

#[tokio::test]
async fn a_project_gets_one_secret_which_is_kept_sealed_and_signs_for_its_captures() {
    let (dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let (own, other) = (Project::default(), "other".parse::<Project>().expect("a name"));
    assert!(texts(catalog.project_secrets(&own, NOW).await).is_empty());
    assert!(catalog.endow(own.clone(), secret("whsec_first"), NOW).await.expect("made"));
    assert!(!catalog.endow(own.clone(), secret("whsec_second"), NOW).await.expect("it has one"));
    assert!(catalog.endow(other.clone(), secret("whsec_other"), NOW).await.expect("made"));
    assert_eq!(texts(catalog.secrets_of_capture(id, NOW).await), ["whsec_first"]);
    assert_eq!(texts(catalog.project_secrets(&other, NOW).await), ["whsec_other"]);
    catalog.close().await;
    assert!(!is_in_a_file(dir.path(), "whsec_"), "it is nowhere to be read");
    assert!(is_in_a_file(dir.path(), "other"), "the control");
}

#[tokio::test]
async fn one_that_is_replaced_signs_for_a_day_beside_the_new_one_while_the_daemon_runs() {
    let (dir, catalog) = fresh().await;
    let own = Project::default();
    catalog.endow(own.clone(), secret("one"), NOW).await.expect("made");
    let mut vault = Vault::open(dir.path()).await.expect("a vault");
    assert_eq!(texts(vault.secrets(&own, NOW).await), ["one"]);
    vault.rotate(&own, &secret("two"), NOW).await.expect("rotated");
    for (at, expected) in [(NOW, vec!["two", "one"]), (NOW + OVERLAP_MS, vec!["two"])] {
        assert_eq!(texts(catalog.project_secrets(&own, at).await), expected);
        assert_eq!(texts(vault.secrets(&own, at).await), expected);
    }
    let fresh: Project = "fresh".parse().expect("a name");
    vault.rotate(&fresh, &secret("first"), NOW).await.expect("made");
    assert_eq!(texts(vault.secrets(&fresh, NOW).await), ["first"]);
    vault.close().await.expect("closed");
}

#[tokio::test]
async fn one_projects_secret_does_not_open_as_anothers() {
    let (_dir, catalog) = fresh().await;
    let other: Project = "other".parse().expect("a name");
    catalog.endow(Project::default(), secret("one"), NOW).await.expect("made");
    let moved = other.clone();
    let done = catalog.write(move |db| {
        Box::pin(async move {
            sqlx::query("UPDATE project_secret SET project = ?").bind(moved.name()).execute(db).await?;
            Ok(())
        })
    });
    done.await.expect("moved");
    assert!(texts(catalog.project_secrets(&other, NOW).await).is_empty());
}

#[tokio::test]
async fn where_no_daemon_ever_ran_there_is_no_vault_and_none_is_made() {
    let dir = tempfile::tempdir().expect("a directory");
    assert!(matches!(Vault::open(dir.path()).await, Err(CatalogError::File { .. })));
    assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 0);
}
