#!/usr/bin/env node
// The command `kiln`: any Node from 20.19 on hands over to the project's own.
process.argv.splice(2, 0, 'kiln');
await import('./bootstrap.mjs');
