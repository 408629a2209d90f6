// `tipfy secret`: makes a key that signs cookies.
import { randomBytes } from 'node:crypto'
import { print, printJson } from './output.ts'

export function secretCommand({ json }: { json?: boolean }): void {
  const key = randomBytes(32).toString('base64url')
  if (json) printJson({ key })
  else print(key)
}
