//! `hansard key`: a fresh key of the API. Only its digest belongs into the configuration.

use api::{KeyDigest, Scope};

use crate::cli::{KeyArgs, KeyScope};

/// What a key begins with, so that tools which look for secrets find it.
const PREFIX: &str = "hsk_";

/// Prints a key that nobody has seen, and how the configuration knows it.
pub(crate) fn print(args: &KeyArgs) {
    let random: [u8; 32] = rand::random();
    let key = format!("{PREFIX}{}", hex::encode(random));
    println!("{}", lines(args, &key));
}

fn lines(args: &KeyArgs, key: &str) -> String {
    let digest = KeyDigest::of(key).expect("it is not empty").hex();
    let scope = match args.scope {
        KeyScope::Read => Scope::Read,
        KeyScope::Write => Scope::Write,
        KeyScope::Admin => Scope::Admin,
    };
    let (name, project, scope) = (toml::Value::from(args.name.as_str()), &args.project, scope.name());
    format!(
        "{key}\n\n# The key is shown once, above. Its digest goes into the configuration; SIGHUP reads it again.\n[[api.keys]]\n\
         name = {name}\nsha256 = \"{digest}\"\nproject = \"{project}\"\nscope = \"{scope}\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_lines_make_a_configuration_that_knows_the_key_and_does_not_hold_it() {
        let args = KeyArgs { name: "a \"b\"".to_owned(), project: "theirs".parse().unwrap(), scope: KeyScope::Read };
        let text = lines(&args, "hsk_1");
        let config: Config = toml::from_str(text.split_once("\n\n").unwrap().1).unwrap();
        let keys = crate::wiring::api_keys(&config).unwrap();
        assert_eq!(keys[0].name, "a \"b\"");
        assert_eq!(
            (keys[0].digest, &keys[0].project, keys[0].scope),
            (KeyDigest::of("hsk_1").unwrap(), &args.project, Scope::Read)
        );
        assert_eq!(text.matches("hsk_1").count(), 1);
    }
}
