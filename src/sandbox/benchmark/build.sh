#!/bin/sh
# Builds speed.wasm and writes it as base64 into speed-module.ts. Needs clang and lld 16 or newer.
set -eu
cd "$(dirname "$0")"
"${CC:-clang-16}" --target=wasm32 -O3 -nostdlib -Wl,--no-entry -Wl,--strip-all -o speed.wasm speed.c
{
  echo "/** speed.c, built by build.sh: the reference load of kind \`wasi\`, in base64. */"
  echo "export const SPEED_MODULE_BASE64 ="
  echo "  '$(base64 -w0 speed.wasm)';"
} > speed-module.ts
rm speed.wasm
