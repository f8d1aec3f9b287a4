//! Which connection of a capture is asked first for its next message. Pure. Who has one is known in `legs`.

/// How many messages in a row come from one connection until the others have their turn.
const IN_A_ROW: usize = 16;

/// Whose turn it is among some connections, known by their places.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turns {
    first: usize,
    /// How many messages in a row the first has given.
    in_a_row: usize,
}

impl Turns {
    /// The places of `count` connections in the order in which they are asked.
    pub(crate) fn order(self, count: usize) -> impl Iterator<Item = usize> {
        (0..count).map(move |turn| (self.first + turn) % count)
    }

    /// The connection at `place` gave a message. One that has more at hand is asked again at once, as often as the others can wait: to
    /// find out that they have nothing costs more than to take it. Any other gives way to the next, so that none starves the others.
    pub(crate) const fn gave(&mut self, place: usize, has_more: bool) {
        let in_a_row = if place == self.first { self.in_a_row + 1 } else { 1 };
        let goes_on = has_more && in_a_row < IN_A_ROW;
        *self = if goes_on { Self { first: place, in_a_row } } else { Self { first: place + 1, in_a_row: 0 } };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From whom so many messages come that are taken one by one, of connections that each have this many at hand; and how often
    /// somebody was asked.
    fn taken(mut at_hand: Vec<usize>, rests: bool, count: usize) -> (Vec<usize>, usize) {
        let mut turns = Turns::default();
        let mut asked = 0;
        let from = (0..count).map_while(|_| {
            let place = turns.order(at_hand.len()).inspect(|_| asked += 1).find(|place| at_hand[*place] > 0)?;
            at_hand[place] -= 1;
            turns.gave(place, rests);
            Some(place)
        });
        (from.collect(), asked)
    }

    #[test]
    fn those_that_are_read_as_it_comes_take_turns() {
        assert_eq!(taken(vec![9, 0, 9, 9], false, 7).0, [0, 2, 3, 0, 2, 3, 0]);
    }

    #[test]
    fn one_that_rests_is_taken_to_its_end() {
        let (from, asked) = taken(vec![0, 3, 0, 5, 0, 0], true, 8);
        assert_eq!(from, [1, 1, 1, 3, 3, 3, 3, 3]);
        assert_eq!(asked, 2 + 1 + 1 + 3 + 4);
        assert!(asked < taken(vec![0, 3, 0, 5, 0, 0], false, 8).1);
    }

    #[test]
    fn one_that_never_ends_keeps_the_others_waiting_for_sixteen_messages() {
        let (from, _) = taken(vec![usize::MAX, 2, usize::MAX], true, 50);
        assert_eq!(from, [vec![0; 16], vec![1; 2], vec![2; 16], vec![0; 16]].concat());
    }
}
