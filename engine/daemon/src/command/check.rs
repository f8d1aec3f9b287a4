//! `hansard check`: whether the configuration can be used, without starting anything.

use std::path::PathBuf;

use crate::{
    config::{config_file, find},
    failure::Failure,
};

pub(super) fn check(named: Option<PathBuf>) -> Result<(), Failure> {
    let file = config_file(named.clone());
    let config = find(named)?;
    let name = file.map_or_else(|| "the environment".to_owned(), |path| path.display().to_string());
    println!("{name} is usable");
    println!("  listens on     {}", config.server.listen);
    println!("  reached as     {}", config.server.public_url);
    println!("  keeps data in  {}", config.data.dir.display());
    println!("  Zoom apps      {}", listed(config.zoom.apps.iter().map(|app| app.name.as_str())));
    println!("  Zoom hosts     {}", listed(config.zoom.allowed_hosts.iter().map(String::as_str)));
    println!("  API keys       {}", listed(config.api.keys.iter().map(|key| key.name.as_str())));
    if config.zoom.apps.is_empty() {
        println!("note: no [[zoom.apps]]: only meetings that a customer announces with a signature are captured");
    }
    if config.api.keys.is_empty() {
        println!("note: no [api] keys: every request to the API is answered 401");
    }
    Ok(())
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
