//! What only the operating system knows: CPU time and memory of processes, cores, the machine itself.
//!
//! * `proc` reads the text of `/proc` files, `usage` fetches them for one process, `syscalls` counts what it asks of the kernel;
//! * `cores` decides who runs where, `process` starts and ends processes there, `child` runs one to its end;
//! * `machine` says what this machine is, `programs` where the programs are.

mod child;
mod cores;
mod machine;
mod proc;
mod process;
mod programs;
mod syscalls;
mod usage;

pub(crate) use child::{Errand, Spent};
pub(crate) use cores::{Cores, pin_thread};
pub(crate) use machine::{Machine, machine};
pub(crate) use process::{Launch, Process};
pub(crate) use programs::{bench, hansard};
pub(crate) use syscalls::Syscalls;
pub(crate) use usage::{Usage, steal, usage};
