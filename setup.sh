#!/usr/bin/env bash
# Fetches what a build needs and the machine lacks: ALSA headers, pkg-config, libvosk.
# With --test also what only the tests need: a virtual sound card, strace, cargo fmt and clippy.
# Quick and silent where nothing is missing, so `make` calls it every time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

VERSION=0.3.45
LIBVOSK=vendor/libvosk/libvosk.so
RELEASE=https://github.com/alphacep/vosk-api/releases/download/v$VERSION

say() { printf 'setup: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# Installs Debian packages, as root or through sudo; fails without a word where neither can be had.
apt_install() {
    have apt-get || return 1
    local root=()
    if [ "$(id -u)" != 0 ]; then
        # Without a terminal sudo could not ask for the password, so it must not need one.
        have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; } || return 1
        root=(sudo)
    fi
    say "installing $*"
    local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null 2>&1 && return
    # Most likely the package lists are missing or old.
    "${apt[@]}" update >/dev/null && "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null
}

build_tools() {
    [ "$(uname -s)" = Linux ] || { have pkg-config || say "install pkg-config first: brew install pkg-config"; return 0; }
    have cc && have pkg-config && pkg-config --exists alsa && return
    apt_install gcc libc6-dev libasound2-dev libasound2-plugins pkg-config && return
    say "install these and try again. apt: apt-get install gcc libc6-dev libasound2-dev pkg-config; dnf: dnf install gcc alsa-lib-devel pkgconf-pkg-config; brew: brew install pkg-config"
    exit 1
}

# Prints a python3 that has pip; the second is a throw-away one in the directory $1.
python_with_pip() {
    local try
    for try in as_is venv apt; do
        case $try in
            as_is) ;;
            venv) python3 -m venv "$1/venv" >/dev/null 2>&1 && echo "$1/venv/bin/python3" && return ;;
            apt) apt_install python3-pip || return 1 ;;
        esac
        python3 -m pip --version >/dev/null 2>&1 && echo python3 && return
    done
    return 1
}

# Takes libvosk.so, wherever it lies in the archive $1, out into the directory $2.
unpack() {
    if ! have unzip && have python3; then
        python3 -m zipfile -e "$1" "$2/unpacked" && find "$2/unpacked" -name libvosk.so -exec mv {} "$2/" \;
    else
        have unzip || apt_install unzip
        unzip -qjo "$1" '*/libvosk.so' -d "$2"
    fi
    [ -s "$2/libvosk.so" ]
}

from_pip() {
    local python
    python=$(python_with_pip "$1") || { say "no pip here, trying the upstream release"; return 1; }
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --require-hashes --requirement .ci/libvosk.txt --dest "$1" >&2 || { say "pip could not fetch vosk $VERSION, trying the upstream release"; return 1; }
    unpack "$1"/vosk-*.whl "$1"
}

# The release holds the same library as a plain zip. Either archive's digest will do.
from_release() {
    local machine digests archive="$1/release.zip"
    machine=$(uname -m)
    case $machine in
        x86_64) digests="bbdc8ed85c43979f6443142889770ea95cbfbc56cffb5c5dcd73afa875c5fbb2 25e025093c4399d7278f543568ed8cc5460ac3a4bf48c23673ace1e25d26619f" ;;
        aarch64) digests="45e95d37755deb07568e79497d7feba8c03aee5a9e071df29961aa023fd94541 54efb47dd890e544e9e20f0316413acec7f8680d04ec095c6140ab4e70262704" ;;
        *) say "upstream has no libvosk for $machine that we know: build it and set VOSK_LIB_DIR"; return 1 ;;
    esac
    local url=$RELEASE/vosk-linux-$machine-$VERSION.zip
    if have curl; then curl -fsSL --retry 3 -o "$archive" "$url"
    else have wget || apt_install wget ca-certificates; wget -qO "$archive" "$url"; fi || return 1
    local digest
    digest=$(sha256sum "$archive" | cut -d' ' -f1)
    [[ " $digests " == *" $digest "* ]] || { say "$url is not what it should be (SHA-256 $digest): nothing installed"; return 1; }
    unpack "$archive" "$1"
}

libvosk() {
    [ -n "${VOSK_LIB_DIR:-}" ] && return
    [ -s "$LIBVOSK" ] && return
    mkdir -p vendor/libvosk
    scratch=$(mktemp -d vendor/fetch.XXXXXX)
    trap 'rm -rf "$scratch"' EXIT
    say "fetching libvosk $VERSION"
    # Moved into place whole, so that an interrupted fetch leaves nothing that looks finished.
    if from_pip "$scratch" || from_release "$scratch"; then
        mv "$scratch/libvosk.so" "$LIBVOSK"
        return
    fi
    say "libvosk $VERSION could not be fetched: connect to the network and try again, or put libvosk.so of that version into vendor/libvosk/"
    return 1
}

test_tools() {
    have pulseaudio && have pactl || apt_install pulseaudio pulseaudio-utils libasound2-plugins ||
        say "no virtual sound card (install pulseaudio pulseaudio-utils libasound2-plugins): the tests that need it are skipped"
    have strace || apt_install strace ||
        say "no strace (install it): that no network connection is opened is tested more weakly"
    compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || apt_install libfaketime ||
        say "no libfaketime (install it): that the time of day can be set back in a hold is not tested"
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 ||
        rustup component add rustfmt clippy >&2 || { say "install rustfmt and clippy and try again"; exit 1; }
}

build_tools
libvosk
if [ "${1:-}" = --test ]; then test_tools; fi
