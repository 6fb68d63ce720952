#!/bin/sh
# Builds letters.wasm. Debian 12: apt-get install clang-16 lld-16 wasi-libc libclang-rt-16-dev-wasm32
set -eu
cd "$(dirname "$0")"
${CC:-clang-16} --target=wasm32-wasi -O3 -Wall -Wextra -Wl,--strip-all -o letters.wasm letters.c
sha256sum letters.wasm letters.c > letters.wasm.sha256
