//! The example in the format's documentation is a guide.

use std::time::Duration;

use crate::guide::{Begin, Count, Kind, Target, parse};

#[test]
fn the_documented_example_is_a_sound_guide_with_the_documented_defaults() {
    let readme = include_str!("../../../guides/README.md");
    let example = readme
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("an example");
    let guide = parse("README.md", example).expect("the example has no faults");
    assert_eq!(guide.numbered_steps(), 2);
    let kind = |id: &str| &guide.step(id).expect("a step").kind;
    let Kind::Hold(hold) = kind("press") else {
        panic!("a hold")
    };
    assert_eq!(
        (hold.count, hold.begin, hold.carries_on),
        (Count::Down, Begin::Holding, false)
    );
    assert_eq!(
        (hold.minimum, hold.target, hold.maximum),
        (Duration::from_secs(2), Duration::from_secs(3), None)
    );
    let Kind::Wait(wait) = kind("boil") else {
        panic!("a wait")
    };
    assert_eq!(wait.progress, Duration::from_secs(30));
    let Kind::Choice { options } = kind("clean") else {
        panic!("a choice")
    };
    assert_eq!(options[1].to, Target::Step("press".to_owned()));
}
