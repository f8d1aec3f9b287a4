//! With which secrets real-time endpoints are signed: those of the configuration, or else of the project of the capture, which `catalog`
//! keeps. How a signature is made is in `schema`.

use model::Secret;
use schema::signature::{SigningKey, headers};

/// How what is sent is signed.
#[derive(Clone, Debug, Default)]
pub struct Signing {
    /// Every secret of the configuration that signs, the current one first; none if those of projects do.
    pub keys: Vec<SigningKey>,
    /// Whether the headers come under their older names as well.
    pub both_families: bool,
}

impl Signing {
    /// Whether the secrets of projects sign.
    pub(crate) const fn is_by_project(&self) -> bool {
        self.keys.is_empty()
    }

    /// The headers of one attempt at a moment to send `body` as the message `id`; `secrets` are those of the project. None without any
    /// secret.
    pub(crate) fn headers(
        &self,
        secrets: &[Secret<String>],
        id: &str,
        at_unix_s: i64,
        body: &[u8],
    ) -> Vec<(&'static str, String)> {
        let of_project = || secrets.iter().filter_map(|secret| SigningKey::parse(secret.expose()).ok()).collect();
        let keys: Vec<SigningKey> = if self.is_by_project() { of_project() } else { self.keys.clone() };
        if keys.is_empty() { Vec::new() } else { headers(&keys, id, at_unix_s, body, self.both_families) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_signs_or_else_the_project_or_else_nobody() {
        let (configured, own) = (SigningKey::new([1; 32]), SigningKey::new([2; 32]));
        let of_project = [own.text()];
        let signed = |signing: &Signing, secrets: &[Secret<String>]| signing.headers(secrets, "id", 7, b"{}");
        assert_eq!(signed(&Signing::default(), &[]), []);
        assert_eq!(signed(&Signing::default(), &of_project), headers(&[own], "id", 7, b"{}", false));
        let signing = Signing { keys: vec![configured.clone()], both_families: true };
        assert_eq!(signed(&signing, &of_project), headers(&[configured], "id", 7, b"{}", true));
        assert_eq!(signed(&Signing::default(), &[Secret::new("no secret".to_owned())]), []);
    }
}
