#!/usr/bin/env node
// The command `tipfy`. This file must parse on any Node that runs ES modules, so that an old one gets a sentence, not a
// syntax error: no imports but those below, made after the check.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `tipfy needs Node 22.18 or newer, and this is ${process.versions.node}. Install Node 24: https://nodejs.org`,
  )
  process.exit(1)
}
// Compiled code is kept between runs: half of a command's time is compiling.
const { enableCompileCache } = await import('node:module')
enableCompileCache()
const { main } = await import('./main.ts')
await main(process.argv)
