// JSON.parse that reads every key as it is written. V8 takes a key with an escape for another one where an object that began
// alike was read before: after `{"a":1,"\\":2}` it reads `{"a":1,"\"":2}` as the former (nodejs/node#63785; Node 24 and 26).
// One visitor's JSON would change how another's session is read.
import { put } from './put.ts'

/** What `text` says. Throws the SyntaxError of JSON.parse. */
export function readJson(text: string): unknown {
  if (!text.includes('\\')) return JSON.parse(text)
  let mark = '\uffff'
  while (text.includes(mark)) mark += '\uffff'
  const keys: string[] = []
  const plain = replaceKeys(text, mark, keys)
  if (keys.length === 0) return JSON.parse(text)
  try {
    return restored(JSON.parse(plain), mark, keys)
  } catch {
    return JSON.parse(text) // the error then tells places in the text that was given
  }
}

/** Whether JSON has keys with escapes, which only `readJson` is sure to read. */
export function hasEscapedKeys(text: string): boolean {
  if (!text.includes('\\')) return false
  const keys: string[] = []
  replaceKeys(text, '', keys)
  return keys.length > 0
}

/** Puts marks in the place of keys with escapes, and their texts into `keys`. */
function replaceKeys(text: string, mark: string, keys: string[]): string {
  let result = ''
  let taken = 0
  for (let start = text.indexOf('"'); start !== -1; ) {
    const end = endOf(text, start)
    if (end === -1) break
    const word = text.slice(start, end)
    if (isKey(text, end) && word.includes('\\')) {
      result += `${text.slice(taken, start)}"${mark}${keys.length}"`
      keys.push(word)
      taken = end
    }
    start = text.indexOf('"', end)
  }
  return result + text.slice(taken)
}

/** Past the text in quotes that starts at `start`; -1 where it does not end. */
function endOf(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) return at + 1
    if (code === 92) at++
  }
  return -1
}

function isKey(text: string, end: number): boolean {
  let at = end
  while (' \t\n\r'.includes(text.charAt(at)) && at < text.length) at++
  return text[at] === ':'
}

/** With the keys that the marks stand for, where they stood. */
function restored(value: unknown, mark: string, keys: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) value[at] = restored(value[at], mark, keys)
    return value
  }
  const result: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    const name = key.startsWith(mark) ? (JSON.parse(keys[Number(key.slice(mark.length))]!) as string) : key
    put(result, name, restored(item, mark, keys))
  }
  return result
}
