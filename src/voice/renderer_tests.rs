use std::sync::mpsc;
use std::time::Duration;

use super::super::synth::SynthError;
use super::super::{Bank, Turn, Voice, VoiceEvent};
use super::*;
use crate::sound::timeline::Command;
use crate::time::Moment;

/// Makes a text when it is let, and says which one it makes.
struct Held {
    begun: mpsc::Sender<String>,
    let_go: mpsc::Receiver<bool>,
}

impl Synth for Held {
    fn render(&mut self, text: &str) -> Result<Arc<Clip>, SynthError> {
        let _ = self.begun.send(text.to_owned());
        match self.let_go.recv() {
            Ok(true) => Ok(Arc::new(Clip {
                samples: vec![0.1; text.len()].into(),
                onset: Duration::ZERO,
                beat: Duration::ZERO,
            })),
            _ => Err(SynthError::Nothing(text.to_owned())),
        }
    }
}

fn held() -> (Renderer, mpsc::Receiver<String>, mpsc::Sender<bool>) {
    let (begun, begins) = mpsc::channel();
    let (lets, let_go) = mpsc::channel();
    let synth = Held { begun, let_go };
    (Renderer::aside(Box::new(synth)), begins, lets)
}

/// Asks until the answer is another; the thread has been let, so it comes.
fn outcome(renderer: &mut Renderer, text: &str) -> Rendering {
    loop {
        match renderer.get(text) {
            Rendering::Pending => std::thread::yield_now(),
            other => return other,
        }
    }
}

#[test]
fn nobody_waits_while_a_text_is_made() {
    let (mut renderer, begins, lets) = held();
    assert_eq!(renderer.get("hello"), Rendering::Pending);
    assert_eq!(begins.recv().unwrap(), "hello");
    assert_eq!(renderer.get("hello"), Rendering::Pending);
    lets.send(true).unwrap();
    assert!(
        matches!(outcome(&mut renderer, "hello"), Rendering::Ready(clip) if clip.samples.len() == 5)
    );
    // It was asked for twice and made once.
    drop(lets);
    drop(renderer);
    assert!(begins.recv().is_err());
}

#[test]
fn what_is_asked_for_goes_before_what_is_expected_and_that_before_what_may_come() {
    let (mut renderer, begins, lets) = held();
    renderer.prepare(["a", "b", "c"].into_iter());
    assert_eq!(begins.recv().unwrap(), "a");
    renderer.expect(["next", "after that"].into_iter());
    assert_eq!(renderer.get("now"), Rendering::Pending);
    let mut order = Vec::new();
    for _ in 0..5 {
        lets.send(true).unwrap();
        order.push(begins.recv().unwrap());
    }
    assert_eq!(order, ["now", "next", "after that", "b", "c"]);
    lets.send(true).unwrap();
    for text in ["a", "b", "c", "now", "next", "after that"] {
        assert!(matches!(outcome(&mut renderer, text), Rendering::Ready(_)));
    }
}

#[test]
fn what_failed_is_told_once_and_then_tried_again() {
    let (mut renderer, _begins, lets) = held();
    renderer.expect(["hello"].into_iter());
    lets.send(false).unwrap();
    assert_eq!(outcome(&mut renderer, "hello"), Rendering::Unavailable);
    assert_eq!(renderer.get("hello"), Rendering::Pending);
    lets.send(true).unwrap();
    assert!(matches!(
        outcome(&mut renderer, "hello"),
        Rendering::Ready(_)
    ));
}

#[test]
fn memory_keeps_what_was_used_last() {
    let (mut renderer, _begins, lets) = held();
    for n in 0..KEPT.get() + 10 {
        lets.send(true).unwrap();
        outcome(&mut renderer, &n.to_string());
    }
    assert!(matches!(renderer.get("73"), Rendering::Ready(_)));
    assert_eq!(renderer.get("0"), Rendering::Pending);
}

#[test]
fn without_a_program_there_is_nothing_and_on_the_spot_it_is_there_at_once() {
    assert_eq!(Renderer::none().get("hello"), Rendering::Unavailable);
    let (begun, _begins) = mpsc::channel();
    let (lets, let_go) = mpsc::channel();
    lets.send(true).unwrap();
    drop(lets);
    let mut renderer = Renderer::here(Box::new(Held { begun, let_go }));
    assert!(matches!(renderer.get("hello"), Rendering::Ready(_)));
    assert_eq!(renderer.get("hello"), Rendering::Unavailable);
}

fn placed(voice: &mut Voice) -> Option<usize> {
    match voice.poll_placement() {
        Some(Command::Place { samples, .. }) => Some(samples.len()),
        _ => None,
    }
}

#[test]
fn a_sentence_waits_until_it_is_made_and_is_then_said() {
    let (renderer, _begins, lets) = held();
    let mut voice = Voice::new(Bank::empty(), renderer);
    voice.say(1, &["hello".into()], Turn::After, Moment::ZERO);
    voice.advance(Moment::from_secs(2.9));
    assert_eq!(placed(&mut voice), None);
    lets.send(true).unwrap();
    let length = loop {
        voice.advance(Moment::from_secs(2.9));
        match placed(&mut voice) {
            Some(length) => break length,
            None => std::thread::yield_now(),
        }
    };
    assert_eq!(length, "hello".len());
    assert_eq!(voice.poll_event(), None);
}

#[test]
fn a_sentence_that_is_not_made_in_time_is_a_chime_and_on_the_screen() {
    let (renderer, _begins, _lets) = held();
    let mut voice = Voice::new(Bank::empty(), renderer);
    voice.say(1, &["hello".into()], Turn::After, Moment::ZERO);
    voice.advance(Moment::ZERO);
    voice.advance(Moment::from_secs(2.9));
    assert_eq!((placed(&mut voice), voice.poll_event()), (None, None));
    voice.advance(Moment::from_secs(3.0));
    assert_eq!(
        placed(&mut voice),
        Some(crate::voice::Sound::Chime.clip().samples.len())
    );
    assert_eq!(
        voice.poll_event(),
        Some(VoiceEvent::NoVoice {
            text: "hello".into()
        })
    );
}
