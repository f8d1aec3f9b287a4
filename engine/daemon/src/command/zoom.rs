//! `hansard zoom`: asks Zoom over REST to start, stop, pause or resume the stream of a meeting. What then happens is
//! announced to the daemon by webhook.

use ingest::Rest;
use zoom::{Product, rest::Action};

use crate::{
    cli::{ZoomAction, ZoomArgs, ZoomProduct},
    config::{App, Config},
    failure::Failure,
    logging, runtime, wiring,
};

pub(super) fn zoom(config: &Config, args: &ZoomArgs) -> Result<(), Failure> {
    logging::start("warn")?;
    let app = wiring::capture_app(chosen(config, args.app.as_deref())?)?;
    let rest = Rest::new(wiring::dialer(config, None)?, wiring::rest_settings(config)?);
    let (product, action) = (product(args.product), action(args.action));
    runtime::build()?.block_on(rest.ask(&app, product, &args.meeting, action, args.user.as_deref()))?;
    println!("Zoom agreed to {} the stream; a webhook tells the daemon when it happens", action.name());
    Ok(())
}

/// The app of that name, or the only one.
fn chosen<'a>(config: &'a Config, name: Option<&str>) -> Result<&'a App, Failure> {
    let apps = &config.zoom.apps;
    match (name, apps.as_slice()) {
        (Some(name), _) => apps
            .iter()
            .find(|app| app.name == name)
            .ok_or_else(|| format!("--app {name}: no app of that name in [[zoom.apps]]").into()),
        (None, [app]) => Ok(app),
        (None, []) => Err("no app is configured; add [[zoom.apps]]".into()),
        (None, _) => Err("several apps are configured; name one with --app".into()),
    }
}

const fn product(product: ZoomProduct) -> Product {
    match product {
        ZoomProduct::Meeting => Product::Meeting,
        ZoomProduct::Webinar => Product::Webinar,
        ZoomProduct::VideoSdk => Product::VideoSdk,
        ZoomProduct::ContactCenter => Product::ContactCenter,
        ZoomProduct::Phone => Product::Phone,
    }
}

const fn action(action: ZoomAction) -> Action {
    match action {
        ZoomAction::Start => Action::Start,
        ZoomAction::Stop => Action::Stop,
        ZoomAction::Pause => Action::Pause,
        ZoomAction::Resume => Action::Resume,
    }
}
