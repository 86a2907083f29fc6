//! The scheduler against a timeline that plays, in virtual time, what it is told.

mod anything;
mod stage;
mod stories;
mod turns;
