#!/bin/sh
# Builds verify.wasm. Debian 12: apt-get install clang-16 lld-16 wasi-libc libclang-rt-16-dev-wasm32
set -eu
cd "$(dirname "$0")"
${CC:-clang-16} --target=wasm32-wasi -O3 -msimd128 -ffp-contract=off -Wall -Wextra -Wl,--strip-all -o verify.wasm verify.c
sha256sum verify.wasm verify.c > verify.wasm.sha256
