//! What SIGHUP does: reads the configuration again and changes what can be changed while captures run, which are the
//! webhook secrets (fault-matrix D10). Everything else needs a restart, and the log says so.

use std::path::PathBuf;

use api::Doors;

use crate::{
    config::{self, Config},
    failure::Failure,
    wiring,
};

/// The configuration that runs, and where it came from.
pub(crate) struct Reload {
    file: Option<PathBuf>,
    running: Config,
    doors: Doors,
}

impl Reload {
    /// Of the configuration that was read from `file` when the daemon started.
    pub(crate) const fn new(file: Option<PathBuf>, running: Config, doors: Doors) -> Self {
        Self { file, running, doors }
    }

    /// Reads the configuration again. What is wrong with it leaves everything as it is.
    pub(crate) fn again(&mut self) {
        match self.apply() {
            Ok(changed) if changed.is_empty() => tracing::info!("SIGHUP: no webhook secret has changed"),
            Ok(apps) => tracing::info!(?apps, "SIGHUP: webhook secrets are changed"),
            Err(error) => tracing::error!(%error, "SIGHUP: the configuration is left as it is"),
        }
    }

    /// Answers the apps whose secrets are other than before.
    fn apply(&mut self) -> Result<Vec<String>, Failure> {
        let read = config::find(self.file.clone())?;
        let mut apps = Vec::new();
        for app in &read.zoom.apps {
            let is_running = self.running.zoom.apps.iter().any(|running| running.name == app.name);
            if is_running {
                apps.push((app.name.clone(), wiring::webhook_secrets(app)?));
            }
        }
        if needs_restart(&self.running, &read) {
            tracing::warn!(
                "SIGHUP: more than webhook secrets has changed; that takes effect when the daemon starts again"
            );
        }
        apps.retain(|(name, secrets)| self.doors.rotate(name, secrets));
        Ok(apps.into_iter().map(|(name, _)| name).collect())
    }
}

/// Whether two configurations differ in more than webhook secrets.
fn needs_restart(running: &Config, read: &Config) -> bool {
    let without_secrets = |config: &Config| {
        let mut config = config.clone();
        for app in &mut config.zoom.apps {
            app.webhook_secret = config::SecretRef::default();
            app.previous_webhook_secret = None;
        }
        config
    };
    without_secrets(running) != without_secrets(read)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(secret: &str, listen: &str) -> String {
        format!(
            "[server]\nlisten = \"{listen}\"\n[[zoom.apps]]\nname = \"main\"\nclient_id = \"id\"\nclient_secret = \"c\"\n\
             webhook_secret = \"{secret}\"\n"
        )
    }

    fn begun(text: &str) -> (tempfile::TempDir, PathBuf, Reload) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("hansard.toml");
        fs::write(&file, text).unwrap();
        let config = config::load(Some(&file), []).unwrap();
        let doors = Doors::new(&wiring::api_config(&config).unwrap().apps);
        let reload = Reload::new(Some(file.clone()), config, doors);
        (dir, file, reload)
    }

    #[test]
    fn a_secret_that_was_written_anew_is_in_use_after_it_was_read_again() {
        let (_dir, file, mut reload) = begun(&written("old", "127.0.0.1:1"));
        assert_eq!(reload.apply().unwrap(), Vec::<String>::new());
        fs::write(&file, written("new", "127.0.0.1:1")).unwrap();
        assert_eq!(reload.apply().unwrap(), ["main"]);
        assert_eq!(reload.apply().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_wrong_leaves_everything_as_it_is() {
        let (_dir, file, mut reload) = begun(&written("old", "127.0.0.1:1"));
        fs::write(&file, "[server\n").unwrap();
        assert!(reload.apply().is_err());
        fs::write(&file, written("old", "127.0.0.1:1")).unwrap();
        assert_eq!(reload.apply().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_change_while_captures_run_is_told_from_what_can() {
        let read = |text: &str| toml::from_str::<Config>(text).unwrap();
        let running = read(&written("old", "127.0.0.1:1"));
        assert!(!needs_restart(&running, &read(&written("new", "127.0.0.1:1"))));
        assert!(needs_restart(&running, &read(&written("old", "127.0.0.1:2"))));
    }
}
