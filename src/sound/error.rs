//! What can go wrong with sound, sorted by what the caller should do about it.

use std::path::Path;

/// What to do about a [`SoundError`].
///
/// The kind decides what the program does; the error's message tells the person what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No sound system answers on this machine. Go on without sound: keys and screen.
    NoSoundSystem,

    /// The sound system has no device in this direction. Go on without it, and look again now and
    /// then: headsets get plugged in.
    NoDevice,

    /// No device has the name asked for. Stop and show the message: it lists the names there are.
    UnknownDevice,

    /// The system forbids the device to this user. Trying again is of no use until a person has
    /// changed something; show the message.
    Denied,

    /// Somebody else holds the device. Try again in a second or two.
    Busy,

    /// The stream is dead and will not come back: close it and open a new one.
    Lost,

    /// The device is there but no common sample format or rate was found. Use another device.
    Unsupported,

    /// A file could not be read or written. Show the message.
    File,

    /// The file holds no sound this program can decode. Show the message.
    Undecodable,

    /// The recording is longer than is taken in. Show the message.
    TooLong,

    /// Nothing of the above. Treat it as [`Lost`](Self::Lost) once, and give up the second time.
    Other,
}

/// Something went wrong with a device, a stream or a recording; the message says the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SoundError {
    kind: ErrorKind,
    message: String,
}

impl SoundError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// The sound system does not answer.
    pub(crate) fn hung(what: &str) -> Self {
        Self::new(
            ErrorKind::Busy,
            format!(
                "{what}: the sound system does not answer: start it again, or go on with the keys"
            ),
        )
    }

    /// What to do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// An error of the sound system, about the device called `what`.
    pub(crate) fn from_cpal(what: &str, error: &cpal::Error) -> Self {
        let kind = kind_of(error.kind());
        let remedy = match kind {
            ErrorKind::NoSoundSystem => "start PulseAudio or PipeWire, or connect a sound card",
            ErrorKind::NoDevice => "connect it again, or choose another one",
            ErrorKind::Denied => {
                "add this user to the group 'audio', or allow it in the privacy settings"
            }
            ErrorKind::Busy => "close the program that is using it",
            ErrorKind::Unsupported => "choose another device",
            ErrorKind::Lost => "it has to be opened again",
            _ => "try again, or choose another device",
        };
        let said = error.to_string();
        let said = said.trim_end_matches('.');
        Self::new(kind, format!("{what}: {said}: {remedy}"))
    }

    pub(crate) fn from_io(path: &Path, doing: &str, error: &std::io::Error) -> Self {
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path",
            std::io::ErrorKind::PermissionDenied => "check its permissions",
            std::io::ErrorKind::AlreadyExists => "name another file",
            std::io::ErrorKind::StorageFull => "free some space",
            _ => "check the file and the disk",
        };
        Self::new(
            ErrorKind::File,
            format!("cannot {doing} {}: {error}: {remedy}", path.display()),
        )
    }
}

/// Sorts the sound system's errors into ours.
pub(crate) fn kind_of(kind: cpal::ErrorKind) -> ErrorKind {
    use cpal::ErrorKind as Cpal;
    match kind {
        Cpal::HostUnavailable => ErrorKind::NoSoundSystem,
        Cpal::DeviceNotAvailable => ErrorKind::NoDevice,
        Cpal::PermissionDenied => ErrorKind::Denied,
        Cpal::DeviceBusy | Cpal::ResourceExhausted => ErrorKind::Busy,
        Cpal::StreamInvalidated => ErrorKind::Lost,
        Cpal::UnsupportedConfig | Cpal::UnsupportedOperation | Cpal::InvalidInput => {
            ErrorKind::Unsupported
        }
        _ => ErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_device_the_cause_and_the_remedy() {
        let busy = cpal::Error::with_message(cpal::ErrorKind::DeviceBusy, "EBUSY");
        let error = SoundError::from_cpal("microphone 'Headset'", &busy);
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert_eq!(
            error.to_string(),
            "microphone 'Headset': EBUSY: close the program that is using it"
        );
    }
}
