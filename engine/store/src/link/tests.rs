use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_767_225_600;

fn key(name: &str) -> ObjectKey {
    ObjectKey::new(RecordingId::new(1, [1; 10]), ArtifactId::new(2, [2; 10]), name).expect("a good name")
}

#[test]
fn a_link_opens_its_object_until_it_expires() {
    let signer = LinkSigner::new([7; 32]);
    let token = signer.sign(&key("video_mixed.mp4"), NOW);
    assert_eq!(signer.verify(&token, NOW - 1), Ok(key("video_mixed.mp4")));
    assert_eq!(signer.verify(&token, NOW), Err(LinkError::Expired));
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)));
}

#[test]
fn every_change_of_one_bit_is_noticed() {
    let signer = LinkSigner::new([7; 32]);
    let token = signer.sign(&key("transcript.json"), NOW);
    for bit in 0..token.len() * 8 {
        let mut bytes = token.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(changed) = String::from_utf8(bytes) {
            assert_eq!(signer.verify(&changed, NOW - 1), Err(LinkError::Forged), "bit {bit}: {changed}");
        }
    }
}

#[test]
fn a_cut_or_lengthened_link_is_forged() {
    let signer = LinkSigner::new([7; 32]);
    let token = signer.sign(&key("transcript.json"), NOW);
    for len in 0..token.len() {
        assert_eq!(signer.verify(&token[..len], NOW - 1), Err(LinkError::Forged), "{len} bytes");
    }
    for more in ["0", ".", " ", "\n", &"a".repeat(10_000)] {
        assert_eq!(signer.verify(&format!("{token}{more}"), NOW - 1), Err(LinkError::Forged));
    }
}

#[test]
fn a_link_of_another_key_is_forged_unless_that_key_is_still_accepted() {
    let token = LinkSigner::new([7; 32]).sign(&key("a.mp4"), NOW);
    assert_eq!(LinkSigner::new([8; 32]).verify(&token, NOW - 1), Err(LinkError::Forged));
    assert_eq!(LinkSigner::new([8; 32]).accepting([7; 32]).verify(&token, NOW - 1), Ok(key("a.mp4")));
}

#[test]
fn the_longest_name_still_fits_into_a_link() {
    let name = "a".repeat(100);
    let signer = LinkSigner::new([7; 32]);
    assert_eq!(signer.verify(&signer.sign(&key(&name), u64::MAX), NOW), Ok(key(&name)));
}

#[test]
fn links_outlive_the_process() {
    let dir = tempfile::tempdir().expect("a directory");
    let token = LinkSigner::open(dir.path()).expect("a new key").sign(&key("a.mp4"), NOW);
    assert_eq!(LinkSigner::open(dir.path()).expect("the same key").verify(&token, NOW - 1), Ok(key("a.mp4")));
    let mode = std::fs::metadata(dir.path().join("link.key")).expect("the key file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(dir.path()).expect("the directory").count(), 1);
}

#[test]
fn a_cut_key_file_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("link.key"), [1; 31]).expect("written");
    assert!(matches!(LinkSigner::open(dir.path()), Err(StoreError::BadKeyFile { found: 31, .. })));
}

proptest! {
    #[test]
    fn each_link_opens_exactly_what_it_was_made_for(
        secret: [u8; 32], recording: [u8; 10], artifact: [u8; 10], name in "[a-z0-9_-][a-z0-9_.-]{0,99}", expires in 1_u64..,
    ) {
        let key = ObjectKey::new(RecordingId::new(1, recording), ArtifactId::new(2, artifact), &name)?;
        let signer = LinkSigner::new(secret);
        prop_assert_eq!(signer.verify(&signer.sign(&key, expires), expires - 1), Ok(key));
    }

    #[test]
    fn a_text_that_was_not_signed_opens_nothing(token in ".{0,400}") {
        prop_assert_eq!(LinkSigner::new([7; 32]).verify(&token, 0), Err(LinkError::Forged));
    }
}

#[test]
fn a_link_to_a_live_stream_opens_that_stream_and_nothing_else() {
    let (signer, capture) = (LinkSigner::new([7; 32]), CaptureId::new(3, [3; 10]));
    let token = signer.sign_live(capture, NOW);
    assert_eq!(signer.verify_live(&token, NOW - 1), Ok(capture));
    assert_eq!(signer.verify_live(&token, NOW), Err(LinkError::Expired));
    assert_eq!(signer.verify(&token, NOW - 1), Err(LinkError::Forged), "it opens no file");
    assert_eq!(signer.verify_live(&signer.sign(&key("a.mp4"), NOW), NOW - 1), Err(LinkError::Forged));
    assert_eq!(LinkSigner::new([8; 32]).verify_live(&token, NOW - 1), Err(LinkError::Forged));
    for bit in 0..token.len() * 8 {
        let mut bytes = token.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(changed) = String::from_utf8(bytes) {
            assert_eq!(signer.verify_live(&changed, NOW - 1), Err(LinkError::Forged), "bit {bit}: {changed}");
        }
    }
}
