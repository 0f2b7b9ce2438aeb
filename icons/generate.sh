#!/bin/sh
# Draws every PNG of this folder from hoofbeat.svg. Run it after changing the drawing; the PNGs are committed.
set -eu
cd "$(dirname "$0")"
npm --prefix ../ui exec --no -- tauri icon hoofbeat.svg --output . --png 16,22,24,32,48,64,128,256,512
mv 512x512.png icon.png
