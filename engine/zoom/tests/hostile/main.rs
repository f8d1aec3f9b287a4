//! Hostile bytes (fault-matrix C9-C11, D3-D5): what must hold of any of them, and what any of them may cost.
//!
//! [`properties`] are functions that `engine/zoom/fuzz` calls as well; [`breed`] makes input for them out of
//! `engine/zoom/corpus`; [`million`] runs them; [`faults`] shows that they find what they are there to find; [`bombs`] bounds
//! what a message costs and [`storms`] what many of them do, measured by [`meter`].

mod bombs;
mod breed;
mod faults;
mod meter;
mod million;
mod properties;
mod storms;
