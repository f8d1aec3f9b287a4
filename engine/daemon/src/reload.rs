//! What SIGHUP does: reads the configuration again and changes what can be changed while captures run, which are the
//! webhook secrets (fault-matrix D10), the keys of the API, the thresholds of the disk, the reserve and the limits. Everything else needs a restart, and the log says so.

use std::path::PathBuf;

use api::{Doors, Keys};
use tokio::sync::watch;

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
    keys: Keys,
    limits: watch::Sender<capacity::Settings>,
}

impl Reload {
    /// Of the configuration that was read from `file` when the daemon started.
    pub(crate) const fn new(
        file: Option<PathBuf>,
        running: Config,
        doors: Doors,
        keys: Keys,
        limits: watch::Sender<capacity::Settings>,
    ) -> Self {
        Self { file, running, doors, keys, limits }
    }

    /// Reads the configuration again. What is wrong with it leaves everything as it is.
    pub(crate) fn again(&mut self) {
        match self.apply() {
            Ok(Changed { apps, keys, limits }) => {
                tracing::info!(
                    ?apps,
                    keys,
                    limits,
                    "SIGHUP: the configuration was read; named are apps with other webhook secrets"
                );
            }
            Err(error) => tracing::error!(%error, "SIGHUP: the configuration is left as it is"),
        }
    }

    fn apply(&mut self) -> Result<Changed, Failure> {
        let read = config::find(self.file.clone())?;
        let api_keys = wiring::api_keys(&read)?;
        let mut apps = Vec::new();
        for app in &read.zoom.apps {
            let is_running = self.running.zoom.apps.iter().any(|running| running.name == app.name);
            if is_running {
                apps.push((app.name.clone(), wiring::webhook_secrets(app)?));
            }
        }
        if needs_restart(&self.running, &read) {
            tracing::warn!(
                "SIGHUP: more has changed than can be changed now; that takes effect when the daemon starts again"
            );
        }
        apps.retain(|(name, secrets)| self.doors.rotate(name, secrets));
        let limits = self.limits.send_if_modified(|limits| {
            let read = wiring::capacity_settings(&read);
            std::mem::replace(limits, read) != read
        });
        let keys = *self.keys.current() != *api_keys;
        self.keys.rotate(api_keys);
        Ok(Changed { apps: apps.into_iter().map(|(name, _)| name).collect(), keys, limits })
    }
}

/// What is other than before.
#[derive(Debug, PartialEq, Eq)]
struct Changed {
    /// The apps with other secrets.
    apps: Vec<String>,
    /// Whether the keys of the API are.
    keys: bool,
    /// Whether the thresholds of the disk, the reserve or the limits are.
    limits: bool,
}

/// Whether two configurations differ in more than what can be changed.
fn needs_restart(running: &Config, read: &Config) -> bool {
    let unchangeable = |config: &Config| {
        let mut config = config.clone();
        config.limits = config::Limits { requests: config.limits.requests, ..config::Limits::default() };
        config.api = config::ApiKeys::default();
        config.data = config::Storage { dir: config.data.dir, ..config::Storage::default() };
        for app in &mut config.zoom.apps {
            app.webhook_secret = config::SecretRef::default();
            app.previous_webhook_secret = None;
        }
        config
    };
    unchangeable(running) != unchangeable(read)
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
        let (limits, _) = watch::channel(wiring::capacity_settings(&config));
        let keys = Keys::new(wiring::api_keys(&config).unwrap());
        let reload = Reload::new(Some(file.clone()), config, doors, keys, limits);
        (dir, file, reload)
    }

    #[test]
    fn a_secret_that_was_written_anew_is_in_use_after_it_was_read_again() {
        let (_dir, file, mut reload) = begun(&written("old", "127.0.0.1:1"));
        let apps = |reload: &mut Reload| reload.apply().unwrap().apps;
        assert_eq!(apps(&mut reload), Vec::<String>::new());
        fs::write(&file, written("new", "127.0.0.1:1")).unwrap();
        assert_eq!(apps(&mut reload), ["main"]);
        assert_eq!(apps(&mut reload), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_wrong_leaves_everything_as_it_is() {
        let (_dir, file, mut reload) = begun(&written("old", "127.0.0.1:1"));
        fs::write(&file, "[server\n").unwrap();
        assert!(reload.apply().is_err());
        fs::write(&file, written("old", "127.0.0.1:1")).unwrap();
        assert_eq!(reload.apply().unwrap(), Changed { apps: Vec::new(), keys: false, limits: false });
    }

    #[test]
    fn limits_that_were_written_anew_count_after_they_were_read_again() {
        let (_dir, file, mut reload) = begun(&written("old", "127.0.0.1:1"));
        let more = "[limits]\ncaptures = 5\n[data]\nreserve_mib = 1\n[data.space]\nlow_percent = 50\n";
        let text = format!("{}{more}", written("old", "127.0.0.1:1"));
        fs::write(&file, &text).unwrap();
        assert!(reload.apply().unwrap().limits);
        let limits = *reload.limits.borrow();
        assert_eq!((limits.bounds.captures, limits.reserve_bytes, limits.thresholds.low.percent), (5, 1 << 20, 50.0));
        assert!(!reload.apply().unwrap().limits);
        let read = |text: &str| toml::from_str::<Config>(text).unwrap();
        assert!(!needs_restart(&reload.running, &read(&text)));
    }

    #[test]
    fn a_key_that_was_written_anew_counts_after_it_was_read_again() {
        let with = |keys: &str| format!("[api]\nkeys = [{keys}]\n{}", written("old", "127.0.0.1:1"));
        let (_dir, file, mut reload) = begun(&with("{ name = \"a\", key = \"one\" }"));
        fs::write(&file, with("{ name = \"b\", key = \"two\", scope = \"read\" }")).unwrap();
        assert!(reload.apply().unwrap().keys);
        assert!(!reload.apply().unwrap().keys);
        assert_eq!(reload.keys.current()[0].name, "b");
        let read = |text: &str| toml::from_str::<Config>(text).unwrap();
        assert!(!needs_restart(&reload.running, &read(&with("{ name = \"b\", key = \"two\" }"))));
    }

    #[test]
    fn what_cannot_change_while_captures_run_is_told_from_what_can() {
        let read = |text: &str| toml::from_str::<Config>(text).unwrap();
        let running = read(&written("old", "127.0.0.1:1"));
        assert!(!needs_restart(&running, &read(&written("new", "127.0.0.1:1"))));
        assert!(needs_restart(&running, &read(&written("old", "127.0.0.1:2"))));
    }
}
