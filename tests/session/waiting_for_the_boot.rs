use crate::harness::at;

#[test]
fn progress_every_thirty_seconds_then_about_now_then_what_if_not() {
    let mut talk = at("boot");
    talk.said.clear();
    let since = talk.now;
    talk.pass(700.0);
    let told: Vec<(u64, &str)> = talk
        .said
        .iter()
        .map(|(at, text)| ((*at - since).as_secs(), text.as_str()))
        .collect();
    // The prompt itself took a few seconds, which the boot has used.
    let texts: Vec<&str> = told.iter().map(|(_, text)| *text).collect();
    assert_eq!(
        texts,
        [
            "About two and a half minutes left.",
            "About two minutes left.",
            "About a minute and a half left.",
            "About sixty seconds left.",
            "About thirty seconds left.",
            "It should be ready about now.",
            "Say ready when it is.",
            "If boot fails.",
            "Say ready when it is.",
        ]
    );
    assert!(
        told.windows(2)
            .take(4)
            .all(|pair| pair[1].0 - pair[0].0 == 30),
        "{told:?}"
    );
}

#[test]
fn the_wait_ends_when_the_listener_sees_it() {
    let mut talk = at("boot");
    talk.pass(40.0);
    talk.hear("ready");
    assert_eq!(talk.step(), "worked");
    talk.heard_back();
    talk.pass(20.0);
    assert_eq!(talk.heard_back(), "", "its timers are gone");
}
