//! Stories of the talk core in virtual time, one behaviour a file.

mod a_hold_counts_from_the_end_of_the_word;
mod a_hold_in_cycles;
mod a_long_hold;
mod a_loud_room;
mod a_press_that_is_counted_in;
mod a_slip_begins_the_hold_again;
mod a_talk_that_stood_still;
mod a_whole_talk;
mod an_answer_interrupts;
mod an_over_hold_that_harms;
mod answers;
mod choices_and_other_ways;
mod continue_takes_up_the_sentence;
mod going_on_at_a_kept_place;
mod harness;
mod news_from_around_the_talk;
mod nothing_irreversible_by_accident;
mod pause_and_stop;
mod random_talks;
mod silence_is_legal;
mod waiting_for_the_boot;
mod when_devices_fail;
