//! Reads the configuration from its file and the environment, and finds the line of what is wrong.

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use schema::signature::SigningKey;
use serde_path_to_error::Segment;
use toml::{Table, Value};
use toml_edit::Document;

use super::{Config, ConfigError, RestApp, SecretRef};
use crate::logging;

/// The prefix of every environment variable that is a key.
const PREFIX: &str = "HANSARD_";

/// The configuration of this process: the file that is named, or `hansard.toml` here if there is one, with the environment
/// over it.
///
/// # Errors
/// [`ConfigError`], naming file, line and key.
pub(crate) fn find(named: Option<PathBuf>) -> Result<Config, ConfigError> {
    load(config_file(named).as_deref(), std::env::vars())
}

/// The file that is named, or `hansard.toml` here if there is one.
pub(crate) fn config_file(named: Option<PathBuf>) -> Option<PathBuf> {
    named.or_else(|| Some(Path::new("hansard.toml").to_owned()).filter(|path| path.exists()))
}

/// Reads `file` if given, puts the variables of `environment` over it, and checks everything that can be checked
/// without starting.
///
/// # Errors
/// [`ConfigError`], naming file, line and key.
pub(crate) fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let text = match file {
        Some(path) => {
            fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?
        }
        None => String::new(),
    };
    let name = file.map_or_else(|| "environment".to_owned(), |path| path.display().to_string());
    let mut source = Source::parse(name, text)?;
    let mut table: Table = toml::from_str(&source.text).map_err(|error| source.syntax(&error))?;
    for (variable, value) in environment {
        if let Some(keys) = variable.strip_prefix(PREFIX).filter(|keys| keys.contains("__")) {
            let keys: Vec<String> = keys.split("__").map(str::to_lowercase).collect();
            set(&mut table, &keys, &value).map_err(|reason| ConfigError::Value {
                place: "environment".to_owned(),
                key: variable.clone(),
                reason,
            })?;
            source.variables.push((keys, variable));
        }
    }
    let config: Config = serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| source.value(&error))?;
    check(&config, &source)?;
    Ok(config)
}

/// Puts one variable into the table: numbers index lists, everything else names keys.
fn set(table: &mut Table, keys: &[String], value: &str) -> Result<(), String> {
    let (first, rest) = keys.split_first().expect("a variable has at least two keys");
    let slot = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
    set_value(slot, rest, value)
}

fn set_value(slot: &mut Value, keys: &[String], value: &str) -> Result<(), String> {
    let Some((first, rest)) = keys.split_first() else {
        *slot = literal(value);
        return Ok(());
    };
    if let Ok(index) = first.parse::<usize>() {
        if !slot.is_array() {
            *slot = Value::Array(Vec::new());
        }
        let list = slot.as_array_mut().expect("it was made a list above");
        if index > list.len() {
            return Err(format!("entry {index} of a list that has {}; count from 0 without holes", list.len()));
        }
        if index == list.len() {
            list.push(Value::Table(Table::new()));
        }
        return set_value(&mut list[index], rest, value);
    }
    match slot {
        Value::Table(table) => set(table, keys, value),
        _ => Err(format!("{first} is below something that is not a section")),
    }
}

/// A variable's text as the TOML value that it spells, or as a text.
fn literal(text: &str) -> Value {
    match toml::from_str::<Table>(&format!("value = {text}")) {
        Ok(mut table) => table.remove("value").unwrap_or_else(|| Value::String(text.to_owned())),
        Err(_) => Value::String(text.to_owned()),
    }
}

/// What types alone cannot say.
fn check(config: &Config, source: &Source) -> Result<(), ConfigError> {
    let url = config.server.public_url.as_str();
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        return Err(source.at("server.public_url", "it must begin with http:// or https://"));
    }
    let mut names = Vec::new();
    for (index, app) in config.zoom.apps.iter().enumerate() {
        let key = |field: &str| format!("zoom.apps[{index}].{field}");
        if names.contains(&&app.name) {
            return Err(
                source.at(&key("name"), &format!("a second app is called {:?}; give each its own name", app.name))
            );
        }
        names.push(&app.name);
        if app.client_id.is_empty() {
            return Err(source.at(&key("client_id"), "the value is empty; copy it from the app's credentials"));
        }
        resolvable(&app.client_secret, &key("client_secret"), source)?;
        resolvable(&app.webhook_secret, &key("webhook_secret"), source)?;
        if let Some(previous) = &app.previous_webhook_secret {
            resolvable(previous, &key("previous_webhook_secret"), source)?;
        }
        if let Some(rest) = &app.rest {
            check_rest(rest, &key("rest"), source)?;
        } else if app.restart && app.account_id.is_empty() {
            return Err(source.at(&key("restart"), "asking Zoom for a new stream needs `rest`; set it as well"));
        }
        let language = app.transcript_language.as_str();
        if !language.is_empty() && zoom::wire::language_number(language).is_none() {
            return Err(source.at(
                &key("transcript_language"),
                &format!("Zoom transcribes no {language:?}; write a tag such as \"en\", \"de\" or \"fr-CA\""),
            ));
        }
    }
    for (name, url) in [("api_url", &config.zoom.api_url), ("oauth_url", &config.zoom.oauth_url)] {
        if !url.starts_with("https://") {
            return Err(source.at(&format!("zoom.{name}"), "it must begin with https://"));
        }
    }
    for (index, host) in config.zoom.allowed_hosts.iter().enumerate() {
        if let Err(error) = host.parse::<dial::HostPattern>() {
            return Err(source.at(&format!("zoom.allowed_hosts[{index}]"), &error.to_string()));
        }
    }
    let secrets = [
        ("deliver.signing_secret", &config.deliver.signing_secret),
        ("deliver.previous_signing_secret", &config.deliver.previous_signing_secret),
    ];
    for (key, secret) in secrets {
        if let Some(secret) = secret {
            let text = secret.resolve().map_err(|reason| source.at(key, &reason))?;
            SigningKey::parse(text.expose()).map_err(|error| source.at(key, &error.to_string()))?;
        }
    }
    for (index, line) in config.deliver.private.iter().enumerate() {
        if let Err(error) = line.parse::<dial::PrivatePattern>() {
            return Err(source.at(&format!("deliver.private[{index}]"), &error.to_string()));
        }
    }
    webhooks(config, source)?;
    let space = &config.data.space;
    for (name, percent) in [
        ("low_percent", space.low_percent),
        ("scarce_percent", space.scarce_percent),
        ("critical_percent", space.critical_percent),
        ("exhausted_percent", space.exhausted_percent),
    ] {
        if !(0.0..=100.0).contains(&percent) {
            return Err(source.at(&format!("data.space.{name}"), "it must be a number from 0 to 100"));
        }
    }
    for (index, key) in config.api.keys.iter().enumerate() {
        let place = format!("api.keys[{index}]");
        match &key.key {
            Some(secret) if key.sha256.is_none() => resolvable(secret, &format!("{place}.key"), source)?,
            _ => {
                key.digest().map_err(|reason| source.at(&place, &reason))?;
            }
        }
    }
    logging::filter(&config.log.level).map_err(|reason| source.at("log.level", &reason))?;
    files(config, source)
}

/// Receivers of status webhooks.
fn webhooks(config: &Config, source: &Source) -> Result<(), ConfigError> {
    // Which networks may be dialled was checked before.
    let receivers = dial::Receivers {
        private: config.deliver.private.iter().filter_map(|line| line.parse().ok()).collect(),
        require_tls: config.deliver.require_tls,
    };
    let mut names = Vec::new();
    for (index, webhook) in config.webhooks.iter().enumerate() {
        let key = |field: &str| format!("webhooks[{index}].{field}");
        if webhook.name.is_empty() || names.contains(&&webhook.name) {
            return Err(
                source.at(&key("name"), "each receiver needs a name of its own, by which its log is found again")
            );
        }
        names.push(&webhook.name);
        webhook.secret().map_err(|reason| source.at(&key("secret"), &reason))?;
        receivers
            .check(&webhook.url, dial::Protocol::Http)
            .map_err(|error| source.at(&key("url"), &error.to_string()))?;
        if let Some(event) = webhook.events.iter().find(|event| !schema::webhook::is_filter(event)) {
            let reason = format!("{event:?} is no event; write one such as \"recording.done\", or \"recording.*\"");
            return Err(source.at(&key("events"), &reason));
        }
    }
    Ok(())
}

/// What asks Zoom over REST.
fn check_rest(rest: &RestApp, key: &str, source: &Source) -> Result<(), ConfigError> {
    let (texts, secret_name, secret) = match rest {
        RestApp::ServerToServer(app) => {
            let texts = vec![("client_id", &app.client_id), ("account_id", &app.account_id)];
            (texts, "client_secret", &app.client_secret)
        }
        RestApp::VideoSdk(sdk) => (vec![("api_key", &sdk.api_key)], "api_secret", &sdk.api_secret),
    };
    if let Some((name, _)) = texts.iter().find(|(_, text)| text.is_empty()) {
        return Err(source.at(&format!("{key}.{name}"), "the value is empty; copy it from the app's credentials"));
    }
    resolvable(secret, &format!("{key}.{secret_name}"), source)
}

/// The files that the configuration names.
fn files(config: &Config, source: &Source) -> Result<(), ConfigError> {
    if let Some(tls) = &config.server.tls {
        let files = api::TlsFiles { cert_file: tls.cert_file.clone(), key_file: tls.key_file.clone() };
        files.load().map_err(|error| source.at("server.tls", &error.to_string()))?;
    }
    for (key, authority) in
        [("zoom.extra_ca_file", &config.zoom.extra_ca_file), ("deliver.extra_ca_file", &config.deliver.extra_ca_file)]
    {
        if authority.as_os_str().is_empty() {
            continue;
        }
        let fault = |reason: &dyn Display| {
            let reason =
                format!("{}: {reason}; name a PEM file, such as `simulate --ca-file` writes", authority.display());
            source.at(key, &reason)
        };
        let pem = fs::read(authority).map_err(|error| fault(&error))?;
        dial::Dialer::new(dial::Policy { allowed_hosts: Vec::new() }, Some(&pem)).map_err(|error| fault(&error))?;
    }
    Ok(())
}

fn resolvable(secret: &SecretRef, key: &str, source: &Source) -> Result<(), ConfigError> {
    secret.resolve().map(drop).map_err(|reason| source.at(key, &reason))
}

/// The text of the file, for finding lines, and the variables that were put over it.
struct Source {
    name: String,
    text: String,
    document: Document<String>,
    variables: Vec<(Vec<String>, String)>,
}

impl Source {
    fn parse(name: String, text: String) -> Result<Self, ConfigError> {
        match Document::parse(text.clone()) {
            Ok(document) => Ok(Self { name, text, document, variables: Vec::new() }),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(&text, span.start));
                Err(ConfigError::Syntax { place: format!("{name}:{line}"), reason: error.message().to_owned() })
            }
        }
    }

    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        let line = error.span().map_or(1, |span| line_of(&self.text, span.start));
        ConfigError::Syntax { place: format!("{}:{line}", self.name), reason: error.message().to_owned() }
    }

    fn value(&self, error: &serde_path_to_error::Error<toml::de::Error>) -> ConfigError {
        let mut reason = error.inner().message().to_owned();
        let mut key = error.path().to_string();
        if key == "server.listen" {
            reason.push_str("; write an address and a port, such as 127.0.0.1:8080");
        }
        if let Some(field) = reason.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            key = if key == "." { field.to_owned() } else { format!("{key}.{field}") };
        }
        let place = self.place(error.path().iter().map(|segment| match segment {
            Segment::Map { key } => Key::Name(key.clone()),
            Segment::Seq { index } => Key::Index(*index),
            Segment::Enum { variant } => Key::Name(variant.clone()),
            Segment::Unknown => Key::Name(String::new()),
        }));
        self.error(place, key, reason)
    }

    /// An error about `key`, written like `zoom.apps[0].name`.
    fn at(&self, key: &str, reason: &str) -> ConfigError {
        let keys = key.split(['.', '[']).map(|part| match part.strip_suffix(']').map(str::parse) {
            Some(Ok(index)) => Key::Index(index),
            _ => Key::Name(part.to_owned()),
        });
        self.error(self.place(keys), key.to_owned(), reason.to_owned())
    }

    /// An error about `key`, which is where the file says, unless a variable has the last word.
    fn error(&self, place: String, key: String, reason: String) -> ConfigError {
        let path: Vec<&str> = key.split(['.', '[', ']']).filter(|part| !part.is_empty()).collect();
        match self.variables.iter().find(|(keys, _)| *keys == path) {
            Some((_, variable)) => {
                ConfigError::Value { place: "environment".to_owned(), key: variable.clone(), reason }
            }
            None => ConfigError::Value { place, key, reason },
        }
    }

    /// File and line of the deepest part of the path that is written in the file.
    fn place(&self, keys: impl Iterator<Item = Key>) -> String {
        let mut item = self.document.as_item();
        let mut line = None;
        for key in keys {
            let span = match &key {
                Key::Name(name) => {
                    item.as_table_like().and_then(|table| table.get_key_value(name)).and_then(|(key, _)| key.span())
                }
                Key::Index(_) => None,
            };
            let Some(next) = (match &key {
                Key::Name(name) => item.get(name.as_str()),
                Key::Index(index) => item.get(*index),
            }) else {
                break;
            };
            line = span.or_else(|| next.span()).map(|span| line_of(&self.text, span.start)).or(line);
            item = next;
        }
        line.map_or_else(|| self.name.clone(), |line| format!("{}:{line}", self.name))
    }
}

enum Key {
    Name(String),
    Index(usize),
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}
