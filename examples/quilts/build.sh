#!/bin/sh
# Builds quilt.wasm and verify.wasm. Debian 12: apt-get install clang-16 lld-16 wasi-libc libclang-rt-16-dev-wasm32
set -eu
cd "$(dirname "$0")"
for program in quilt verify; do
  ${CC:-clang-16} --target=wasm32-wasi -O3 -Wall -Wextra -Wl,--strip-all -o "$program.wasm" "$program.c"
  sha256sum "$program.wasm" "$program.c" quilt.h > "$program.wasm.sha256"
done
