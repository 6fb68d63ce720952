#!/bin/sh
# Builds goldbach.wasm. Debian 12: apt-get install rustc libstd-rust-dev-wasm32 lld-14. With rustup: rustup target add
# wasm32-wasip1, then TARGET=wasm32-wasip1 ./build.sh
set -eu
cd "$(dirname "$0")"
${RUSTC:-rustc} --edition 2021 --target "${TARGET:-wasm32-wasi}" -C opt-level=3 -C panic=abort -C strip=symbols \
  -C lto=fat -C codegen-units=1 -o goldbach.wasm goldbach.rs
sha256sum goldbach.wasm goldbach.rs > goldbach.wasm.sha256
