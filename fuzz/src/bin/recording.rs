//! WAV, FLAC and Ogg Vorbis.
#![cfg_attr(fuzzing, no_main)]

use talkthrough::sound::file::Pcm;

pub(crate) fn run(data: &[u8]) {
    if let Ok(pcm) = Pcm::decode(data.to_vec()) {
        assert!(!pcm.samples.is_empty());
        assert!(pcm.samples.iter().all(|sample| sample.is_finite()));
        assert!(pcm.seconds() <= 3_600.0);
    }
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // The program catches what panics in the decoders; libfuzzer's hook would end the run there.
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    run(data);
});
