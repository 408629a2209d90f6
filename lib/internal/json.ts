// JSON.parse that reads every key as it is written. V8 takes a key with an escape for another one where an object that began
// alike was read before: after `{"a":1,"\\":2}` it reads `{"a":1,"\"":2}` as the former (nodejs/node#63785; Node 24 and 26).
// One visitor's JSON would change how another's session is read.
import { put } from './put.ts'

/** What `text` says. Throws the SyntaxError of JSON.parse. */
export function readJson(text: string): unknown {
  if (!hasEscapedKeys(text)) return JSON.parse(text)
  let mark = '\uffff'
  while (text.includes(mark)) mark += '\uffff'
  const keys: string[] = []
  const plain = replaceKeys(text, mark, keys)
  try {
    return restored(JSON.parse(plain), mark, keys)
  } catch {
    return JSON.parse(text) // the error then tells places in the text that was given
  }
}

/** Whether JSON has keys with escapes, which only `readJson` is sure to read. */
export const hasEscapedKeys = (text: string): boolean => nextEscapedKey(text, 0) !== null

/** Puts marks in the place of keys with escapes, and their texts into `keys`. */
function replaceKeys(text: string, mark: string, keys: string[]): string {
  let result = ''
  let taken = 0
  for (let key = nextEscapedKey(text, 0); key !== null; key = nextEscapedKey(text, taken)) {
    result += `${text.slice(taken, key.start)}"${mark}${keys.length}"`
    keys.push(text.slice(key.start, key.end))
    taken = key.end
  }
  return result + text.slice(taken)
}

/** Where the first key with escapes stands, from `from` on, with its quotes. */
function nextEscapedKey(text: string, from: number): { start: number; end: number } | null {
  // From the first escape of one text in quotes to that of the next.
  for (let at = text.indexOf('\\', from); at !== -1; ) {
    const end = endOf(text, at)
    if (end === -1) return null
    if (isKey(text, end)) return { start: text.lastIndexOf('"', at), end }
    at = text.indexOf('\\', end)
  }
  return null
}

/** Past the text in quotes that `within` is in; -1 where it does not end. */
function endOf(text: string, within: number): number {
  for (let at = within; at < text.length; at++) {
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
