//! The Wisenet guide says every fact of the procedure, where and in the order it is needed.

use std::time::Duration;

use crate::guide::library::builtin;
use crate::guide::{Begin, Count, Guide, Kind, SourceKind, Step, Target, clashes, lint, parse};

fn text() -> &'static str {
    builtin()
        .iter()
        .find(|(id, _)| *id == "wisenet-dvr")
        .expect("built in")
        .1
}

fn guide() -> Guide {
    parse("guides/wisenet-dvr.toml", text()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// What is heard at a step without asking, in order, lower case.
fn heard(step: &Step) -> String {
    step.warning
        .iter()
        .chain(&step.say)
        .chain(&step.ask)
        .cloned()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// What can be heard at a step by asking.
fn on_request(step: &Step) -> String {
    [&step.more, &step.expect, &step.if_not]
        .into_iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

fn heard_at(guide: &Guide, id: &str) -> String {
    heard(guide.step(id).unwrap_or_else(|| panic!("no step {id}")))
}

fn assert_says(text: &str, facts: &[&str]) {
    for fact in facts {
        assert!(text.contains(fact), "{fact:?} is not in {text:?}");
    }
}

#[test]
fn what_is_lost_and_who_says_so_is_heard_before_the_phrase_that_agrees() {
    let guide = guide();
    let first = &guide.steps[0];
    assert_eq!(
        first.kind,
        Kind::Confirm {
            phrase: "erase it".to_owned()
        }
    );
    assert_says(
        &heard(first),
        &[
            "every setting",
            "configuration",
            "set the recorder up again",
            "not the maker's",
            "say erase it",
        ],
    );
    // The sources differ about recordings: neither is promised.
    assert_says(&heard(first), &["recordings may stay or may be lost"]);
    assert_says(
        &guide.opening.join(" "),
        &[
            "common instructions",
            "not the maker's",
            "paper clip",
            "pen",
        ],
    );
}

#[test]
fn the_power_goes_off_at_the_plug_before_the_button_is_looked_for() {
    let guide = guide();
    assert_says(
        &heard_at(&guide, "unplug"),
        &[
            "switch the recorder off",
            "pull out its power plug",
            "say next when it is unplugged",
        ],
    );
    let button = heard_at(&guide, "find-button");
    assert_says(
        &button,
        &[
            "small button",
            "hole",
            "front",
            "back",
            "word reset",
            "circular arrow",
        ],
    );
    let order: Vec<&str> = guide.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(
        order,
        [
            "agree",
            "unplug",
            "find-button",
            "hold",
            "plug-in",
            "boot",
            "log-in",
            "worked",
            "password",
            "write-down",
            "set-up"
        ]
    );
}

#[test]
fn the_hold_is_fifteen_to_twenty_seconds_and_carries_on_for_ten_after_plugging_in() {
    let guide = guide();
    let Kind::Hold(first) = &guide.step("hold").unwrap().kind else {
        panic!("a hold")
    };
    assert_eq!(
        (first.minimum, first.target),
        (Duration::from_secs(15), Duration::from_secs(20))
    );
    assert_eq!(
        (first.count, first.begin, first.carries_on),
        (Count::Up, Begin::Holding, true)
    );
    assert_says(
        &heard_at(&guide, "hold"),
        &[
            "paper clip",
            "pen",
            "fifteen to twenty seconds",
            "without a break",
            "count to twenty",
            "say holding",
        ],
    );

    let Kind::Hold(second) = &guide.step("plug-in").unwrap().kind else {
        panic!("a hold")
    };
    assert_eq!(
        (second.minimum, second.target),
        (Duration::from_secs(8), Duration::from_secs(10))
    );
    assert_eq!(
        (second.count, second.begin, second.carries_on),
        (Count::Down, Begin::PluggedIn, false)
    );
    assert_eq!(second.restart_at.as_deref(), Some("hold"));
    assert!(
        second.slipped.join(" ").contains("pull the plug out again"),
        "{:?}",
        second.slipped
    );
    assert_says(
        &heard_at(&guide, "plug-in"),
        &[
            "keep the button down",
            "plug the power back in",
            "about ten seconds more",
            "say plugged in",
        ],
    );
}

#[test]
fn while_the_button_is_down_nothing_sounds_like_letting_go() {
    let guide = guide();
    for id in ["hold", "plug-in"] {
        let step = guide.step(id).unwrap();
        let spoken = format!("{} {}", heard(step), on_request(step));
        assert!(!spoken.contains("let go"), "{spoken}");
    }
}

#[test]
fn the_start_takes_minutes_and_the_power_stays_on() {
    let guide = guide();
    let Kind::Wait(wait) = &guide.step("boot").unwrap().kind else {
        panic!("a wait")
    };
    assert_eq!(
        (wait.typical, wait.give_up, wait.progress),
        (
            Duration::from_secs(180),
            Duration::from_secs(600),
            Duration::from_secs(30)
        )
    );
    assert_says(
        &heard_at(&guide, "boot"),
        &["leave the power on", "few minutes"],
    );
}

#[test]
fn the_default_logins_are_named_and_the_password_is_changed_written_down_and_kept() {
    let guide = guide();
    assert_says(
        &heard_at(&guide, "log-in"),
        &[
            "on many models",
            "admin is both the name and the password",
            "tell me more",
        ],
    );
    let more = on_request(guide.step("log-in").unwrap());
    assert_says(
        &more,
        &[
            "s r d four four zero",
            "four, three, two, one",
            "s r d four nine four",
            "first login",
        ],
    );
    assert_says(
        &heard_at(&guide, "password"),
        &["change the password at once"],
    );
    assert_says(
        &heard_at(&guide, "write-down"),
        &["write the new password down", "safe place"],
    );
    assert_says(
        &heard_at(&guide, "set-up"),
        &["all settings are gone", "set the recorder up again"],
    );
}

#[test]
fn when_it_did_not_work_there_are_the_makers_way_the_front_keys_the_remote_and_service() {
    let guide = guide();
    let Kind::Choice { options } = &guide.step("worked").unwrap().kind else {
        panic!("a choice")
    };
    let answers: Vec<(&str, &Target)> =
        options.iter().map(|o| (o.phrase.as_str(), &o.to)).collect();
    assert_eq!(
        answers,
        [
            ("yes", &Target::Next),
            ("no", &Target::Way("other-ways".to_owned()))
        ]
    );

    let Kind::Choice { options } = &guide.step("choose-way").unwrap().kind else {
        panic!("a choice")
    };
    let phrases: Vec<&str> = options.iter().map(|o| o.phrase.as_str()).collect();
    assert_eq!(
        phrases,
        ["camera", "front panel", "remote control", "service"]
    );

    // The maker's procedure for cameras: powered, started, five seconds, restarts by itself.
    assert_says(
        &heard_at(&guide, "camera-agree"),
        &["maker's procedure", "cameras only", "say erase it"],
    );
    assert_says(
        &heard_at(&guide, "camera-power"),
        &["leave the camera's power on", "finished starting"],
    );
    let Kind::Hold(hold) = &guide.step("camera-hold").unwrap().kind else {
        panic!("a hold")
    };
    assert_eq!(
        (hold.minimum, hold.target),
        (Duration::from_secs(5), Duration::from_secs(5))
    );
    assert_says(&heard_at(&guide, "camera-restart"), &["restarts by itself"]);
    assert_says(
        &heard_at(&guide, "camera-password"),
        &["web browser", "new password"],
    );

    assert_says(
        &heard_at(&guide, "panel-hold"),
        &["mode key", "p t z key", "together for five seconds"],
    );
    assert_says(
        &heard_at(&guide, "remote-keys"),
        &[
            "press freeze. press alarm. press freeze a second time. press alarm a second time. press freeze a third time. press return.",
        ],
    );
    assert_says(
        &heard_at(&guide, "remote-agree"),
        &["recordings were deleted", "say erase it"],
    );
    assert_says(
        &heard_at(&guide, "ask-service"),
        &["supplier or a service centre"],
    );
}

#[test]
fn the_sources_are_named_and_the_recorder_procedure_is_not_called_the_makers() {
    let guide = guide();
    let kind_of = |part: &str| {
        guide
            .sources
            .iter()
            .find(|s| s.address.contains(part))
            .map(|s| s.kind)
    };
    assert_eq!(kind_of("howtoevery.com"), Some(SourceKind::Community));
    assert_eq!(
        kind_of("support.hanwhavisionamerica.com"),
        Some(SourceKind::Maker)
    );
    assert_eq!(kind_of("cctvdirect1"), Some(SourceKind::Reseller));
    assert_eq!(kind_of("ipvm.com"), Some(SourceKind::Community));
    assert!(
        guide
            .sources
            .iter()
            .all(|source| source.address.starts_with("https://"))
    );
}

#[test]
fn every_sentence_is_short_and_every_step_tells_what_to_say() {
    let guide = guide();
    let advice = lint("guides/wisenet-dvr.toml", text()).expect("no faults");
    assert_eq!(advice.faults(), [], "{advice:?}");
    for step in guide.all_steps() {
        assert!(step.ask.is_some(), "{} does not say how to answer", step.id);
        for sentence in step
            .say
            .iter()
            .chain(&step.warning)
            .chain(&step.ask)
            .chain(&step.more)
        {
            assert!(sentence.ends_with(['.', '?']), "{sentence:?}");
            assert!(
                !sentence.contains(|c: char| c.is_ascii_digit()),
                "a synthesiser guesses: {sentence:?}"
            );
        }
    }
}

#[test]
fn no_phrase_is_taken_for_a_command() {
    let commands = [
        "next",
        "ready",
        "okay",
        "done",
        "go",
        "go on",
        "next step",
        "say again",
        "repeat",
        "again",
        "go back",
        "back",
        "previous",
        "wait",
        "pause",
        "hold on",
        "continue",
        "resume",
        "how long",
        "where am i",
        "why",
        "tell me more",
        "what can i say",
        "help",
        "louder",
        "softer",
        "faster",
        "slower",
        "stop",
        "quit",
        "cancel",
    ];
    assert_eq!(clashes(&guide(), &commands), []);
    let clash = &clashes(&guide(), &["other"])[0];
    assert_eq!(
        (clash.step.as_str(), clash.phrase.as_str()),
        ("ask-service", "other ways")
    );
}

#[test]
fn the_estimate_is_minutes() {
    let guide = guide();
    assert_eq!(guide.numbered_steps(), 8);
    let minutes = guide.estimate().as_secs_f64() / 60.0;
    assert!((5.0..8.0).contains(&minutes), "{minutes} minutes");
}
