use std::path::PathBuf;

use super::*;

const WHOLE: &str = r#"
[server]
listen = "127.0.0.1:9090"
public_url = "https://hansard.example.org"

[data]
dir = "/var/lib/hansard"

[[zoom.apps]]
client_id = "id"
client_secret = "secret"
webhook_secret = "token"

[zoom]
allowed_hosts = ["*.zoom.us", "127.0.0.1"]

[api]
keys = [{ name = "default", key = "k" }]
"#;

fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hansard.toml");
    std::fs::write(&path, text).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    load(Some(&path), environment).map_err(|error| error.to_string().replace(&format!("{}/", dir.path().display()), ""))
}

#[test]
fn a_whole_file_is_read() {
    let config = read(WHOLE, &[]).unwrap();
    assert_eq!(config.server.listen.port(), 9090);
    assert_eq!(config.data.dir, PathBuf::from("/var/lib/hansard"));
    assert_eq!(config.zoom.apps[0].name, "default");
    assert_eq!(config.zoom.apps[0].client_secret.resolve().unwrap().expose(), "secret");
    assert_eq!(config.api.keys.len(), 1);
}

#[test]
fn receivers_are_read_with_what_is_usual_where_nothing_is_said() {
    let text = "[deliver]\nprivate = [\"10.0.0.0/8\"]\n[[webhooks]]\nname = \"crm\"\nurl = \"http://10.0.0.1/hook\"\n\
                secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\nevents = [\"recording.*\"]\n";
    let config = read(text, &[]).unwrap();
    let [webhook] = config.webhooks.as_slice() else { panic!("{:?}", config.webhooks) };
    assert_eq!((webhook.name.as_str(), webhook.project.name(), webhook.ordered), ("crm", "default", true));
    assert!(!format!("{webhook:?}").contains("whsec_"), "a secret is printed");
    let again = format!("{text}{}", &text[text.find("[[webhooks]]").unwrap()..]);
    assert!(read(&again, &[]).unwrap_err().contains("webhooks[1].name: each receiver needs a name of its own"));
}

#[test]
fn nothing_at_all_gives_the_defaults() {
    let config = load(None, []).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.zoom.allowed_hosts, ["*.zoom.us", "*.zoomgov.com"]);
}

#[test]
fn every_error_names_file_line_and_key() {
    for (text, expected) in [
        ("[server]\nlisten = 5\n", "hansard.toml:2: server.listen: "),
        ("[server]\nlisten = \"nowhere\"\n", "hansard.toml:2: server.listen: "),
        ("[log]\nlevel = \"loud\"\n", "hansard.toml:2: log.level: \"loud\" is no level; write "),
        ("[log]\nlevel = \"info,ingest=loud\"\n", "hansard.toml:2: log.level: "),
        ("[zoom]\nextra_ca_file = \"/gone.pem\"\n", "hansard.toml:2: zoom.extra_ca_file: /gone.pem: "),
        (
            "[server]\ntls = { cert_file = \"/gone.pem\", key_file = \"/gone.pem\" }\n",
            "hansard.toml:2: server.tls: cannot read /gone.pem: ",
        ),
        ("[deliver]\nprivate = [\"10.0.0.0/33\"]\n", "hansard.toml:2: deliver.private[0]: "),
        ("[deliver]\nextra_ca_file = \"/gone.pem\"\n", "hansard.toml:2: deliver.extra_ca_file: /gone.pem: "),
        (
            "[[webhooks]]\nname = \"a\"\nsecret = \"whsec_no\"\nurl = \"https://a.example\"\n",
            "hansard.toml:3: webhooks[0].secret: a secret is `whsec_`",
        ),
        (
            "[[webhooks]]\nname = \"a\"\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\nurl = \"http://10.0.0.1\"\n",
            "hansard.toml:4: webhooks[0].url: `http://10.0.0.1/` is not dialled: it leads to 10.0.0.1",
        ),
        (
            "[[webhooks]]\nname = \"a\"\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\nurl = \"https://a.example\"\n\
             events = [\"recording\"]\n",
            "hansard.toml:5: webhooks[0].events: \"recording\" is no event",
        ),
        ("[data]\nspace = { low_percent = 101 }\n", "hansard.toml:2: data.space.low_percent: it must be a number"),
        ("[server]\nport = 5\n", "hansard.toml:2: server.port: unknown field `port`"),
        ("[[zoom.apps]]\nclient_id = \"a\"\n", "hansard.toml:1: zoom.apps[0].client_secret: missing field"),
        ("\n[server]\nlisten = \n", "hansard.toml:3: not valid TOML: "),
        ("[server]\npublic_url = \"ftp://x\"\n", "hansard.toml:2: server.public_url: it must begin with"),
        ("[zoom]\nallowed_hosts = [\n\"ok.example\",\n\"https://no\"]\n", "hansard.toml:4: zoom.allowed_hosts[1]: "),
        (
            "[api]\nkeys = [{ name = \"a\", key = { env = \"HANSARD_TEST_UNSET\" } }]\n",
            "hansard.toml:2: api.keys[0].key: the environment variable HANSARD_TEST_UNSET is not set; set it",
        ),
    ] {
        let error = read(text, &[]).unwrap_err();
        assert!(error.starts_with(expected), "{text:?} gave {error:?}, not {expected:?}");
    }
}

#[test]
fn the_environment_overrides_every_key() {
    let config = read(
        WHOLE,
        &[
            ("HANSARD_SERVER__LISTEN", "127.0.0.1:1"),
            ("HANSARD_ZOOM__APPS__0__CLIENT_ID", "other"),
            ("HANSARD_ZOOM__APPS__1__CLIENT_ID", "second"),
            ("HANSARD_ZOOM__APPS__1__NAME", "second"),
            ("HANSARD_ZOOM__APPS__1__CLIENT_SECRET", "s"),
            ("HANSARD_ZOOM__APPS__1__WEBHOOK_SECRET", "w"),
            ("HANSARD_ZOOM__ALLOWED_HOSTS", "[\"a.example\"]"),
            ("HANSARD_API_KEY", "not a key of the configuration"),
        ],
    )
    .unwrap();
    assert_eq!(config.server.listen.port(), 1);
    assert_eq!(config.zoom.apps[0].client_id, "other");
    assert_eq!(config.zoom.apps[1].client_id, "second");
    assert_eq!(config.zoom.allowed_hosts, ["a.example"]);
}

#[test]
fn an_error_of_the_environment_names_the_variable_and_not_the_file() {
    for (variable, value) in [
        ("HANSARD_SERVER__LISTEN", "nowhere"),
        ("HANSARD_LOG__LEVEL", "loud"),
        ("HANSARD_ZOOM__APPS__0__CLIENT_ID", ""),
    ] {
        let error = read(WHOLE, &[(variable, value)]).unwrap_err();
        assert!(error.starts_with(&format!("environment: {variable}: ")), "{variable} gave {error:?}");
    }
}

#[test]
fn two_apps_of_one_name_are_refused() {
    let text = format!("{WHOLE}\n[[zoom.apps]]\nclient_id = \"b\"\nclient_secret = \"b\"\nwebhook_secret = \"b\"\n");
    assert!(read(&text, &[]).is_err());
    let apart = format!("{text}name = \"b\"\n");
    assert_eq!(read(&apart, &[]).unwrap().zoom.apps.len(), 2);
}

#[test]
fn a_secret_from_a_file_loses_its_newline() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    std::fs::write(&path, "s3cret\n").unwrap();
    let text = WHOLE.replace("client_secret = \"secret\"", &format!("client_secret = {{ file = {path:?} }}"));
    assert_eq!(read(&text, &[]).unwrap().zoom.apps[0].client_secret.resolve().unwrap().expose(), "s3cret");
}

#[test]
fn an_app_names_who_asks_zoom_over_rest_for_it_in_either_of_two_ways() {
    let app = "client_id = \"id\"\n";
    let with = |rest: &str| read(&WHOLE.replace(app, &format!("{app}restart = true\nrest = {rest}\n")), &[]);
    let config = with("{ client_id = \"s2s\", client_secret = \"hush\", account_id = \"acc\" }").unwrap();
    let Some(RestApp::ServerToServer(rest)) = &config.zoom.apps[0].rest else { panic!("a server-to-server app") };
    assert_eq!((rest.client_id.as_str(), rest.account_id.as_str()), ("s2s", "acc"));
    assert!(!format!("{config:?}").contains("hush"));
    let config = with("{ api_key = \"key\", api_secret = \"hush\" }").unwrap();
    assert!(matches!(config.zoom.apps[0].rest, Some(RestApp::VideoSdk(_))));
    for (rest, expected) in [
        ("{}", "zoom.apps[0].rest: expected { client_id, client_secret, account_id } or { api_key, api_secret }"),
        ("{ api_key = \"key\" }", "zoom.apps[0].rest: expected "),
        ("{ client_id = \"a\", client_secret = \"b\", account_id = \"c\", api_key = \"d\" }", "zoom.apps[0].rest: "),
        (
            "{ client_id = \"a\", client_secret = \"b\", account_id = \"\" }",
            "zoom.apps[0].rest.account_id: the value is empty",
        ),
        ("{ api_key = \"\", api_secret = \"b\" }", "zoom.apps[0].rest.api_key: the value is empty"),
        ("{ api_key = \"a\", api_secret = { env = \"HANSARD_TEST_UNSET\" } }", "zoom.apps[0].rest.api_secret: "),
    ] {
        let error = with(rest).unwrap_err();
        assert!(error.starts_with("hansard.toml:") && error.contains(expected), "{rest} gave {error:?}");
    }
    let alone = WHOLE.replace(app, &format!("{app}restart = true\n"));
    assert!(read(&alone, &[]).unwrap_err().contains("zoom.apps[0].restart: asking Zoom for a new stream needs `rest`"));
}

#[test]
fn an_app_stores_what_it_receives_unless_it_says_nothing() {
    let app = "webhook_secret = \"token\"\n";
    let with = |line: &str| read(&WHOLE.replace(app, &format!("{app}{line}\n")), &[]);
    let of = |line: &str| with(line).map(|config| config.zoom.apps[0].retention);
    assert_eq!(of(""), Ok(AppRetention::Forever));
    assert_eq!(of("retention = \"nothing\""), Ok(AppRetention::Nothing));
    assert!(of("retention = \"null\"").is_err());
}

#[test]
fn renders_are_made_as_is_written_within_what_an_encoder_can_do() {
    let of = |lines: &str| read(&format!("{WHOLE}\n[render]\n{lines}\n"), &[]).map(|config| config.render);
    assert_eq!(of("").unwrap(), Default::default());
    let asked = of("rolling = 0\nwidth = 1920\nheight = 1080\npreset = \"medium\"\nframes_per_second = 30").unwrap();
    assert_eq!((asked.rolling, asked.width, asked.height, asked.frames_per_second), (Some(0), 1920, 1080, 30));
    for (line, expected) in [
        ("width = 1281", "render.width: 1281 is odd"),
        ("width = 4000", "render.width: 4000 is not between 128 and 3840"),
        ("height = 0", "render.height: 0 is not between"),
        ("frames_per_second = 61", "render.frames_per_second: 61 is not between 1 and 60"),
        ("preset = \"placebo\"", "render.preset: "),
        ("rate_factor = 0", "render.rate_factor: "),
        ("video_kbps = -1", "render.video_kbps: -1 is not between"),
    ] {
        let error = of(line).unwrap_err();
        assert!(error.contains(expected), "{line} gave {error:?}");
    }
    let config = read(WHOLE, &[("HANSARD_RENDER__WIDTH", "640")]).unwrap();
    assert_eq!(config.render.width, 640);
}
