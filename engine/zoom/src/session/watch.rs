//! Whose camera is taken where only one can be (protocol §5.10). What is sent and told about it is in `viewing`.

use std::collections::BTreeMap;

/// How many cameras are kept; whoever turns one on beyond that is told but never chosen.
const LIMIT: usize = 10_000;
/// The answer that means: this one is yours already.
const ALREADY: i64 = 44;

/// Where the subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is no connection over which a camera could come.
    Off,
    /// Nobody's camera is subscribed.
    Free,
    /// One was asked for.
    Asking {
        id: i64,
        /// Whether for the second time.
        is_again: bool,
        /// Whose camera comes until it is answered.
        before: Option<i64>,
    },
    /// One is subscribed.
    Watching { id: i64 },
}

#[derive(Debug)]
struct Camera {
    /// Its place in the order in which cameras were turned on.
    place: u64,
    /// The signaling connection on which it was announced.
    generation: u32,
    /// Whether Zoom refused it since it was turned on.
    is_refused: bool,
}

/// The cameras that are on, and the choice among them.
#[derive(Debug)]
pub(super) struct Watch {
    cameras: BTreeMap<i64, Camera>,
    turned_on: u64,
    generation: u32,
    is_announced: bool,
    /// Whose camera somebody wants to have.
    wanted: Option<i64>,
    /// Whose camera came last.
    latest: Option<i64>,
    state: State,
}

impl Watch {
    pub(super) const fn new() -> Self {
        Self {
            cameras: BTreeMap::new(),
            turned_on: 0,
            generation: 0,
            is_announced: false,
            wanted: None,
            latest: None,
            state: State::Off,
        }
    }

    /// A camera is on; whether that is news.
    pub(super) fn turn_on(&mut self, id: i64) -> bool {
        self.is_announced = true;
        if let Some(camera) = self.cameras.get_mut(&id) {
            camera.generation = self.generation;
            return false;
        }
        if self.cameras.len() < LIMIT {
            self.turned_on += 1;
            let camera = Camera { place: self.turned_on, generation: self.generation, is_refused: false };
            self.cameras.insert(id, camera);
        }
        true
    }

    /// A camera is off, or its owner gone; whether that is news.
    pub(super) fn turn_off(&mut self, id: i64) -> bool {
        match &mut self.state {
            State::Watching { id: watched } if *watched == id => self.state = State::Free,
            // Its subscription ends with it, whether or not it is on again before the answer comes.
            State::Asking { before, .. } => *before = before.filter(|before| *before != id),
            State::Off | State::Free | State::Watching { .. } => {}
        }
        self.cameras.remove(&id).is_some()
    }

    /// A new signaling connection will announce every camera again.
    pub(super) fn expect_all(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.is_announced = false;
    }

    /// Removes and answers the cameras that were not announced since [`Watch::expect_all`]; none, if none was: then those that
    /// were on before count as on.
    pub(super) fn settle(&mut self) -> Vec<i64> {
        if !self.is_announced {
            self.cameras.values_mut().for_each(|camera| camera.generation = self.generation);
            return Vec::new();
        }
        let is_stale = |camera: &Camera| camera.generation != self.generation;
        let stale: Vec<i64> = self.cameras.iter().filter(|(_, camera)| is_stale(camera)).map(|(id, _)| *id).collect();
        stale.into_iter().filter(|id| self.turn_off(*id)).collect()
    }

    /// Somebody wants this camera, or any.
    pub(super) fn want(&mut self, id: Option<i64>) {
        self.wanted = id;
        if let Some(camera) = id.and_then(|id| self.cameras.get_mut(&id)) {
            camera.is_refused = false;
        }
    }

    /// A connection is ready over which a camera may come.
    pub(super) fn attach(&mut self) {
        self.state = State::Free;
    }

    /// There is no such connection any more.
    pub(super) fn detach(&mut self) {
        self.state = State::Off;
    }

    /// Whose camera is to be asked for now, if another one than is asked for or comes already.
    pub(super) fn next(&mut self, speaker: Option<i64>) -> Option<i64> {
        let before = match self.state {
            State::Off | State::Asking { .. } => return None,
            State::Free => None,
            State::Watching { id } => Some(id),
        };
        let id = self.choice(speaker)?;
        if before == Some(id) {
            return None;
        }
        self.state = State::Asking { id, is_again: false, before };
        Some(id)
    }

    fn choice(&self, speaker: Option<i64>) -> Option<i64> {
        let may = |id: &i64| {
            self.cameras.get(id).is_some_and(|camera| camera.generation == self.generation && !camera.is_refused)
        };
        let first = || {
            let on = self.cameras.iter().filter(|(id, _)| may(id));
            on.min_by_key(|(_, camera)| camera.place).map(|(id, _)| *id)
        };
        self.wanted.filter(may).or(self.latest.filter(may)).or(speaker.filter(may)).or_else(first)
    }

    /// Zoom answered; whether that was the answer to the question.
    pub(super) fn answer(&mut self, user_id: Option<i64>, status: i64) -> bool {
        let State::Asking { id, before, .. } = self.state else { return false };
        if user_id.is_some_and(|user_id| user_id != id) {
            return false;
        }
        if matches!(status, 0 | ALREADY) {
            self.latest = Some(id);
            // It may have been turned off meanwhile.
            self.state = if self.cameras.contains_key(&id) { State::Watching { id } } else { State::Free };
        } else {
            self.refuse(id, before);
        }
        true
    }

    /// Zoom did not answer: whose camera is to be asked for once more.
    pub(super) fn overdue(&mut self) -> Option<i64> {
        let State::Asking { id, is_again, before } = self.state else { return None };
        if is_again || !self.cameras.contains_key(&id) {
            self.refuse(id, before);
            return None;
        }
        self.state = State::Asking { id, is_again: true, before };
        Some(id)
    }

    fn refuse(&mut self, id: i64, before: Option<i64>) {
        if let Some(camera) = self.cameras.get_mut(&id) {
            camera.is_refused = true;
        }
        self.state = before.map_or(State::Free, |id| State::Watching { id });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attached(cameras: &[i64]) -> Watch {
        let mut watch = Watch::new();
        watch.attach();
        for id in cameras {
            watch.turn_on(*id);
        }
        watch
    }

    #[test]
    fn the_wanted_comes_before_the_current_before_the_speaker_before_the_first() {
        let mut watch = attached(&[8, 7, 9]);
        assert_eq!(watch.next(None), Some(8), "the first, not the smallest");
        assert!(watch.answer(Some(8), 0));
        assert_eq!(watch.next(Some(7)), None, "the current one stays");
        watch.want(Some(9));
        assert_eq!(watch.next(Some(7)), Some(9));
        assert!(watch.answer(None, 44), "an answer without a name is the answer, and that it is ours already is a yes");
        assert!(watch.turn_off(9));
        assert_eq!(watch.next(Some(7)), Some(7));
    }

    #[test]
    fn of_ten_thousand_cameras_each_may_be_chosen_and_whoever_comes_beyond_is_told_only() {
        let mut watch = attached(&Vec::from_iter(1..=10_000));
        assert!(watch.turn_on(10_001), "told");
        assert_eq!(watch.cameras.len(), 10_000);
        for (wanted, chosen) in [(10_001, 1), (10_000, 10_000)] {
            watch.want(Some(wanted));
            assert_eq!(watch.next(None), Some(chosen));
            assert!(watch.answer(Some(chosen), 0));
        }
        assert!(watch.turn_off(1) && watch.turn_on(10_001), "there is room again");
        watch.want(Some(10_001));
        assert_eq!(watch.next(None), Some(10_001));
    }

    #[test]
    fn one_question_at_a_time_and_another_ones_answer_is_none() {
        let mut watch = attached(&[7, 8]);
        assert_eq!(watch.next(None), Some(7));
        watch.want(Some(8));
        assert_eq!(watch.next(None), None);
        assert!(!watch.answer(Some(8), 0));
        assert!(watch.answer(Some(7), 0));
        assert_eq!(watch.next(None), Some(8));
    }

    #[test]
    fn whoever_is_refused_is_passed_over_until_the_camera_comes_back() {
        let mut watch = attached(&[7, 8]);
        watch.want(Some(7));
        assert_eq!(watch.next(None), Some(7));
        assert!(watch.answer(Some(7), 4));
        assert_eq!(watch.next(None), Some(8));
        assert!(watch.answer(Some(8), 0));
        watch.turn_off(7);
        watch.turn_on(7);
        assert_eq!(watch.next(None), Some(7));
        assert!(watch.answer(Some(7), 4));
        assert_eq!(watch.next(None), None, "the one before still comes");
    }

    #[test]
    fn whoever_wants_a_camera_that_was_refused_gets_it_asked_for_once_more() {
        let mut watch = attached(&[7]);
        assert_eq!(watch.next(None), Some(7));
        assert!(watch.answer(Some(7), 4));
        assert_eq!(watch.next(None), None);
        watch.want(Some(7));
        assert_eq!(watch.next(None), Some(7));
    }

    #[test]
    fn the_camera_that_came_before_comes_no_more_once_it_was_off() {
        for is_back in [false, true] {
            let mut watch = attached(&[7, 8]);
            assert_eq!(watch.next(None), Some(7));
            assert!(watch.answer(Some(7), 0));
            watch.want(Some(8));
            assert_eq!(watch.next(None), Some(8));
            watch.turn_off(7);
            if is_back {
                watch.turn_on(7);
            }
            assert!(watch.answer(Some(8), 4));
            assert_eq!(watch.next(None), is_back.then_some(7));
        }
    }

    #[test]
    fn silence_is_a_refusal_only_after_the_second_question() {
        let mut watch = attached(&[7]);
        assert_eq!(watch.next(None), Some(7));
        assert_eq!(watch.overdue(), Some(7));
        assert_eq!(watch.overdue(), None);
        assert_eq!(watch.next(None), None);
    }

    #[test]
    fn after_a_reconnect_a_camera_counts_once_it_is_announced_again() {
        let mut watch = attached(&[7, 8]);
        assert_eq!(watch.next(None), Some(7));
        assert!(watch.answer(Some(7), 0));
        watch.detach();
        watch.expect_all();
        watch.attach();
        assert_eq!(watch.next(None), None);
        assert!(!watch.turn_on(8), "known before, so no news");
        assert!(!watch.turn_on(7));
        assert_eq!(watch.next(None), Some(7), "the one that came before");
        watch.expect_all();
        watch.turn_on(8);
        assert_eq!(watch.settle(), [7]);
    }

    #[test]
    fn after_a_reconnect_that_announces_no_camera_the_one_that_came_before_counts_as_on() {
        let mut watch = attached(&[7, 8, 9]);
        watch.want(Some(8));
        assert_eq!(watch.next(None), Some(8));
        assert!(watch.answer(Some(8), 0));
        watch.want(None);
        watch.detach();
        watch.expect_all();
        watch.attach();
        assert_eq!(watch.next(None), None);
        assert_eq!(watch.settle(), Vec::<i64>::new(), "silence proves nothing");
        assert_eq!(watch.next(Some(9)), Some(8));
        watch.detach();
        watch.expect_all();
        watch.turn_off(8);
        watch.attach();
        assert_eq!(watch.settle(), Vec::<i64>::new());
        assert_eq!(watch.next(None), Some(7), "but not if it was turned off since");
    }
}
