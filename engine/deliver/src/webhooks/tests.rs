//! Deliveries in virtual time to receivers of this machine, well and ill.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use catalog::{Outcome, Registered};
use dial::{Answer, Network, Outward, Receivers};
use media::SourceTime;
use model::{
    CaptureId, DeliveryState, NewCapture, Project, RecordingConfig, RecordingId, Secret, StreamRef, WebhookDelivery,
    WebhookDisabled, WebhookWish,
};
use schema::signature::{self, SigningKey};
use tempfile::TempDir;
use tokio::net::TcpStream;

mod failing;
mod slow;

use super::*;
use crate::{
    clock::Clock,
    receiver::{Manner, Receiver},
};

const NOW: i64 = 1_767_225_600_000;
const KEY: [u8; signature::NEW_KEY_BYTES] = [7; signature::NEW_KEY_BYTES];
const PATIENCE: Duration = Duration::from_millis(300);
/// Nobody is slow here unless a test says so.
const SLOW: Duration = Duration::from_secs(3_600);

/// A catalogue, what delivers from it, and a clock that only the test moves.
struct Stage {
    _dir: TempDir,
    catalog: Catalog,
    webhooks: Webhooks,
    now_unix_ms: Arc<AtomicI64>,
    endpoints: u8,
}

impl Stage {
    async fn new() -> Self {
        let private = vec!["127.0.0.0/8".parse().expect("a network")];
        Self::over(Outward::new(Receivers { private, require_tls: false }, None).expect("a way out")).await
    }

    async fn over(outward: Outward) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
        let now_unix_ms = Arc::new(AtomicI64::new(NOW));
        let read = Arc::clone(&now_unix_ms);
        let clock = Clock::from_fn(move || read.load(Ordering::Relaxed));
        let courier = Courier { catalog: catalog.clone(), outward, clock, patience: PATIENCE, slow: SLOW };
        Self { _dir: dir, catalog, webhooks: Webhooks::new(courier), now_unix_ms, endpoints: 0 }
    }

    async fn endpoint(&mut self, url: &str) -> WebhookEndpointId {
        self.endpoint_that(url, |_| {}).await
    }

    async fn endpoint_that(&mut self, url: &str, wants: impl FnOnce(&mut WebhookWish)) -> WebhookEndpointId {
        self.endpoints += 1;
        let id = WebhookEndpointId::new(1, [self.endpoints; 10]);
        let mut wish = WebhookWish {
            url: url.to_owned(),
            events: Vec::new(),
            description: String::new(),
            metadata: BTreeMap::new(),
            ordered: true,
            svix_headers: false,
            bot_events: false,
        };
        wants(&mut wish);
        let secret = SigningKey::new(KEY).text();
        let became = self.catalog.register_webhook(id, &Project::default(), wish, secret, NOW).await;
        assert_eq!(became.expect("registered"), Registered::New);
        id
    }

    /// Capture number `n` begins, which is told.
    async fn begin(&self, n: u8) -> CaptureId {
        let id = CaptureId::new(u64::from(n), [n; 10]);
        let new = NewCapture {
            id,
            recording_id: RecordingId::new(u64::from(n), [n; 10]),
            stream: StreamRef { app: "default".to_owned(), meeting_uuid: format!("m{n}"), stream_id: format!("s{n}") },
            server_urls: "wss://one.zoom.us".to_owned(),
            signature: None,
            notice: "{}".to_owned(),
            notice_unix_ms: NOW,
            operator: None,
            project: Project::default(),
            config: RecordingConfig { video_mixed: false, ..RecordingConfig::default() },
            metadata: BTreeMap::from([("tenant".to_owned(), Some("t1".to_owned()))]),
            now_unix_ms: NOW,
        };
        self.catalog.start_capture(new).await.expect("admitted");
        id
    }

    /// Capture number `n` begins, records and ends.
    async fn record(&self, n: u8) -> CaptureId {
        let id = self.begin(n).await;
        self.catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
        let outcome = Outcome::Ended { code: "over".to_owned(), message: None };
        self.catalog.capture_ended(id, None, outcome, NOW).await.expect("ended");
        id
    }

    fn pass(&self, ms: i64) {
        self.now_unix_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Brings everything that is due now, and what becomes due by that.
    async fn settle(&mut self) {
        while self.webhooks.expand().await.expect("expanded") {}
        loop {
            self.webhooks.launch(None).await.expect("launched");
            if self.webhooks.running.is_empty() {
                return;
            }
            self.webhooks.returned().await;
        }
    }

    async fn log(&self, endpoint: WebhookEndpointId) -> Vec<WebhookDelivery> {
        let mut log = self.catalog.deliveries(endpoint, None, None, 1_000).await.expect("read").deliveries;
        log.reverse();
        log
    }

    async fn disabled(&self, endpoint: WebhookEndpointId) -> Option<WebhookDisabled> {
        self.catalog.webhook(&Project::default(), endpoint).await.expect("read").expect("it is there").disabled
    }
}

#[tokio::test]
async fn what_happens_is_told_in_order_and_signed() {
    let mut stage = Stage::new().await;
    let receiver = Receiver::start(&[Manner::Answers(200, "")]).await;
    stage.endpoint_that(&receiver.url(), |wish| (wish.svix_headers, wish.bot_events) = (true, true)).await;
    stage.record(1).await;
    stage.settle().await;
    assert_eq!(
        receiver.events(),
        [
            "meeting_direct_connect.joining_call",
            "bot.joining_call",
            "recording.processing",
            "participant_events.processing",
            "meeting_metadata.processing",
            "meeting_direct_connect.call_ended",
            "bot.call_ended",
        ]
    );
    for asked in receiver.heard() {
        let signed = signature::headers(&[SigningKey::new(KEY)], asked.id(), NOW / 1_000, asked.body.as_bytes(), true);
        for (name, value) in signed {
            assert_eq!(asked.headers.get(name), Some(&value), "{name}");
        }
        assert_eq!((asked.path.as_str(), asked.headers["content-type"].as_str()), ("/hook", "application/json"));
    }
}

#[tokio::test]
async fn point_8_a_receiver_that_answers_500_hears_the_same_bytes_under_the_same_id_by_the_published_schedule() {
    let mut stage = Stage::new().await;
    let receiver = Receiver::start(&[Manner::Answers(500, "")]).await;
    let endpoint = stage.endpoint(&receiver.url()).await;
    stage.begin(1).await;
    stage.settle().await;
    for (attempt, pause_s) in [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].into_iter().enumerate() {
        assert_eq!(receiver.heard().len(), attempt + 1);
        stage.pass(pause_s * 1_000 - 1);
        stage.settle().await;
        assert_eq!(receiver.heard().len(), attempt + 1, "not before its time");
        stage.pass(1);
        stage.settle().await;
    }
    stage.pass(30 * 24 * 3_600_000);
    stage.settle().await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), 8);
    assert!(heard.iter().all(|asked| asked.id() == heard[0].id() && asked.body == heard[0].body));
    let times: Vec<&String> = heard.iter().map(|asked| &asked.headers["webhook-timestamp"]).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "each attempt says when it is made: {times:?}");
    let log = stage.log(endpoint).await;
    assert_eq!((log[0].state, log[0].attempts.len()), (DeliveryState::Dead, 8));
    assert_eq!(log[0].code.as_deref(), Some("receiver_refuses"));
    assert_eq!(stage.disabled(endpoint).await, None, "27 h are not five days");
}

#[tokio::test]
async fn a_poisonous_message_holds_up_its_own_recording_until_it_is_dead_and_no_other() {
    let mut stage = Stage::new().await;
    let receiver = Receiver::start(&[Manner::Rejects("recording.processing")]).await;
    let ordered = stage.endpoint(&receiver.url()).await;
    stage.record(1).await;
    stage.begin(2).await;
    stage.settle().await;
    let events = receiver.events();
    assert_eq!(events.iter().filter(|event| *event == "meeting_direct_connect.joining_call").count(), 2);
    assert!(!events.contains(&"meeting_direct_connect.call_ended".to_owned()), "{events:?}");
    for pause_s in [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000] {
        stage.pass(pause_s * 1_000);
        stage.settle().await;
    }
    let events = receiver.events();
    assert_eq!(events.iter().filter(|event| *event == "recording.processing").count(), 8);
    assert_eq!(events.last().map(String::as_str), Some("meeting_direct_connect.call_ended"), "it flows again");
    let dead: Vec<String> =
        stage.log(ordered).await.into_iter().filter(|of| of.state == DeliveryState::Dead).map(|of| of.event).collect();
    assert_eq!(dead, ["recording.processing"]);

    // A receiver that wants no order does not wait.
    let free = Receiver::start(&[Manner::Rejects("recording.processing")]).await;
    stage.endpoint_that(&free.url(), |wish| wish.ordered = false).await;
    stage.record(3).await;
    stage.settle().await;
    assert!(free.events().contains(&"meeting_direct_connect.call_ended".to_owned()));
}

#[tokio::test]
async fn receivers_that_hang_or_are_not_there_delay_no_other() {
    let mut stage = Stage::new().await;
    let (silent, rude) = (Receiver::start(&[Manner::IsSilent]).await, Receiver::start(&[Manner::HangsUp]).await);
    let well = Receiver::start(&[Manner::Answers(204, "")]).await;
    let slow = stage.endpoint_that(&silent.url(), |wish| wish.ordered = false).await;
    let broken = stage.endpoint(&rude.url()).await;
    let absent = stage.endpoint("http://127.0.0.1:9/").await;
    stage.endpoint(&well.url()).await;
    for n in 1..=3 {
        stage.record(n).await;
    }
    while stage.webhooks.expand().await.expect("expanded") {}
    let all_are_there = async {
        while well.events().len() < 15 {
            stage.webhooks.launch(None).await.expect("launched");
            stage.webhooks.returned().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all_are_there).await.expect("what the well one is to hear came");
    assert!(silent.heard().len() <= OF_A_RECEIVER, "{}", silent.heard().len());
    stage.settle().await;
    for (endpoint, code) in [(slow, "connect_timeout"), (broken, "http_failed"), (absent, "connect_failed")] {
        let log = stage.log(endpoint).await;
        assert_eq!(log[0].code.as_deref(), Some(code));
        assert_eq!(log[0].attempts[0].status, None);
    }
}

#[tokio::test]
async fn a_receiver_that_fails_has_one_place_until_it_works_again() {
    let places = |is_failing, running, all, failing| Taken { all, failing }.places(is_failing, running);
    assert_eq!([places(false, 0, 0, 0), places(false, 3, 10, 0), places(false, 4, 10, 0)], [4, 1, 0]);
    assert_eq!([places(true, 0, 0, 0), places(true, 1, 1, 1)], [1, 0]);
    assert_eq!([places(false, 0, OF_ALL_QUICK - 1, 0), places(false, 0, OF_ALL_QUICK, 0)], [1, 0]);
    assert_eq!(places(true, 0, OF_ALL_FAILING, OF_ALL_FAILING), 0);
    assert_eq!(places(false, 0, OF_ALL_FAILING, OF_ALL_FAILING), 4, "none of them is a place of those that work");
    assert_eq!(places(true, 0, OF_ALL_QUICK, 0), 1, "nor the other way round");
    assert_eq!(places(false, 0, AT_ONCE, AT_ONCE), 0, "there is an end to it");

    let mut stage = Stage::new().await;
    let receiver = Receiver::start(&[Manner::Answers(503, "Retry-After: 3600\r\n"), Manner::Answers(200, "")]).await;
    let endpoint = stage.endpoint(&receiver.url()).await;
    stage.begin(1).await;
    stage.settle().await;
    stage.pass(3_599_999);
    stage.settle().await;
    assert_eq!(receiver.heard().len(), 1, "it asked for an hour");
    stage.pass(1);
    stage.settle().await;
    assert_eq!((receiver.heard().len(), stage.log(endpoint).await[0].state), (2, DeliveryState::Delivered));
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_disabled_and_hears_what_it_missed_once_it_is_enabled_and_asks() {
    let mut stage = Stage::new().await;
    let receiver = Receiver::start(&[Manner::Answers(410, "")]).await;
    let endpoint = stage.endpoint(&receiver.url()).await;
    stage.record(1).await;
    stage.settle().await;
    assert_eq!((receiver.heard().len(), stage.disabled(endpoint).await), (1, Some(WebhookDisabled::Gone)));
    stage.begin(2).await;
    stage.settle().await;
    assert!(stage.log(endpoint).await.iter().all(|of| of.state == DeliveryState::Dead));

    receiver.behave(&[Manner::Answers(200, "")]);
    stage.catalog.set_webhook_disabled(endpoint, false, NOW).await.expect("enabled");
    stage.settle().await;
    assert_eq!(receiver.heard().len(), 1, "nobody asked for it");
    stage.catalog.replay_deliveries(endpoint, NOW, true, NOW).await.expect("replayed");
    stage.settle().await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), 7);
    let again = |asked: &&crate::receiver::Asked| (asked.id(), &asked.body) == (heard[0].id(), &heard[0].body);
    assert_eq!(heard.iter().filter(again).count(), 2, "what it answered 410 to, and that once more");
    assert!(stage.log(endpoint).await.iter().all(|of| of.state == DeliveryState::Delivered));
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let mut stage = Stage::new().await;
    let (elsewhere, receiver) =
        (Receiver::start(&[Manner::Answers(200, "")]).await, Receiver::start(&[Manner::Answers(200, "")]).await);
    let line: &'static str = format!("Location: {}\r\n", elsewhere.url()).leak();
    receiver.behave(&[Manner::Answers(307, line), Manner::Answers(200, "")]);
    let endpoint = stage.endpoint(&receiver.url()).await;
    stage.begin(1).await;
    stage.settle().await;
    assert_eq!(stage.log(endpoint).await[0].code.as_deref(), Some("receiver_redirects"));
    stage.pass(5_000);
    stage.settle().await;
    assert_eq!((receiver.heard().len(), elsewhere.heard().len()), (2, 0));
}

/// A network in which a name leads elsewhere each time, and every connection to one server.
struct Rebinding {
    answers: std::sync::Mutex<Vec<&'static str>>,
    server: std::net::SocketAddr,
}

impl Network for Rebinding {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> Answer<'a, Vec<std::net::SocketAddr>> {
        let address = self.answers.lock().expect("a lock").pop().expect("an answer");
        Box::pin(async move { Ok(vec![std::net::SocketAddr::new(address.parse().expect("an address"), port)]) })
    }

    fn connect(&self, _: std::net::SocketAddr) -> Answer<'_, TcpStream> {
        Box::pin(TcpStream::connect(self.server))
    }
}

#[tokio::test]
async fn a_receiver_whose_name_leads_inside_is_not_connected_to() {
    let receiver = Receiver::start(&[Manner::Answers(200, "")]).await;
    let answers = std::sync::Mutex::new(vec!["1.1.1.1", "10.0.0.1", "169.254.169.254"]);
    let network = Arc::new(Rebinding { answers, server: receiver.address });
    let outward = Outward::new(Receivers::default(), None).expect("a way out").with_network(network);
    let mut stage = Stage::over(outward).await;
    let endpoint = stage.endpoint("http://hooks.example/").await;
    stage.begin(1).await;
    for (pause_ms, code) in [(0, Some("address_never_dialled")), (5_000, Some("address_is_private")), (300_000, None)] {
        assert!(receiver.heard().is_empty());
        stage.pass(pause_ms);
        stage.settle().await;
        assert_eq!(stage.log(endpoint).await[0].code.as_deref(), code);
    }
    assert_eq!(receiver.heard().len(), 1, "the control: where it leads outside");
}

#[tokio::test]
async fn nobody_hears_of_another_projects_captures_nor_of_what_he_does_not_want() {
    let mut stage = Stage::new().await;
    let (own, foreign) =
        (Receiver::start(&[Manner::Answers(200, "")]).await, Receiver::start(&[Manner::Answers(200, "")]).await);
    stage.endpoint_that(&own.url(), |wish| wish.events = vec!["recording.*".to_owned()]).await;
    let wish = WebhookWish {
        url: foreign.url(),
        events: Vec::new(),
        description: String::new(),
        metadata: BTreeMap::new(),
        ordered: true,
        svix_headers: false,
        bot_events: true,
    };
    let id = WebhookEndpointId::new(2, [99; 10]);
    let secret = SigningKey::new(KEY).text();
    stage.catalog.register_webhook(id, &"other".parse().expect("a name"), wish, secret, NOW).await.expect("registered");
    stage.record(1).await;
    stage.settle().await;
    assert_eq!((own.events(), foreign.events()), (vec!["recording.processing".to_owned()], Vec::new()));
}

#[tokio::test]
async fn a_message_whose_outcome_died_with_its_process_is_sent_again_under_the_same_id() {
    let mut stage = Stage::new().await;
    let receiver = Receiver::start(&[Manner::Answers(200, "")]).await;
    stage.endpoint(&receiver.url()).await;
    stage.begin(1).await;
    stage.webhooks.expand().await.expect("expanded");
    stage.webhooks.launch(None).await.expect("launched");
    while receiver.heard().is_empty() {
        tokio::task::yield_now().await;
    }
    // As if the process had ended right here.
    let courier = stage.webhooks.courier.clone();
    let mut ended = std::mem::replace(&mut stage.webhooks, Webhooks::new(courier));
    ended.running.abort_all();
    while !ended.running.is_empty() {
        ended.returned().await;
    }
    stage.settle().await;
    let heard = receiver.heard();
    assert!(heard.len() <= 2, "{heard:?}");
    assert!(heard.iter().all(|asked| asked.id() == heard[0].id() && asked.body == heard[0].body));
    stage.settle().await;
    assert_eq!(receiver.heard().len(), heard.len(), "and never a third time");
}

#[tokio::test]
async fn a_secret_that_was_replaced_signs_beside_the_new_one() {
    let mut stage = Stage::new().await;
    let receiver = Receiver::start(&[Manner::Answers(200, "")]).await;
    let endpoint = stage.endpoint(&receiver.url()).await;
    let fresh = SigningKey::new([9; signature::NEW_KEY_BYTES]);
    stage.catalog.rotate_webhook_secret(endpoint, fresh.text(), NOW).await.expect("rotated");
    stage.begin(1).await;
    stage.settle().await;
    let asked = receiver.heard().remove(0);
    let both = [fresh, SigningKey::new(KEY)];
    let signed = signature::headers(&both, asked.id(), NOW / 1_000, asked.body.as_bytes(), false);
    assert_eq!(asked.headers["webhook-signature"], signed[2].1);
    assert!(!asked.headers.contains_key("svix-id"), "the switch is off");

    stage.catalog.rotate_webhook_secret(endpoint, Secret::new("no secret".to_owned()), NOW).await.expect("rotated");
    stage.pass(25 * 3_600_000);
    stage.begin(2).await;
    stage.settle().await;
    assert_eq!(receiver.heard().len(), 1, "what nothing signs is not sent");
    assert_eq!(stage.log(endpoint).await[1].code.as_deref(), Some("secret_unreadable"));
}

/// F4: whatever a receiver misses while it is down, it hears in the end, in order, or it is a dead letter that can be replayed.
#[tokio::test]
async fn a_receiver_that_was_down_for_a_while_misses_nothing_for_ever() {
    const MINUTE_MS: i64 = 60_000;
    for (down_minutes, is_late) in [(1, false), (3 * 60, false), (3 * 24 * 60, true)] {
        let mut stage = Stage::new().await;
        let receiver = Receiver::start(&[Manner::HangsUp]).await;
        let endpoint = stage.endpoint(&receiver.url()).await;
        for n in 1..=3 {
            stage.record(n).await;
        }
        let mut passed_minutes = 0;
        while passed_minutes < down_minutes {
            stage.settle().await;
            stage.pass(MINUTE_MS * (down_minutes / 60).clamp(1, 60));
            passed_minutes += (down_minutes / 60).clamp(1, 60);
        }
        let dead = stage.log(endpoint).await.into_iter().filter(|of| of.state == DeliveryState::Dead).count();
        assert_eq!(dead > 0, is_late, "{down_minutes} min: {dead} dead letters");
        let missed = receiver.heard().len();
        receiver.behave(&[Manner::Answers(200, "")]);
        if is_late {
            stage
                .catalog
                .replay_deliveries(endpoint, NOW, true, stage.webhooks.courier.clock.unix_ms())
                .await
                .expect("replayed");
        }
        // At the latest the longest pause later everything is there.
        for _ in 0..11 {
            stage.settle().await;
            stage.pass(60 * MINUTE_MS);
        }
        let log = stage.log(endpoint).await;
        assert!(log.iter().all(|of| of.state == DeliveryState::Delivered), "{down_minutes} min");
        let heard = &receiver.heard()[missed..];
        let place = |of: &WebhookDelivery| heard.iter().position(|asked| asked.id() == of.id.to_string());
        for n in 1..=3 {
            let id = CaptureId::new(n, [u8::try_from(n).expect("few"); 10]).to_string();
            let of_one: Vec<_> = log.iter().filter(|of| of.body.contains(&id)).map(place).collect();
            assert_eq!(of_one.len(), 5);
            assert!(of_one.is_sorted() && of_one.iter().all(Option::is_some), "{down_minutes} min: {of_one:?}");
        }
    }
}
