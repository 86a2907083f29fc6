//! Files from somebody else: too large, too deep, endless, or meant to do harm.
//!
//! The program itself is run, as a person would: what counts is what it opens, shows and connects to.

#[path = "../support/mod.rs"]
mod support;

mod no_network;
mod too_much;
mod traced;
mod what_is_shown;
