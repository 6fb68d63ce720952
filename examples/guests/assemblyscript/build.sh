#!/bin/sh
# Builds walk.wasm. AssemblyScript 0.28 from npm: npm install assemblyscript, then ASC="npx asc" ./build.sh
set -eu
cd "$(dirname "$0")"
${ASC:-asc} walk.ts --outFile walk.wasm --optimizeLevel 3 --runtime stub --use abort=
sha256sum walk.wasm walk.ts > walk.wasm.sha256
