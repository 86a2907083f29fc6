use crate::harness::at;
use talkthrough::session::Input;

#[test]
fn a_loud_room_is_told_once_with_what_to_do() {
    let mut talk = at("unplug");
    talk.input(Input::Noise { floor_db: -60.0 });
    assert!(!talk.heard_back().contains("loud here"));
    talk.input(Input::Noise { floor_db: -35.0 });
    assert!(
        talk.heard_back()
            .contains("It is loud here. Speak close to me, or use the keys.")
    );
    let told = |talk: &crate::harness::Talk| {
        talk.outputs
            .iter()
            .filter(|output| format!("{output:?}").contains("loud here"))
            .count()
    };
    for floor_db in [-35.0, -43.0, -35.0] {
        talk.input(Input::Noise { floor_db });
    }
    assert_eq!(told(&talk), 1, "not again while it stays loud");
    talk.input(Input::Noise { floor_db: -60.0 });
    talk.input(Input::Noise { floor_db: -35.0 });
    assert_eq!(told(&talk), 2, "but again after it was quiet");
}

#[test]
fn a_count_is_not_talked_into() {
    let mut talk = at("press");
    talk.hear("holding");
    talk.pass(2.0);
    let before = talk.outputs.len();
    talk.input(Input::Noise { floor_db: -30.0 });
    assert_eq!(talk.outputs.len(), before);
}
