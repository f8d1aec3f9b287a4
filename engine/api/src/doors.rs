//! Which secrets may have signed a webhook. How a signature is checked is in `zoom::webhook`.
//!
//! Every name has the same number of secrets, whether there is an app of that name or not: those that are lacking are made
//! up, so that neither the answer nor the time it takes tells which apps there are (fault-matrix D11).

use std::sync::{Arc, PoisonError, RwLock};

use model::Secret;
use sha2::{Digest, Sha256};

use crate::config::AppConfig;

/// The webhook secrets in use; clones share them, so that they can be changed while webhooks are taken.
#[derive(Clone, Debug)]
pub struct Doors {
    /// What secrets that are made up are made of.
    seed: [u8; 32],
    doors: Arc<RwLock<Arc<[Door]>>>,
}

/// One webhook secret and the app that it belongs to.
#[derive(Clone, Debug)]
struct Door {
    app: Arc<str>,
    /// 0 for the app's current secret, 1 for the one before.
    generation: usize,
    secret: Secret<String>,
}

/// The secrets that are tried for one webhook, each with what it proves.
pub(crate) struct Tried {
    /// In the order of `proofs`.
    pub(crate) secrets: Vec<Secret<String>>,
    /// `None` for secrets that are made up.
    proofs: Vec<Option<Proof>>,
    /// Whether an app was named.
    is_named: bool,
}

/// What a secret that fits proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// The name of the app.
    pub(crate) app: Arc<str>,
    /// 0 for the app's current secret, 1 for the one before.
    pub(crate) generation: usize,
}

impl Doors {
    /// The doors of these apps. A secret that is empty opens none.
    pub fn new(apps: &[AppConfig]) -> Self {
        let doors = apps.iter().flat_map(|app| doors(&app.name, &app.webhook_secrets));
        Self { seed: rand::random(), doors: Arc::new(RwLock::new(doors.collect())) }
    }

    /// Changes the webhook secrets of an app from the next webhook on; false if they are the same as before.
    pub fn rotate(&self, app: &str, secrets: &[Secret<String>]) -> bool {
        let mut current = self.doors.write().unwrap_or_else(PoisonError::into_inner);
        let (old, others): (Vec<Door>, Vec<Door>) = current.iter().cloned().partition(|door| *door.app == *app);
        let new: Vec<Door> = doors(app, secrets).collect();
        if old
            .iter()
            .map(|door| (door.generation, &door.secret))
            .eq(new.iter().map(|door| (door.generation, &door.secret)))
        {
            return false;
        }
        *current = others.into_iter().chain(new).collect();
        true
    }

    /// The secrets to try for a webhook: those of the app of that name, or all; never none.
    pub(crate) fn tried(&self, name: Option<&str>) -> Tried {
        let doors = Arc::clone(&self.doors.read().unwrap_or_else(PoisonError::into_inner));
        let chosen = doors.iter().filter(|door| name.is_none_or(|name| *door.app == *name));
        let (mut secrets, mut proofs): (Vec<_>, Vec<_>) = chosen
            .map(|door| (door.secret.clone(), Some(Proof { app: Arc::clone(&door.app), generation: door.generation })))
            .unzip();
        let of_one = |app: &str| doors.iter().filter(|door| *door.app == *app).count();
        let most = doors.iter().map(|door| of_one(&door.app)).max().unwrap_or_default().max(1);
        while secrets.len() < most {
            secrets.push(self.made_up(name.unwrap_or_default(), secrets.len()));
            proofs.push(None);
        }
        Tried { secrets, proofs, is_named: name.is_some() }
    }

    /// A secret that nobody has, always the same for the same name.
    fn made_up(&self, name: &str, place: usize) -> Secret<String> {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(place.to_le_bytes());
        hash.update(name.as_bytes());
        Secret::new(hex::encode(hash.finalize()))
    }
}

impl Tried {
    /// What the secret at that place proves; `None` if it is made up.
    pub(crate) fn proof(&self, place: usize) -> Option<&Proof> {
        self.proofs.get(place)?.as_ref()
    }

    /// The secret that answers a challenge which nobody signed: the current one, unless it may be that of several apps.
    pub(crate) fn only_current(&self) -> Option<&Secret<String>> {
        let mut apps = self.proofs.iter().flatten().map(|proof| &proof.app);
        let is_one = match apps.next() {
            Some(first) => apps.all(|app| app == first),
            None => self.is_named,
        };
        self.secrets.first().filter(|_| is_one)
    }
}

fn doors<'a>(app: &str, secrets: &'a [Secret<String>]) -> impl Iterator<Item = Door> + use<'a> {
    let app: Arc<str> = app.into();
    let usable = secrets.iter().enumerate().filter(|(_, secret)| !secret.expose().is_empty());
    usable.map(move |(generation, secret)| Door { app: Arc::clone(&app), generation, secret: secret.clone() })
}
