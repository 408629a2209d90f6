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
// Keeps compiled code between runs: half of a start is compiling. It lies beside the packages, since who can write there could
// change those as well; Node's default is a folder that all users share.
const [{ existsSync }, { enableCompileCache }] = await Promise.all([import('node:fs'), import('node:module')])
// Deno has none.
if (existsSync('node_modules')) enableCompileCache?.('node_modules/.cache/tipfy')
const { main } = await import('./main.ts')
await main(process.argv)
