use crate::support::{ANSWERS, rehearse};
use talkthrough::record::Event;

/// Nobody says anything for three minutes, and the talk's own voice is in its microphone, from the
/// ordinary to louder than it was played: not one word of its own is obeyed, and the one at the end is.
#[test]
fn it_does_not_obey_itself() {
    for (seed, echo) in [("1", "-20"), ("2", "-10"), ("3", "0"), ("4", "6")] {
        let script = "[[say]]\ntext = 'erase it'\nat = 180\n";
        let rehearsal = rehearse(
            "wisenet-dvr",
            Some(script),
            &["--echo-db", echo, "--seed", seed],
        );
        let first = rehearsal.record.iter().find_map(|line| match &line.event {
            Event::Heard {
                phrase,
                start,
                accepted: true,
                ..
            } => Some((phrase.as_str(), *start)),
            _ => None,
        });
        let Some(("erase it", start)) = first else {
            panic!("echo {echo} dB: {first:?}")
        };
        assert!(
            (179.9..181.0).contains(&start),
            "echo {echo} dB: obeyed at {start} s"
        );
    }
}

/// The same with a technician who answers: nothing is obeyed but what he said.
#[test]
fn a_whole_talk_with_an_echo_louder_than_the_technician() {
    let rehearsal = rehearse("wisenet-dvr", None, &["--echo-db", "0"]);
    assert_eq!(rehearsal.obeyed(), ANSWERS);
    assert_eq!(rehearsal.outcome(), Some("done"));
}
