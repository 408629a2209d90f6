// Parses JSON from clients: no deeper than allowed, and without keys that reach an object's prototype once copied.
import { isUtf8 } from 'node:buffer'
import { isDeeperThan, readJson } from '../../internal/json.ts'
import { BadRequest } from '../exceptions.ts'

/** Parses `bytes`. Throws BadRequest if the JSON is broken, nested beyond `maxDepth`, or has keys for a prototype. */
export function parseJson(bytes: Buffer, maxDepth: number): unknown {
  if (!isUtf8(bytes)) throw new BadRequest('The JSON is not in UTF-8.')
  let text = bytes.toString()
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
  if (isDeeperThan(text, maxDepth)) throw new BadRequest(`The JSON is nested more than ${maxDepth} levels deep.`)
  if (/^\s*$/.test(text)) throw new BadRequest('The body is empty, and should be JSON.')
  let value: unknown
  try {
    value = readJson(text)
  } catch (error) {
    throw new BadRequest(`The JSON is broken: ${(error as Error).message}.`, { cause: error })
  }
  // An escape may spell a letter of either key. The end of "constructor" is searched for: a search stops at each occurrence
  // of the first letter, and u is rarer than c.
  if (text.includes('__proto__') || text.includes('uctor') || text.includes('\\u00')) rejectPrototypes(value)
  return value
}

function rejectPrototypes(root: unknown): void {
  const open = [root]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    const inner: unknown = Object.getOwnPropertyDescriptor(value, 'constructor')?.value
    if (
      Object.hasOwn(value, '__proto__') ||
      (typeof inner === 'object' && inner !== null && Object.hasOwn(inner, 'prototype'))
    ) {
      throw new BadRequest('The JSON has a key that is not allowed (__proto__, constructor.prototype).')
    }
    for (const one of Object.values(value)) open.push(one)
  }
}
