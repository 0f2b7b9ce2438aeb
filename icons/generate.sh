#!/bin/sh
# Draws every PNG of this folder from hoofbeat.svg with Tauri's command line, which npm fetches for the occasion: nothing
# else needs it. Run this after changing the drawing; the PNGs are committed.
set -eu
cd "$(dirname "$0")"
npm exec --yes --package=@tauri-apps/cli@2.12.5 -- tauri icon hoofbeat.svg --output . --png 16,22,24,32,48,64,128,256,512
mv 512x512.png icon.png
