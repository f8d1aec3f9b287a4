//! A scripted meeting in virtual time: who is there, who has which turn, when somebody beeps and flashes at once, what goes wrong.
//! As records of a capture log it is made in `capture`.

use fixtures::Sentence;
use media::AudioCodec;

/// Second 0, in milliseconds since the Unix epoch.
pub(super) const ZERO_MS: i64 = 1_767_225_600_000;
/// How long somebody has the word.
pub(super) const TURN_MS: i64 = 4_000;
/// How long a flash is.
pub(super) const FLASH_MS: i64 = 200;
/// How long nothing comes after connections were lost.
pub(super) const LOST_MS: i64 = 3_000;
/// When in a turn somebody beeps: after a layout has turned to him, which takes 2 s at the most.
const BEEPS_MS: [i64; 2] = [2_300, 3_200];
/// Pictures lie on a grid of 25 a second, each camera's at a phase of its own.
const GRID_MS: i64 = 40;

/// Somebody who comes to the meeting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) id: i64,
    /// By how many millionths the samples of the microphone last longer than it says.
    pub(super) ppm: i64,
    /// Whether the microphone is open all the time, and not only while its owner has the word.
    pub(super) is_open: bool,
    /// Where the grid of packets and pictures lies.
    pub(super) phase_ms: i64,
}

/// Everybody. The second leaves and comes back, the third shares a screen, the last comes late.
pub(super) const SEATS: [Seat; 4] = [
    Seat { id: 16_778_240, ppm: 200, is_open: true, phase_ms: 0 },
    Seat { id: 16_779_264, ppm: 0, is_open: false, phase_ms: 7 },
    Seat { id: 16_780_288, ppm: 0, is_open: false, phase_ms: 13 },
    Seat { id: 16_781_312, ppm: -200, is_open: true, phase_ms: 18 },
];
const LEAVES: usize = 1;
pub(super) const SHARES: usize = 2;
const COMES_LATE: usize = 3;

/// Whose pictures the platform sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cameras {
    /// Everybody's, and screens.
    Each,
    /// Whoever's turn it is, and no screen.
    Speaker,
}

/// What a judge has to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Cameras are stamped 60 ms after their pictures were taken.
    CamerasLate,
    /// Sound is stamped by a clock that runs 200 millionths too fast.
    SoundDrifts,
}

/// The script.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meeting {
    pub(super) turns: i64,
    pub(super) codec: AudioCodec,
    pub(super) cameras: Cameras,
    /// How far pictures are apart.
    pub(super) picture_ms: i64,
    /// Once in so many turns connections are lost, and once sound comes late.
    pub(super) lost_every: i64,
    /// Of so many turns the second half is a break in which nobody is heard.
    pub(super) break_every: i64,
    /// Once in so many turns a sentence is said.
    pub(super) sentence_every: i64,
    /// By how many millionths this machine's clock runs faster than the platform's.
    pub(super) arrival_ppm: i64,
    pub(super) fault: Option<Fault>,
}

/// What is special about a turn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Plain,
    /// The microphone stays closed.
    Muted,
    /// The camera is off.
    Unseen,
    /// Every connection is lost for a while, and all that was sent meanwhile.
    Lost,
    /// The connection for sound is lost, and what was sent meanwhile comes later.
    Backlog,
    /// A sentence is said, and nobody beeps.
    Sentence(&'static Sentence),
    /// Every microphone is closed.
    Break,
}

#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) n: i64,
    pub(super) start_ms: i64,
    pub(super) kind: Kind,
    /// Who is there.
    pub(super) here: Vec<usize>,
    /// Who has the word.
    pub(super) holder: usize,
    /// From when to when a screen is shared.
    pub(super) share: Option<(i64, i64)>,
}

/// A moment at which somebody beeps, and his camera or screen flashes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at_ms: i64,
    pub(super) seat: usize,
    pub(super) is_heard: bool,
    pub(super) shows: Shows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    Camera,
    Screen,
    Nothing,
}

impl Meeting {
    pub(super) const fn end_ms(&self) -> i64 {
        self.turns * TURN_MS
    }

    pub(super) fn turns(&self) -> impl Iterator<Item = Turn> + '_ {
        (0..self.turns).map(|n| self.turn(n))
    }

    /// Whether somebody is there in a turn.
    pub(super) fn is_here(&self, seat: usize, n: i64) -> bool {
        match seat {
            LEAVES => !(self.turns * 2 / 5..self.turns * 3 / 5).contains(&n),
            COMES_LATE => n >= self.turns / 4,
            _ => true,
        }
    }

    fn turn(&self, n: i64) -> Turn {
        let here: Vec<usize> = (0..SEATS.len()).filter(|seat| self.is_here(*seat, n)).collect();
        let holder = here[n as usize % here.len()];
        let (start_ms, sentences) = (n * TURN_MS, &fixtures::pack().sentences);
        let whole = || sentences.iter().filter(|sentence| sentence.sound.duration_ms < TURN_MS - 700);
        let said = || whole().cycle().nth(n as usize / 3 % 1_000).expect("some sentences are short");
        let kind = match n {
            _ if n % self.lost_every == 13 => Kind::Lost,
            _ if n % self.lost_every == 22 => Kind::Backlog,
            _ if n % self.break_every * 2 >= self.break_every => Kind::Break,
            _ if n % self.sentence_every == 2 => Kind::Sentence(said()),
            _ if n % 7 == 5 && !SEATS[holder].is_open => Kind::Muted,
            _ if n % 7 == 3 => Kind::Unseen,
            _ => Kind::Plain,
        };
        // A screen is shared for two turns of ten.
        let share = (self.cameras == Cameras::Each && [6, 7].contains(&(n % 10))).then(|| {
            let first_ms = (n - n % 10 + 6) * TURN_MS;
            (first_ms + 300, first_ms + 2 * TURN_MS - 200)
        });
        Turn { n, start_ms, kind, here, holder, share }
    }

    pub(super) fn moments(&self) -> impl Iterator<Item = Moment> + '_ {
        self.turns().flat_map(|turn| turn.moments())
    }

    /// When which sentence is said, by whom.
    pub(super) fn sentences(&self) -> impl Iterator<Item = (i64, usize, &'static Sentence)> + '_ {
        self.turns().filter_map(|turn| match turn.kind {
            Kind::Sentence(sentence) => Some((turn.sentence_ms(), turn.holder, sentence)),
            _ => None,
        })
    }
}

impl Turn {
    pub(super) const fn end_ms(&self) -> i64 {
        self.start_ms + TURN_MS
    }

    pub(super) fn moments(&self) -> Vec<Moment> {
        if matches!(self.kind, Kind::Lost | Kind::Sentence(_) | Kind::Break) {
            return Vec::new();
        }
        let phase_ms = SEATS[self.holder].phase_ms;
        let shows = match self.kind {
            _ if self.share.is_some() => Shows::Screen,
            Kind::Unseen => Shows::Nothing,
            _ => Shows::Camera,
        };
        let on_grid = |at_ms: i64| (at_ms - phase_ms).div_euclid(GRID_MS) * GRID_MS + phase_ms;
        let is_heard = !matches!(self.kind, Kind::Muted);
        BEEPS_MS.map(|ms| Moment { at_ms: on_grid(self.start_ms + ms), seat: self.holder, is_heard, shows }).to_vec()
    }

    /// When its sentence begins: with a packet.
    pub(super) fn sentence_ms(&self) -> i64 {
        let seat = SEATS[self.holder];
        seat.stamp_ms(seat.packet_at(self.start_ms + 500))
    }

    /// What is lost of it.
    pub(super) fn is_lost(&self, at_ms: i64) -> bool {
        matches!(self.kind, Kind::Lost) && at_ms < self.start_ms + LOST_MS
    }

    /// When the microphone of a seat is open in it.
    pub(super) fn open_ms(&self, seat: usize) -> (i64, i64) {
        match self.kind {
            Kind::Break => (self.start_ms, self.start_ms),
            _ if SEATS[seat].is_open => (self.start_ms, self.end_ms()),
            Kind::Muted => (self.start_ms, self.start_ms),
            _ if seat == self.holder => (self.start_ms + 100, self.end_ms() - 300),
            _ => (self.start_ms, self.start_ms),
        }
    }

    /// When the camera of a seat takes pictures: on its grid, and where a flash begins and ends. With each whether it is white.
    pub(super) fn pictures(&self, seat: usize, picture_ms: i64) -> Vec<(i64, bool)> {
        let flashes = self.moments().into_iter().filter(|moment| moment.seat == seat && moment.shows == Shows::Camera);
        let flashes: Vec<i64> = flashes.map(|moment| moment.at_ms).collect();
        let first_ms = self.start_ms + SEATS[seat].phase_ms;
        let mut times: Vec<i64> = (first_ms..self.end_ms()).step_by(picture_ms as usize).collect();
        times.extend(flashes.iter().flat_map(|at_ms| [*at_ms, at_ms + FLASH_MS]));
        times.sort_unstable();
        times.dedup();
        let is_white = |at_ms: i64| flashes.iter().any(|flash_ms| (0..FLASH_MS).contains(&(at_ms - flash_ms)));
        times.into_iter().filter(|at_ms| !self.is_lost(*at_ms)).map(|at_ms| (at_ms, is_white(at_ms))).collect()
    }

    /// The same of the screen.
    pub(super) fn slides(&self) -> Vec<(i64, bool)> {
        let Some((on_ms, off_ms)) = self.share else { return Vec::new() };
        let flashes =
            self.moments().into_iter().flat_map(|moment| [(moment.at_ms, true), (moment.at_ms + FLASH_MS, false)]);
        let mut slides: Vec<(i64, bool)> = flashes.chain([(self.start_ms.max(on_ms), false)]).collect();
        slides.sort_unstable();
        slides.retain(|(at_ms, _)| (on_ms..off_ms).contains(at_ms) && !self.is_lost(*at_ms));
        slides
    }
}

impl Seat {
    /// When a packet is stamped: at its first sample, to the millisecond.
    pub(super) const fn stamp_ms(&self, packet: i64) -> i64 {
        self.phase_ms + 20 * packet + (20 * packet * self.ppm).div_euclid(1_000_000)
    }

    /// The first packet that is not stamped before.
    pub(super) fn packet_at(&self, at_ms: i64) -> i64 {
        let near = (at_ms - self.phase_ms) * 1_000_000 / (20 * (1_000_000 + self.ppm)) - 2;
        (near..).find(|packet| self.stamp_ms(*packet) >= at_ms).expect("stamps grow")
    }
}
