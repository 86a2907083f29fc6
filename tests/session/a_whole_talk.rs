use crate::harness::{Talk, every_kind};
use std::time::Duration;
use talkthrough::session::Outcome;

/// From "erase it" to the end, every answer right, and what is heard on the way.
#[test]
fn every_answer_right_leads_to_the_end() {
    let mut talk = Talk::begin(every_kind());
    talk.listen_to_the_end();
    assert_eq!(
        talk.heard_back(),
        "This erases everything. These are common instructions, not the maker's. \
         Do erase. Say erase it to go on, or stop to end."
    );
    talk.hear("erase it");
    talk.listen_to_the_end();
    assert_eq!(
        talk.heard_back(),
        "Step one. Do unplug. Say next when it is done."
    );
    talk.hear("next");
    talk.listen_to_the_end();
    assert_eq!(
        talk.heard_back(),
        "Step two. Do press. Say holding when the button is pressed."
    );
    let pressed = talk.now;
    talk.hear("holding");
    talk.pass(20.0);
    talk.listen_to_the_end();
    assert_eq!(
        talk.heard_back(),
        "keep holding Step three. Do plug-in. Say plugged in when the power is back."
    );
    assert_eq!(talk.releases(), []);
    let plugged = talk.now;
    talk.hear("plugged in");
    talk.pass(10.0);
    assert_eq!(talk.releases(), [plugged + Duration::from_secs(10)]);
    assert!(talk.releases()[0] > pressed + Duration::from_secs(30));
    talk.listen_to_the_end();
    assert_eq!(
        talk.heard_back(),
        "Step four. Do boot. This usually takes three minutes. Say ready when it is."
    );
    talk.hear("ready");
    talk.listen_to_the_end();
    assert_eq!(talk.heard_back(), "Do worked. Say yes, or no.");
    talk.hear("yes");
    talk.listen_to_the_end();
    assert_eq!(
        talk.heard_back(),
        "Step five. Do password. Say next when it is done."
    );
    talk.hear("done");
    assert_eq!(talk.outcome, None, "the last words are still being spoken");
    talk.listen_to_the_end();
    assert_eq!(talk.heard_back(), "All done.");
    assert_eq!(talk.outcome, Some(Outcome::Done));
}
