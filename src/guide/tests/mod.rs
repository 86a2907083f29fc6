//! What the guide room promises: the built-in guide's facts, the errors' places, and no panic.

mod arbitrary;
mod errors;
mod readme;
mod wisenet;
