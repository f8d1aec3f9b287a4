use model::{ArtifactId, RecordingId};
use tokio::io::AsyncReadExt;

use super::*;

fn key(name: &str) -> ObjectKey {
    ObjectKey::new(RecordingId::new(1, [1; 10]), ArtifactId::new(2, [2; 10]), name).expect("a good name")
}

fn fresh() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(dir.path()).expect("a store");
    (dir, store)
}

async fn read(store: &Store, key: &ObjectKey) -> Vec<u8> {
    let (mut file, len, _) = store.open_read(key).await.expect("the object opens");
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).await.expect("the object is read");
    assert_eq!(bytes.len() as u64, len);
    bytes
}

fn names(dir: &Path) -> usize {
    fs::read_dir(dir).expect("the directory").count()
}

#[tokio::test]
async fn a_published_file_is_there_whole_with_its_checksum() {
    let (dir, store) = fresh();
    let staged = store.staging();
    fs::write(&staged, b"abc").expect("written");
    let file = store.publish(&staged, &key("a.mp4"), "video/mp4").await.expect("published");
    assert_eq!((file.name.as_str(), file.media_type.as_str(), file.bytes), ("a.mp4", "video/mp4", 3));
    // FIPS 180-2, appendix B.1.
    assert_eq!(file.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(read(&store, &key("a.mp4")).await, b"abc");
    assert_eq!(names(&dir.path().join("incoming")), 0);
}

#[tokio::test]
async fn a_checksum_covers_files_longer_than_one_read() {
    let (_dir, store) = fresh();
    let bytes = vec![0x61; 1_000_000];
    let staged = store.staging();
    fs::write(&staged, &bytes).expect("written");
    let file = store.publish(&staged, &key("a"), "text/plain").await.expect("published");
    // FIPS 180-2, appendix B.3.
    assert_eq!(file.sha256, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_eq!(file.bytes, 1_000_000);
}

#[tokio::test]
async fn an_object_is_replaced_at_once_and_its_readers_keep_the_old_one() {
    let (_dir, store) = fresh();
    store.put(&key("a.json"), &b"old"[..], "application/json").await.expect("put");
    let (mut reader, _, _) = store.open_read(&key("a.json")).await.expect("the object opens");
    store.put(&key("a.json"), &b"newer"[..], "application/json").await.expect("put");
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.expect("the old object is read");
    assert_eq!(bytes, b"old");
    assert_eq!(read(&store, &key("a.json")).await, b"newer");
}

#[tokio::test]
async fn objects_outlive_the_process() {
    let (dir, store) = fresh();
    store.put(&key("a.json"), &b"{}"[..], "application/json").await.expect("put");
    drop(store);
    assert_eq!(read(&Store::open(dir.path()).expect("a store"), &key("a.json")).await, b"{}");
}

#[tokio::test]
async fn only_staged_files_are_published() {
    let (dir, store) = fresh();
    let outside = dir.path().join("outside");
    fs::write(&outside, b"x").expect("written");
    let inside_out = dir.path().join("incoming/../outside");
    let deep = dir.path().join("incoming/a/b/c");
    for path in [&outside, &inside_out, &dir.path().join("incoming/.."), &dir.path().join("incoming/a/.."), &deep] {
        let refused = store.publish(path, &key("a"), "text/plain").await;
        assert!(matches!(refused, Err(StoreError::NotStaged { .. })), "{}", path.display());
    }
    assert!(outside.exists());
}

#[tokio::test]
async fn links_of_the_file_system_are_not_followed() {
    let (dir, store) = fresh();
    let outside = dir.path().join("outside");
    fs::write(&outside, b"secret").expect("written");
    let staged = store.staging();
    std::os::unix::fs::symlink(&outside, &staged).expect("a link");
    assert!(matches!(store.publish(&staged, &key("a"), "text/plain").await, Err(StoreError::File { .. })));
    store.put(&key("b"), &b"x"[..], "text/plain").await.expect("put");
    let object = store.path(&key("b"));
    fs::remove_file(&object).expect("removed");
    std::os::unix::fs::symlink(&outside, &object).expect("a link");
    assert!(matches!(store.open_read(&key("b")).await, Err(StoreError::File { .. })));
}

#[tokio::test]
async fn a_deleted_object_is_gone_with_its_empty_directories() {
    let (dir, store) = fresh();
    store.put(&key("a"), &b"x"[..], "text/plain").await.expect("put");
    store.put(&key("b"), &b"y"[..], "text/plain").await.expect("put");
    assert!(store.delete(&key("a")).await.expect("deleted"));
    assert!(matches!(store.open_read(&key("a")).await, Err(StoreError::Missing { .. })));
    assert_eq!(read(&store, &key("b")).await, b"y");
    assert!(store.delete(&key("b")).await.expect("deleted"));
    assert!(!store.delete(&key("b")).await.expect("nothing to delete"));
    assert_eq!(names(&dir.path().join("objects")), 0);
}

#[tokio::test]
async fn staged_paths_are_never_handed_out_twice() {
    let (dir, store) = fresh();
    let other = Store::open(dir.path()).expect("the store again");
    let paths: std::collections::HashSet<PathBuf> = (0..100).flat_map(|_| [store.staging(), other.staging()]).collect();
    assert_eq!(paths.len(), 200);
}

#[tokio::test]
async fn what_a_dead_process_staged_is_swept_after_a_day() {
    let (dir, store) = fresh();
    let staged = store.staging();
    fs::write(&staged, b"half").expect("written");
    drop(Store::open(dir.path()).expect("the store again"));
    assert!(staged.exists());
    let long_ago = SystemTime::now() - ABANDONED - Duration::from_secs(60);
    File::options().write(true).open(&staged).and_then(|file| file.set_modified(long_ago)).expect("aged");
    drop(Store::open(dir.path()).expect("the store again"));
    assert!(!staged.exists());
}

#[tokio::test]
async fn a_failed_publication_leaves_the_staged_file() {
    let (dir, store) = fresh();
    let staged = store.staging();
    fs::write(&staged, b"abc").expect("written");
    fs::remove_dir(dir.path().join("objects")).expect("removed");
    fs::write(dir.path().join("objects"), b"in the way").expect("written");
    assert!(store.publish(&staged, &key("a"), "text/plain").await.is_err());
    assert_eq!(fs::read(&staged).expect("the staged file"), b"abc");
}

#[tokio::test]
async fn with_a_recording_goes_what_was_staged_for_it_by_whoever_died_and_nothing_else() {
    let (dir, store) = fresh();
    store.put(&key("a"), &b"abc"[..], "text/plain").await.expect("put");
    let (recording, other) = (key("a").recording(), RecordingId::new(9, [9; 10]));
    fs::write(store.staging_of(recording), b"half").expect("written");
    let next = Store::open(dir.path()).expect("the store again");
    fs::write(next.staging_of(recording), b"a half").expect("written");
    let kept = next.staging_of(other);
    fs::write(&kept, b"kept").expect("written");
    assert_eq!(next.delete_recording(recording).await.expect("deleted"), (3, 13));
    assert_eq!(next.delete_recording(recording).await.expect("again"), (0, 0));
    assert!(kept.exists());
    assert_eq!((names(&dir.path().join("objects")), names(&dir.path().join("incoming"))), (0, 1));
}

#[tokio::test]
async fn what_an_artifact_has_more_than_its_files_goes() {
    let (_dir, store) = fresh();
    for name in ["part-0001.mp3", "part-0002.mp3", "parts.json"] {
        store.put(&key(name), b"x".to_vec(), "audio/mpeg").await.expect("an object");
    }
    let (recording, artifact) = (key("a").recording(), key("a").artifact());
    let kept = vec!["part-0001.mp3".to_owned(), "parts.json".to_owned()];
    assert_eq!(store.keep_only(recording, artifact, kept.clone()).await.expect("kept"), 1);
    assert!(store.open_read(&key("part-0002.mp3")).await.is_err());
    assert_eq!(read(&store, &key("part-0001.mp3")).await, b"x");
    assert_eq!(store.keep_only(recording, artifact, kept).await.expect("kept"), 0);
    let nothing = ArtifactId::new(9, [9; 10]);
    assert_eq!(store.keep_only(recording, nothing, Vec::new()).await.expect("there is none"), 0);
}

#[tokio::test]
async fn a_directory_of_staged_files_is_published_from_and_goes_with_who_made_it_with_its_recording_or_at_the_next_start()
 {
    let (dir, store) = fresh();
    let incoming = dir.path().join("incoming");
    let staging = async || store.staging_dir_of(key("a").recording()).await.expect("a directory");
    let own = staging().await;
    fs::write(own.path().join("1"), b"whole").expect("written");
    fs::write(own.path().join("2"), b"half").expect("written");
    let made = store.publish(&own.path().join("1"), &key("a"), "text/plain").await.expect("published");
    assert_eq!((made.bytes, read(&store, &key("a")).await), (5, b"whole".to_vec()));
    drop(own);
    assert_eq!(names(&incoming), 0);

    // Whoever died removed nothing.
    for _ in 0..2 {
        let left = std::mem::ManuallyDrop::new(staging().await);
        fs::write(left.path().join("1"), b"half").expect("written");
    }
    let (files, bytes) = store.delete_recording(key("a").recording()).await.expect("deleted");
    assert_eq!((files, bytes, names(&incoming)), (3, 5 + 4 + 4, 0));
    let left = std::mem::ManuallyDrop::new(staging().await);
    fs::write(left.path().join("1"), b"half").expect("written");
    fs::write(store.staging(), b"half").expect("written");
    sweep(&incoming, SystemTime::now()).expect("swept");
    assert_eq!(names(&incoming), 1, "the control: a file alone may still be in use");
}
