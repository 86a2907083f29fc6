//! The shipped voice in its own microphone, in one room after the other: the real libvosk and the shipped model
//! never obey it.

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use support::{bank, tree};
use talkthrough::app::evaluation::phrases;
use talkthrough::ears::recogniser::PATIENCE;
use talkthrough::ears::{Decimator, Ears, Spoken};
use talkthrough::sound::RATE;
use talkthrough::sound::room::{Room, RoomConfig};
use talkthrough::time::Moment;
use talkthrough::voice::Bank;

/// Frames of the loudspeaker moved at once: 20 ms.
const BLOCK: usize = RATE as usize / 50;

/// The loudspeaker, and ears that listen for every command at once.
struct Scene {
    bank: Bank,
    ears: Ears,
    decimator: Decimator,
    played: u64,
    obeyed: Vec<String>,
}

impl Scene {
    fn new() -> Self {
        let mut ears = Ears::open(&tree().join("models/talkthrough-en"), PATIENCE).unwrap();
        let phrases = phrases("all", &[]).unwrap();
        ears.listen_for(&phrases);
        Self {
            bank: bank(),
            ears,
            decimator: Decimator::default(),
            played: 0,
            obeyed: Vec::new(),
        }
    }

    /// Says `text` in `room`, then nothing for half a second; what is obeyed is noted.
    fn say(&mut self, room: &mut Room, text: &str) {
        let mut frames = self.bank.clip(text).unwrap().samples.to_vec();
        let span = Spoken {
            text: text.to_owned(),
            start: Moment::from_frame(self.played, RATE),
            end: Moment::from_frame(self.played + frames.len() as u64, RATE),
        };
        frames.resize(
            (frames.len() + RATE as usize / 2).next_multiple_of(BLOCK),
            0.0,
        );
        for block in frames.chunks(BLOCK) {
            let from = Moment::from_frame(self.played, RATE);
            self.played += block.len() as u64;
            let now = Moment::from_frame(self.played, RATE);
            let (mut microphone, mut far) = (Vec::new(), Vec::new());
            room.step(block, &mut microphone);
            self.decimator.push(block, &mut far);
            self.ears.speaking(std::slice::from_ref(&span), now);
            self.ears.far_end(&far, from);
            let verdicts = self.ears.push(&microphone, from).unwrap();
            let accepted = verdicts.iter().filter(|verdict| verdict.accepted);
            let words = accepted.map(|verdict| format!("{:?} of {text:?}", verdict.phrase));
            self.obeyed.extend(words);
        }
    }

    /// Says the sentence `nth` of the voice in a room of its own, and two more there, in which that is learnt.
    fn say_in_another_room(&mut self, nth: usize, echo_db: f32) {
        let mut room = Room::new(RoomConfig {
            echo_db,
            delay: Duration::from_millis(20 + 37 * (nth as u64 % 5)),
            seed: nth as u64,
            ..RoomConfig::default()
        })
        .unwrap();
        let texts: Vec<String> = self.bank.texts().map(str::to_owned).collect();
        for text in [nth, nth + 7, nth + 50].map(|at| &texts[at % texts.len()]) {
            self.say(&mut room, text);
        }
    }
}

/// What begins like a command or sounds like one, each in a room that the canceller does not know, and of which
/// nobody tells the ears.
#[test]
fn it_does_not_obey_itself_where_the_room_is_suddenly_another() {
    let sentences = [
        "Then pull out its power plug.",
        "Press alarm.",
        "Stopped. Nothing more will happen.",
        "I was stopped for a while.",
    ];
    let mut scene = Scene::new();
    for sentence in sentences {
        let nth = scene.bank.texts().position(|text| text == sentence);
        let nth = nth.expect("the shipped voice has the sentence");
        scene.say_in_another_room(nth - 1, -10.0);
        scene.say_in_another_room(nth, -10.0);
    }
    assert_eq!(scene.obeyed, [] as [String; 0]);
}

/// Every sentence of the voice, at two loudnesses: two hours of sound, some five minutes.
#[test]
#[ignore = "a measurement: make measure"]
fn it_never_obeys_itself_in_hundreds_of_rooms() {
    for echo_db in [-10.0, 0.0] {
        let mut scene = Scene::new();
        let rooms = scene.bank.texts().count();
        (0..rooms).for_each(|nth| scene.say_in_another_room(nth, echo_db));
        println!(
            "our own voice at {echo_db} dB in {rooms} rooms, another one every {:.0} s, nobody there: {} commands in {:.2} h {:?}",
            scene.played as f64 / f64::from(RATE) / rooms as f64,
            scene.obeyed.len(),
            scene.played as f64 / f64::from(RATE) / 3600.0,
            scene.obeyed,
        );
        assert_eq!(scene.obeyed, [] as [String; 0]);
    }
}
