//! `hansard check`: whether the configuration can be used, without starting anything.

use super::live;
use crate::{
    cli::CheckArgs,
    config::{config_file, find},
    failure::Failure,
};

pub(super) fn check(args: &CheckArgs) -> Result<(), Failure> {
    let file = config_file(args.config.clone());
    let config = find(args.config.clone())?;
    if args.live && args.json {
        return live::look(&config, true);
    }
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
    if args.live {
        return live::look(&config, false);
    }
    Ok(())
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
