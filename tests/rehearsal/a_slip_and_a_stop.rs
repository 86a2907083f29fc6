use crate::support::rehearse;
use talkthrough::record::Event;

/// Everything up to the button, said as the prompts want it.
const TO_THE_HOLD: &str = "
[[say]]
text = 'erase it'
after = 'agree'
delay = 0.8
[[say]]
text = 'next'
after = 'unplug'
delay = 0.8
[[say]]
text = 'yes'
after = 'find-button'
delay = 0.8
[[say]]
text = 'holding'
after = 'hold'
delay = 0.8
";

#[test]
fn slipped_in_the_count_begins_the_hold_again_and_stop_twice_ends() {
    let script = format!(
        "{TO_THE_HOLD}
[[say]]
text = 'slipped'
count = 4
step = 'hold'
delay = 0.6
[[say]]
text = 'stop'
at = 142.0
[[say]]
text = 'stop'
at = 149.0
"
    );
    let rehearsal = rehearse("wisenet-dvr", Some(&script), &[]);
    let slips: Vec<f64> = rehearsal
        .record
        .iter()
        .filter_map(|line| match line.event {
            Event::Slip { held, .. } => Some(held),
            _ => None,
        })
        .collect();
    assert_eq!(slips.len(), 1, "obeyed: {:?}", rehearsal.obeyed());
    assert!(
        slips[0] > 4.0 && slips[0] < 6.5,
        "slipped after {}",
        slips[0]
    );
    let releases = rehearsal
        .record
        .iter()
        .filter(|line| matches!(line.event, Event::Release { .. }))
        .count();
    assert_eq!(releases, 0, "a broken hold releases nothing");
    assert_eq!(rehearsal.outcome(), Some("stopped"));
    assert_eq!(rehearsal.output.status.code(), Some(1));
}

#[test]
fn a_technician_who_goes_silent_is_not_hurried_and_nothing_happens() {
    let script = "[[say]]\ntext = 'erase it'\nafter = 'agree'\ndelay = 0.8\n";
    let rehearsal = rehearse("wisenet-dvr", Some(script), &[]);
    assert_eq!(rehearsal.steps(), ["agree", "unplug"]);
    assert_eq!(rehearsal.outcome(), None);
    let said = rehearsal
        .record
        .iter()
        .filter(|line| matches!(&line.event, Event::Say { text, .. } if text.starts_with("I am")))
        .count();
    assert_eq!(said, 2, "two reminders, no more");
}
