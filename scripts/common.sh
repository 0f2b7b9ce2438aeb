# shellcheck shell=bash
# What the scripts share. Sourced, never run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# Where Cargo builds: another folder only where the environment says so.
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}

BOLD='' PLAIN=''
if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then BOLD=$'\e[1m' PLAIN=$'\e[0m'; fi

# say WORDS…: tells the person what happens next.
say() { printf '%s==> %s%s\n' "$BOLD" "$*" "$PLAIN" >&2; }

# fail WORDS…: tells the person what is wrong and what to do, and stops.
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# at_least NEEDED FOUND: compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# has_display: whether windows can be shown.
has_display() { [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; }

# build_programs: builds what a person runs. A release build: the recorder is made to cost next to nothing, and a debug build
# of it costs several times that.
build_programs() {
    local programs=(-p hoofbeat -p hoofbeat-webhook -p hoofbeat-serve)
    if has_display; then programs+=(-p hoofbeat-desktop); fi
    say "Building"
    cargo build --locked --release --quiet "${programs[@]}"
}

# changed STAMP FILE…: whether the files (or the folders' files) differ from those of the last `remember STAMP`.
# Contents count, not times: a checkout of another branch and back needs no rebuild.
changed() {
    local stamp=$TARGET/stamps/$1
    shift
    mkdir -p "$TARGET/stamps"
    contents "$@" >"$stamp.new"
    ! cmp -s "$stamp.new" "$stamp"
}

remember() { mv "$TARGET/stamps/$1.new" "$TARGET/stamps/$1"; }

contents() {
    find "$@" -type d \( -name node_modules -o -name dist \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum
}
