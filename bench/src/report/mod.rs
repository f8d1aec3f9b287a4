//! Prints runs: as tables, and two of them side by side.
//!
//! * `table` aligns columns; `whole` is everything about one run; `compare` is two of them; `goals` is what must be reached, `goal` one of them;
//!   `sdk` is what Zoom's SDK took, `live` is all that of the customer's side.

mod compare;
mod goal;
mod goals;
mod live;
mod sdk;
mod table;
mod whole;

pub(crate) use compare::side_by_side;
pub(crate) use whole::whole;
