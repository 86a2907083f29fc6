//! Measures how soon a text without a clip can be heard: from asking for it until it is ready to be placed, for every
//! speech program and voice on this machine that speaks English.
//!
//! `cargo run --release --example measure_synth`; wanted are 150 ms at the most. Nothing is taken from the cache.

use std::time::{Duration, Instant};

use talkthrough::voice::renderer::{Renderer, Rendering};
use talkthrough::voice::speaker::Sex;
use talkthrough::voice::synth::{SystemSynth, installed};

/// As the sentences of a guide are.
const SENTENCES: [&str; 20] = [
    "Switch the amplifier off.",
    "Pull the plug out of the wall.",
    "Wait until the green light goes out.",
    "Turn the box over, so that its feet point upwards.",
    "Look for a round hole beside the network sockets.",
    "It is as wide as a match.",
    "Straighten one end of a paper clip.",
    "Put the end into the hole until you feel the button.",
    "Do not use force.",
    "Hold the box with your other hand.",
    "Plug the power back in.",
    "The light flashes three times.",
    "Take your hands off the box.",
    "Give it two minutes to start.",
    "Open the lid of the printer.",
    "Slide the lever to the left.",
    "Lift the cartridge out.",
    "Close the lid, until it clicks.",
    "Write the new password on the label.",
    "Put the label inside the door.",
];

fn main() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let engines = installed(&path, "bdl", Sex::Male, None);
    if engines.is_empty() {
        println!("no speech program is installed: flite, espeak-ng or RHVoice");
    }
    for engine in engines {
        let name = engine.name();
        let Some(synth) = SystemSynth::with(vec![engine], None) else {
            continue;
        };
        let mut renderer = Renderer::aside(Box::new(synth));
        let mut took: Vec<f64> = SENTENCES
            .iter()
            .filter_map(|text| ready(&mut renderer, text))
            .map(|took| took.as_secs_f64() * 1e3)
            .collect();
        took.sort_by(f64::total_cmp);
        match (took.get(took.len() / 2), took.last()) {
            (Some(median), Some(worst)) => println!(
                "{name}: median {median:.0} ms, worst {worst:.0} ms (N = {} sentences)",
                took.len()
            ),
            _ => println!("{name}: says none of them"),
        }
    }
}

/// How long it takes until `text` can be said; `None` where it cannot.
fn ready(renderer: &mut Renderer, text: &str) -> Option<Duration> {
    let asked = Instant::now();
    loop {
        match renderer.get(text) {
            Rendering::Ready(_) => return Some(asked.elapsed()),
            Rendering::Unavailable => return None,
            Rendering::Pending => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}
