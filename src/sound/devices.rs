//! Finding loudspeakers and microphones.
//!
//! Two sound systems matter on Linux: a PulseAudio server (PipeWire answers as one) and, without a
//! server, ALSA. The first that answers is used. PulseAudio is asked a second time before it is given
//! up: a busy machine once took longer than cpal waits, and then everything sounds through a
//! different device than the user chose. The default microphone is reached through ALSA even where a
//! server runs, see `through_alsa`.

use cpal::traits::{DeviceTrait, HostTrait};

use super::stream::Direction;
use super::{ErrorKind, SoundError};

/// cpal's name for the sound system behind a PulseAudio (or PipeWire) server.
const SERVER: &str = "PulseAudio";

/// One device in one direction, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// What a person calls it.
    pub name: String,
    /// What the sound system calls it; unique.
    pub id: String,
    /// The sound system.
    pub host: String,
    /// Whether it is the one used when none is named.
    pub default: bool,
    /// Its own sample rate; `None` where it cannot be asked (busy, or gone).
    pub rate: Option<u32>,
    /// Its own number of channels, likewise.
    pub channels: Option<u16>,
}

/// Every device there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// The sound system, such as `PulseAudio` or `ALSA`.
    pub host: String,
    /// What can be listened with.
    pub microphones: Vec<DeviceInfo>,
    /// What can be spoken through.
    pub loudspeakers: Vec<DeviceInfo>,
}

/// Lists the devices of the sound system that is in use.
///
/// # Errors
///
/// [`ErrorKind::NoSoundSystem`] if none answers. A machine without devices gives empty lists.
pub fn list() -> Result<Devices, SoundError> {
    let host = host()?;
    Ok(Devices {
        host: host.id().name().to_owned(),
        microphones: infos(&host, Direction::Input),
        loudspeakers: infos(&host, Direction::Output),
    })
}

/// A device, found.
pub(crate) struct Device {
    device: cpal::Device,
    name: String,
    direct: bool,
}

impl Device {
    /// Finds the device called `wanted`, or the default one.
    ///
    /// A device is called by its id, by its name, or by a part of either that only one has.
    pub(crate) fn find(direction: Direction, wanted: Option<&str>) -> Result<Self, SoundError> {
        let host = host()?;
        if direction == Direction::Input
            && wanted.is_none()
            && let Some(device) = through_alsa(&host)
        {
            let name = names(&device).0;
            return Ok(Self {
                device,
                name,
                direct: false,
            });
        }
        let device = match wanted {
            None => default(&host, direction).ok_or_else(|| {
                let (what, remedy) = match direction {
                    Direction::Input => ("microphone", "connect one, or go on with --keyboard"),
                    Direction::Output => ("loudspeaker", "connect one, or read the screen"),
                };
                let system = host.id().name();
                SoundError::new(
                    ErrorKind::NoDevice,
                    format!("{system} knows no {what}: {remedy}"),
                )
            })?,
            Some(wanted) => named(&host, direction, wanted)?,
        };
        let name = names(&device).0;
        let direct = host.id().name() == SERVER;
        Ok(Self {
            device,
            name,
            direct,
        })
    }

    pub(crate) fn cpal(&self) -> &cpal::Device {
        &self.device
    }

    /// Whether cpal speaks to PulseAudio directly: then it must be given large buffers to listen with.
    pub(crate) fn is_direct_pulse(&self) -> bool {
        self.direct
    }

    /// Its name with what it is, for messages.
    pub(crate) fn title(&self, direction: Direction) -> String {
        format!("{} '{}'", noun(direction), self.name)
    }
}

/// The default microphone of a sound server, by way of ALSA's plug-in for that server if it is
/// installed.
///
/// cpal's own record streams on PulseAudio arrive in pieces of half a millisecond, two thousand a
/// second; on a busy machine a third of the sound was lost, and timestamps were 100 ms wrong. Through
/// the plug-in nothing was lost on the same machine.
fn through_alsa(host: &cpal::Host) -> Option<cpal::Device> {
    if host.id().name() != SERVER {
        return None;
    }
    let alsa = cpal::available_hosts()
        .into_iter()
        .find(|id| id.name() == "ALSA")?;
    let devices = cpal::host_from_id(alsa).ok()?.devices().ok()?;
    let mut bridges = devices.filter(|device| {
        device
            .id()
            .is_ok_and(|id| matches!(id.id(), "pulse" | "pipewire"))
    });
    bridges.find(DeviceTrait::supports_input)
}

fn noun(direction: Direction) -> &'static str {
    match direction {
        Direction::Input => "microphone",
        Direction::Output => "loudspeaker",
    }
}

/// The sound system to use: the first that answers, in cpal's order of preference.
fn host() -> Result<cpal::Host, SoundError> {
    quiet_alsa();
    let mut failure = None;
    for id in cpal::available_hosts() {
        // The second attempt is for a server that is only just starting, or a busy machine.
        for _ in 0..2 {
            match cpal::host_from_id(id) {
                Ok(host) => return Ok(host),
                Err(error) => failure = Some((id, error)),
            }
        }
    }
    Err(match failure {
        Some((id, error)) => SoundError::from_cpal(id.name(), &error),
        None => SoundError::new(
            ErrorKind::NoSoundSystem,
            "no sound system on this machine: start PulseAudio or PipeWire, or connect a sound card",
        ),
    })
}

fn default(host: &cpal::Host, direction: Direction) -> Option<cpal::Device> {
    match direction {
        Direction::Input => host.default_input_device(),
        Direction::Output => host.default_output_device(),
    }
}

fn all(host: &cpal::Host, direction: Direction) -> Vec<cpal::Device> {
    let goes = |device: &cpal::Device| {
        // Only asking ALSA's bridge to JACK prints a page of complaints, and nobody means it; "null"
        // swallows everything without a word.
        let bridge = device
            .id()
            .is_ok_and(|id| matches!(id.id(), "jack" | "null"));
        !bridge
            && match direction {
                Direction::Input => device.supports_input(),
                Direction::Output => device.supports_output(),
            }
    };
    host.devices()
        .map(|devices| devices.filter(goes).collect())
        .unwrap_or_default()
}

/// What a person and what the sound system calls it.
fn names(device: &cpal::Device) -> (String, String) {
    let id = device.id().map(|id| id.id().to_owned()).unwrap_or_default();
    let name = device.description().map(|about| about.name().to_owned());
    (name.unwrap_or_else(|_| id.clone()), id)
}

fn named(
    host: &cpal::Host,
    direction: Direction,
    wanted: &str,
) -> Result<cpal::Device, SoundError> {
    let mut devices: Vec<_> = all(host, direction)
        .into_iter()
        .map(|device| (names(&device), device))
        .collect();
    let candidates: Vec<_> = devices.iter().map(|(names, _)| names.clone()).collect();
    let index = pick(&candidates, wanted).map_err(|problem| {
        let what = noun(direction);
        let list: Vec<_> = candidates.iter().map(|(_, id)| format!("'{id}'")).collect();
        let remedy = match list.as_slice() {
            [] => "connect one".to_owned(),
            list => format!("choose one of {}", list.join(", ")),
        };
        SoundError::new(
            ErrorKind::UnknownDevice,
            format!("{problem} {what} '{wanted}': {remedy}"),
        )
    })?;
    Ok(devices.swap_remove(index).1)
}

/// Which of the (name, id) pairs is meant.
fn pick(candidates: &[(String, String)], wanted: &str) -> Result<usize, &'static str> {
    let is = |names: &(String, String)| names.0 == wanted || names.1 == wanted;
    if let Some(index) = candidates.iter().position(is) {
        return Ok(index);
    }
    let wanted = wanted.to_lowercase();
    let mut matching = candidates.iter().enumerate().filter(|(_, (name, id))| {
        name.to_lowercase().contains(&wanted) || id.to_lowercase().contains(&wanted)
    });
    match (matching.next(), matching.next()) {
        (Some((index, _)), None) => Ok(index),
        (None, _) => Err("there is no"),
        _ => Err("there is more than one"),
    }
}

fn infos(host: &cpal::Host, direction: Direction) -> Vec<DeviceInfo> {
    let favourite = default(host, direction).map(|device| names(&device).1);
    let infos = all(host, direction).into_iter().map(|device| {
        let (name, id) = names(&device);
        let config = match direction {
            Direction::Input => device.default_input_config(),
            Direction::Output => device.default_output_config(),
        }
        .ok();
        DeviceInfo {
            default: favourite.as_ref() == Some(&id),
            host: host.id().name().to_owned(),
            rate: config
                .as_ref()
                .map(cpal::SupportedStreamConfig::sample_rate),
            channels: config.as_ref().map(cpal::SupportedStreamConfig::channels),
            name,
            id,
        }
    });
    infos.collect()
}

/// Keeps ALSA's complaints on this thread off the screen, from now on.
///
/// ALSA's library writes to standard error whatever it stumbles over while looking for devices: a
/// page of it on a machine without a sound card, in the middle of the talk.
fn quiet_alsa() {
    // The handler is kept by the library; what it collected until the last call is dropped here.
    #[cfg(target_os = "linux")]
    let _ = alsa::Output::local_error_handler();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> Vec<(String, String)> {
        [
            ("Built-in Audio", "alsa_input.pci"),
            ("Headset", "alsa_input.usb"),
            ("Head", "bluez.head"),
        ]
        .map(|(name, id)| (name.to_owned(), id.to_owned()))
        .to_vec()
    }

    #[test]
    fn a_device_is_found_by_id_by_name_and_by_a_part_that_only_one_has() {
        assert_eq!(pick(&candidates(), "alsa_input.usb"), Ok(1));
        assert_eq!(pick(&candidates(), "Head"), Ok(2));
        assert_eq!(pick(&candidates(), "headS"), Ok(1));
        assert_eq!(pick(&candidates(), "built"), Ok(0));
    }

    #[test]
    fn a_part_that_several_have_or_none_is_refused() {
        assert_eq!(pick(&candidates(), "alsa"), Err("there is more than one"));
        assert_eq!(pick(&candidates(), "speaker"), Err("there is no"));
        assert!(pick(&[], "x").is_err());
    }

    #[test]
    fn listing_never_fails_worse_than_by_saying_that_there_is_no_sound() {
        // Whatever this machine has: a list, or an error that says the remedy.
        match list() {
            Ok(devices) => assert!(!devices.host.is_empty()),
            Err(error) => assert_eq!(error.kind(), ErrorKind::NoSoundSystem),
        }
    }
}
