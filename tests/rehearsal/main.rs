//! Whole talks in the simulated room, with the real libvosk and the shipped model.

#[path = "../support/mod.rs"]
mod support;

mod a_refused_script;
mod a_slip_and_a_stop;
mod an_answer_in_a_hold;
mod the_count_is_on_its_beats;
mod the_whole_talk;
mod with_noise_and_echo;
mod words_of_a_guide;
