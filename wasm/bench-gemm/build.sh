#!/bin/sh
# Builds bench-gemm.wasm and bench-gemm-simd.wasm with their SHA-256. Needs clang 16, lld and wasi-libc
# (Debian: clang-16 lld-16 wasi-libc libclang-rt-16-dev-wasm32).
set -eu
cd "$(dirname "$0")"
${CC:-clang-16} --target=wasm32-wasi -O3 -Wall -Wextra -Wl,--strip-all -o bench-gemm.wasm bench-gemm.c
${CC:-clang-16} --target=wasm32-wasi -O3 -msimd128 -Wall -Wextra -Wl,--strip-all -o bench-gemm-simd.wasm bench-gemm.c
sha256sum bench-gemm.wasm > bench-gemm.wasm.sha256
sha256sum bench-gemm-simd.wasm > bench-gemm-simd.wasm.sha256
