//! How much speaks for a phrase, and how much is wanted.

use std::time::Duration;

/// How soon, and on how much evidence, a phrase is obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Acting wrongly costs nothing, acting late does ("stop", "slipped", "wait"): while it is being said.
    Fast,
    /// When the word is over.
    Normal,
    /// What it does cannot be undone: only on the recogniser's own final result.
    Strict,
}

/// The evidence a lane wants.
#[derive(Clone, Copy, Debug)]
pub struct OperatingPoint {
    /// Least confidence of each word, where the recogniser's is the only opinion.
    pub confidence: f32,
    /// Least [`Evidence::log_odds`] where the verifier has one too, among [`FEW_PHRASES`] or fewer.
    pub log_odds: f32,
    /// How much more confidence is wanted while our own voice sounds, in log odds.
    pub over_own_voice: f32,
    /// How far it must then rise above what is usually left of our own voice, in dB.
    pub over_echo: f32,
    /// The same where the verifier gives it better odds than even.
    pub over_echo_likely: f32,
    /// How long the partial result must have stood unchanged before it is looked at.
    pub stable: Duration,
    /// How long it must have been quiet before the utterance is taken to be over.
    pub quiet: Duration,
}

/// One row for each lane, in the order of [`Lane`]. Chosen on half of the measuring speakers; what they
/// give on the other half, in recall and in false actions per hour, is in `models/README.md`.
pub const OPERATING_POINTS: [OperatingPoint; 3] = [
    OperatingPoint {
        confidence: 0.7,
        log_odds: -2.25,
        over_own_voice: 0.6,
        over_echo: 6.0,
        over_echo_likely: 3.0,
        stable: Duration::from_millis(60),
        quiet: Duration::ZERO,
    },
    OperatingPoint {
        confidence: 0.7,
        log_odds: -0.75,
        over_own_voice: 0.9,
        over_echo: 6.0,
        over_echo_likely: 3.0,
        stable: Duration::from_millis(100),
        quiet: Duration::from_millis(200),
    },
    OperatingPoint {
        confidence: 0.9,
        log_odds: 3.0,
        over_own_voice: 0.8,
        over_echo: 9.0,
        over_echo_likely: 9.0,
        stable: Duration::from_millis(100),
        quiet: Duration::from_millis(600),
    },
];

/// The more phrases are listened for, the likelier something else is like one of them: for each doubling
/// beyond so many, twice the odds are wanted.
pub const FEW_PHRASES: usize = 6;

/// How much more than the verifier and the recogniser together need in quiet they need over our own voice, in log odds. At 1.0
/// the program obeyed itself once in two hours of strange rooms (`tests/own_voice.rs`), at 2.0 not; on half of the measuring
/// speakers no command is lost up to that.
const BOTH_OVER_OWN_VOICE: f32 = 2.0;

/// What the verifier gives no more than these log odds is not obeyed over our own voice, however sure the recogniser is. On half
/// of the measuring speakers no command that was obeyed there had less than -2.7 (N = 163).
const OUT_OF_THE_QUESTION: f32 = -3.5;

/// The verifier's log odds that are wanted at least of what rises no more than so many dB above the noise, and of what rises
/// so much: in noise the recogniser is as sure of what is wrong.
const LEAST_ODDS: [(f32, f32); 2] = [(30.0, 0.3), (45.0, -1.5)];

/// What the verifier's log odds count beside the recogniser's.
const VERIFIER_WEIGHT: f32 = 3.0;

impl Lane {
    /// The evidence it wants.
    pub fn operating_point(self) -> &'static OperatingPoint {
        let [fast, normal, strict] = &OPERATING_POINTS;
        match self {
            Self::Fast => fast,
            Self::Normal => normal,
            Self::Strict => strict,
        }
    }
}

/// Where our own voice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ours {
    /// Nowhere near.
    Silent,
    /// Shortly before what was said.
    Before,
    /// In the same moment.
    During,
}

/// What speaks for a phrase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The recogniser's confidence in its least certain word, 0 to 1; 0 where it proposed another phrase, or none.
    pub confidence: f32,
    /// The verifier's natural log odds, where it has an opinion on the phrase.
    pub odds: Option<f32>,
    /// How far its loudest moment lies above the noise floor, in dB.
    pub rise: f32,
    /// Where our own voice sounds, how far it lies above what is usually left of that, in dB.
    pub over_echo: Option<f32>,
}

impl Evidence {
    /// Both opinions as natural log odds, the verifier's weighted.
    pub fn log_odds(&self) -> f32 {
        log_odds(self.confidence) + VERIFIER_WEIGHT * self.odds.unwrap_or(0.0)
    }

    /// Whether it rises as far above what our own voice leaves as `point` wants, where that sounds.
    pub(super) fn stands_out(&self, point: &OperatingPoint) -> bool {
        let likely = self.odds.is_some_and(|odds| odds > 0.0);
        let wanted = if likely {
            point.over_echo_likely
        } else {
            point.over_echo
        };
        self.over_echo.is_none_or(|rise| rise >= wanted)
    }

    /// Whether it is as much as `point` wants where so many `phrases` are listened for.
    pub(super) fn suffices(&self, point: &OperatingPoint, phrases: usize, ours: Ours) -> bool {
        let alone = log_odds(self.confidence) - log_odds(point.confidence);
        let many = phrases.max(FEW_PHRASES) as f32 / FEW_PHRASES as f32;
        let both = self.log_odds() - point.log_odds - many.ln();
        match self.odds {
            Some(odds) if ours == Ours::During => {
                odds > OUT_OF_THE_QUESTION
                    && (alone >= point.over_own_voice || both >= BOTH_OVER_OWN_VOICE)
            }
            // The verifier hears our own words before an answer, and doubts that it is all.
            Some(_) if ours == Ours::Before => both >= 0.0,
            Some(odds) => both >= 0.0 && odds >= by_rise(LEAST_ODDS, self.rise),
            None if ours == Ours::During => alone >= point.over_own_voice,
            None => alone >= 0.0,
        }
    }
}

/// A line through two points, and level beyond them: what is wanted of something that rises `rise` dB above the noise.
pub(super) fn by_rise(points: [(f32, f32); 2], rise: f32) -> f32 {
    let [(low, in_noise), (high, in_quiet)] = points;
    let share = ((rise - low) / (high - low)).clamp(0.0, 1.0);
    in_noise + share * (in_quiet - in_noise)
}

/// Of a phrase that the recogniser did not even propose, it is as sure as this.
const NOT_PROPOSED: f32 = 0.2;

/// Nor is it believed beyond this: its confidence compares phrases with one another, so that it is often certain of
/// what is none of them. On half of the measuring speakers this costs no command.
const MOST_CERTAIN: f32 = 0.98;

fn log_odds(share: f32) -> f32 {
    let share = share.clamp(NOT_PROPOSED, MOST_CERTAIN);
    (share / (1.0 - share)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(confidence: f32, odds: Option<f32>) -> Evidence {
        Evidence {
            confidence,
            odds,
            rise: 60.0,
            over_echo: None,
        }
    }

    #[test]
    fn two_opinions_outweigh_one_and_many_phrases_want_more_of_both() {
        let point = Lane::Normal.operating_point();
        assert!(!evidence(0.6, None).suffices(point, 6, Ours::Silent));
        assert!(evidence(0.6, Some(1.0)).suffices(point, 6, Ours::Silent));
        assert!(!evidence(1.0, Some(-3.0)).suffices(point, 6, Ours::Silent));
        let weak = evidence(0.5, Some(-0.2));
        assert!(weak.suffices(point, 6, Ours::Silent) && !weak.suffices(point, 40, Ours::Silent));
        let doubted = evidence(0.9, Some(-3.0));
        assert!(
            doubted.suffices(point, 6, Ours::During) && !doubted.suffices(point, 6, Ours::Silent)
        );
        assert!(!evidence(1.0, Some(-4.0)).suffices(point, 6, Ours::During));
        assert!(!evidence(0.8, Some(-1.0)).suffices(point, 6, Ours::During));
        assert!(evidence(0.8, Some(1.0)).suffices(point, 6, Ours::During));
    }

    #[test]
    fn over_our_own_voice_less_loudness_is_wanted_of_what_the_verifier_believes() {
        let faint = |odds| Evidence {
            over_echo: Some(4.0),
            ..evidence(1.0, odds)
        };
        let normal = Lane::Normal.operating_point();
        assert!(faint(Some(0.5)).stands_out(normal));
        assert!(!faint(Some(-0.5)).stands_out(normal) && !faint(None).stands_out(normal));
        assert!(!faint(Some(5.0)).stands_out(Lane::Strict.operating_point()));
        assert!(
            evidence(1.0, None).stands_out(normal),
            "nothing of ours sounds"
        );
    }

    #[test]
    fn in_noise_the_verifier_has_to_believe_it_too() {
        let point = Lane::Normal.operating_point();
        let rises = |rise, odds| Evidence {
            rise,
            ..evidence(1.0, Some(odds))
        };
        assert!(rises(60.0, -0.8).suffices(point, 6, Ours::Silent));
        assert!(!rises(20.0, -0.8).suffices(point, 6, Ours::Silent));
        assert!(rises(20.0, 0.4).suffices(point, 6, Ours::Silent));
        assert!(!rises(37.5, -0.7).suffices(point, 6, Ours::Silent));
        assert!(rises(37.5, -0.5).suffices(point, 6, Ours::Silent));
        assert!(
            rises(20.0, -0.8).suffices(point, 6, Ours::During),
            "another rule"
        );
        assert!(
            rises(20.0, -0.8).suffices(point, 6, Ours::Before),
            "an answer"
        );
    }

    #[test]
    fn what_was_not_proposed_needs_a_verifier_that_is_sure() {
        let point = Lane::Normal.operating_point();
        assert!(!evidence(0.0, Some(-1.0)).suffices(point, 6, Ours::Silent));
        assert!(!evidence(0.0, Some(0.5)).suffices(point, 46, Ours::Silent));
        assert!(evidence(0.0, Some(1.0)).suffices(point, 46, Ours::Silent));
    }
}
