#!/bin/sh
# Builds bench-nbody.wasm and its SHA-256. Needs clang 16, lld and wasi-libc (Debian: clang-16 lld-16 wasi-libc libclang-rt-16-dev-wasm32).
set -eu
cd "$(dirname "$0")"
${CC:-clang-16} --target=wasm32-wasi -O3 -Wall -Wextra -Wl,--strip-all -o bench-nbody.wasm bench-nbody.c
sha256sum bench-nbody.wasm > bench-nbody.wasm.sha256
