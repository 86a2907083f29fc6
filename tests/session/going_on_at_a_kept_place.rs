use crate::harness::{Talk, every_kind, kept_at, one_hold};
use std::sync::Arc;
use talkthrough::record::Event;
use talkthrough::session::{self, Bookmark, Input, News, Outcome};

fn after(talk: &Talk) -> Talk {
    talk.after_a_crash(every_kind())
}

fn kept(talk: &Talk) -> (&str, bool) {
    let place = talk.kept.as_ref().expect("a place is kept");
    (&place.step, place.holding)
}

#[test]
fn the_place_is_kept_at_every_step_and_where_a_hold_begins_and_ends() {
    let mut talk = kept_at("erase");
    assert_eq!(talk.kept, None, "nothing has been done yet");
    talk.hear("erase it");
    assert_eq!(kept(&talk), ("unplug", false));
    talk.hear("next");
    assert_eq!(kept(&talk), ("press", false));
    talk.hear("holding");
    assert_eq!(kept(&talk), ("press", true));
    talk.hear("slipped");
    assert_eq!(kept(&talk), ("press", false));
    talk.hear("holding");
    talk.pass(21.0);
    assert_eq!(kept(&talk), ("plug-in", true), "the button is still down");
    talk.hear("plugged in");
    assert_eq!(kept(&talk), ("plug-in", true));
    talk.pass(11.0);
    assert_eq!(kept(&talk), ("boot", false));
    let place = talk.kept.clone().expect("a place is kept");
    assert_eq!(place.confirmed, 4);
    assert_eq!(place.before, ["erase", "unplug", "press", "plug-in"]);
    talk.hear("go back");
    assert_eq!(kept(&talk), ("press", false));
}

#[test]
fn the_place_is_offered_and_nothing_happens_before_it_is_taken() {
    let mut talk = after(&kept_at("boot"));
    assert_eq!(
        talk.heard_back(),
        "You were at step four. Say continue to go on there, or say no to begin at the start."
    );
    assert!(talk.events.iter().any(
        |(_, event)| matches!(event, Event::Offer { step, holding: false } if step == "boot")
    ));
    assert_eq!(talk.step(), "");
    assert!(!talk.can_say("next") && !talk.can_say("holding"));
    talk.pass(3600.0);
    assert_eq!(talk.step(), "", "silence takes nothing up");
    talk.said.clear();
    talk.hear("go on");
    assert_eq!(talk.step(), "boot");
    assert!(
        talk.heard_back()
            .starts_with("Going on. Step four. Do boot.")
    );
    talk.hear("go back");
    assert_eq!(talk.step(), "press", "what came before is known");
}

#[test]
fn a_hold_begins_again_from_its_start() {
    let mut talk = kept_at("press");
    talk.hear("holding");
    talk.pass(19.0);
    let mut next = after(&talk);
    assert_eq!(
        next.heard_back(),
        "You were at step two, holding. That hold begins again, from its start. \
         Say continue to go on there, or say no to begin at the start."
    );
    next.hear("continue");
    assert_eq!(next.step(), "press");
    next.pass(600.0);
    assert_eq!(next.releases(), [], "nothing is counted by itself");
    next.hear("holding");
    assert_eq!(next.beats.len(), 20, "all twenty seconds");
}

#[test]
fn a_carried_hold_begins_again_at_its_first_phase() {
    for seconds in [0.0, 9.5] {
        let mut talk = kept_at("plug-in");
        talk.hear("plugged in");
        talk.pass(seconds);
        let mut next = after(&talk);
        assert!(
            next.heard_back()
                .starts_with("You were at step three, holding.")
        );
        next.hear("yes");
        assert_eq!(next.step(), "press");
        next.hear("go back");
        assert_eq!(next.step(), "unplug");
    }
    let mut between = after(&kept_at("plug-in"));
    between.hear("yes");
    assert_eq!(between.step(), "press");
}

#[test]
fn a_hold_without_a_restart_of_its_own_begins_at_itself() {
    let mut talk = Talk::keeping(one_hold(|hold| hold.restart_at = None));
    talk.input(Input::Start);
    talk.hear("holding");
    let mut next = talk.after_a_crash(one_hold(|hold| hold.restart_at = None));
    next.hear("continue");
    assert_eq!(next.step(), "press");
}

#[test]
fn the_irreversible_step_is_asked_again_where_nothing_was_done_since() {
    let mut talk = after(&kept_at("unplug"));
    assert_eq!(
        talk.heard_back(),
        "You were at step one. Before anything is erased, I ask once more. \
         Say continue to go on there, or say no to begin at the start."
    );
    assert!(
        !talk.can_say("erase it"),
        "the offer itself confirms nothing"
    );
    talk.input(Input::ConfirmKey);
    talk.input(Input::ConfirmKey);
    talk.input(Input::ChoiceKey(0));
    assert_eq!(talk.step(), "");
    talk.hear("continue");
    assert_eq!(talk.step(), "erase");
    talk.hear("erase it");
    assert_eq!(talk.step(), "unplug");
    let mut later = after(&kept_at("press"));
    later.hear("continue");
    assert_eq!(later.step(), "press", "it is under way already");
}

#[test]
fn no_begins_at_the_beginning_and_forgets_the_place() {
    let mut talk = after(&kept_at("boot"));
    talk.said.clear();
    talk.hear("no");
    assert_eq!(talk.step(), "erase");
    assert!(talk.heard_back().starts_with("This erases everything."));
    assert_eq!(talk.kept, None);
    talk.hear("go back");
    assert!(talk.heard_back().contains("This is the first step."));
}

#[test]
fn a_stop_keeps_the_place_and_says_so_and_the_end_forgets_it() {
    let mut talk = kept_at("boot");
    talk.hear("stop");
    talk.said.clear();
    talk.hear("yes");
    assert_eq!(
        talk.heard_back(),
        "Stopped. Nothing more will happen. Your place is kept for a day."
    );
    talk.pass(60.0);
    assert_eq!(talk.outcome, Some(Outcome::Stopped));
    assert_eq!(kept(&talk), ("boot", false));

    let mut early = kept_at("erase");
    early.hear("stop");
    early.said.clear();
    early.hear("stop");
    assert_eq!(early.heard_back(), "Stopped. Nothing more will happen.");
    assert_eq!(early.kept, None);

    let mut done = kept_at("password");
    assert!(done.kept.is_some());
    done.hear("next");
    assert_eq!(done.kept, None, "before the last words are over");
}

#[test]
fn stop_at_the_offer_keeps_the_place_and_continue_comes_back_to_it() {
    let mut talk = after(&kept_at("boot"));
    talk.hear("stop");
    assert!(
        talk.heard_back()
            .ends_with("Shall I stop? Say yes, or continue.")
    );
    talk.hear("no");
    assert!(
        talk.heard_back()
            .starts_with("Going on. You were at step four.")
    );
    talk.hear("stop");
    talk.hear("yes");
    talk.pass(60.0);
    assert_eq!(talk.outcome, Some(Outcome::Stopped));
    assert_eq!(kept(&talk), ("boot", false));
}

#[test]
fn keys_and_questions_work_at_the_offer() {
    let mut talk = after(&kept_at("boot"));
    talk.listen_to_the_end();
    talk.said.clear();
    talk.hear("help");
    assert_eq!(talk.heard_back(), "You can say continue, or no.");
    talk.hear("say again");
    assert!(talk.heard_back().starts_with("You were at step four."));
    talk.input(Input::Primary);
    assert_eq!(talk.step(), "boot", "Enter goes on");
}

#[test]
fn a_place_of_another_way_is_named_with_it() {
    let mut talk = kept_at("worked");
    talk.hear("no");
    talk.hear("holding");
    let mut next = after(&talk);
    assert!(
        next.heard_back()
            .starts_with("Another way. You were at step one, holding.")
    );
    next.hear("continue");
    assert_eq!(next.step(), "press-five");
    next.hear("go back");
    assert_eq!(next.step(), "worked");
    let mut between = after(&kept_at("worked"));
    assert!(
        between
            .heard_back()
            .starts_with("You were at a question between the steps.")
    );
}

#[test]
fn a_place_that_the_guide_does_not_have_is_not_offered() {
    let place = |step: &str, confirmed, holding| Bookmark {
        step: step.into(),
        holding,
        confirmed,
        before: vec!["nowhere".into(), "erase".into(), "unplug".into()],
    };
    let mut talk = Talk::keeping(every_kind());
    talk.input(Input::Resume(place("nowhere", 3, true)));
    assert_eq!(talk.step(), "erase");
    assert!(
        talk.heard_back()
            .starts_with("I cannot use the place that was kept, so we begin at the start.")
    );
    let mut odd = Talk::keeping(every_kind());
    odd.input(Input::Resume(place("press", 3, false)));
    odd.hear("continue");
    odd.hear("go back");
    odd.hear("go back");
    odd.hear("go back");
    assert_eq!(odd.step(), "erase");
    assert!(odd.heard_back().contains("This is the first step."));
    let mut nothing = Talk::keeping(every_kind());
    nothing.input(Input::Resume(place("erase", 0, false)));
    assert_eq!(nothing.step(), "erase", "there is nothing to go on with");
}

#[test]
fn a_talk_whose_place_nobody_keeps_says_nothing_of_it() {
    let mut talk = crate::harness::at("boot");
    assert_eq!(talk.kept, None);
    talk.hear("stop");
    talk.said.clear();
    talk.hear("stop");
    assert_eq!(talk.heard_back(), "Stopped. Nothing more will happen.");
}

/// The voice is prepared for what is in these lists.
#[test]
fn whatever_is_said_of_a_place_is_listed() {
    let guide = Arc::new(every_kind());
    let mut listed = session::catalogue(&guide);
    listed.extend(session::said_around(&guide));
    for step in guide.all_steps() {
        for holding in [false, true] {
            let mut talk = Talk::keeping(every_kind());
            talk.input(Input::News(News::AudioKept));
            talk.input(Input::Resume(Bookmark {
                step: step.id.clone(),
                holding,
                confirmed: 1,
                before: vec!["erase".into()],
            }));
            talk.hear("help");
            talk.input(Input::News(News::PlaceNotKept));
            talk.input(Input::News(News::AudioNotKept));
            talk.hear("continue");
            talk.input(Input::Interrupt);
            talk.input(Input::Interrupt);
            for (_, sentence) in &talk.said {
                assert!(listed.contains(sentence), "{sentence:?}");
            }
        }
    }
}
