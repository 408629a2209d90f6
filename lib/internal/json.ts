// JSON.parse that reads every key as it is written. V8 takes a key with an escape for another one where an object that began
// alike was read before: after `{"a":1,"\\":2}` it reads `{"a":1,"\"":2}` as the former (nodejs/node#63785; Node 24 and 26).
// One visitor's JSON would change how another's session is read. Every step takes time linear in the text: strangers send it.

/** Returns the value of JSON `text`. Throws the SyntaxError of JSON.parse. */
export function readJson(text: string): unknown {
  if (!hasEscapedKeys(text)) return JSON.parse(text)
  try {
    const { numbered, keys } = numberKeys(text)
    return withKeys(JSON.parse(numbered), keys)
  } catch {
    return JSON.parse(text) // throws an error that points into the text that was given
  }
}

/** Tells if JSON has keys with escapes, which only `readJson` is sure to read. */
export function hasEscapedKeys(text: string): boolean {
  // From the first escape of one string to that of the next.
  for (let at = text.indexOf('\\'); at !== -1; ) {
    const end = endOfString(text, at)
    if (end === -1) return false
    if (isKey(text, end)) return true
    at = text.indexOf('\\', end)
  }
  return false
}

/** Replaces each key by its number: no key of the text can be taken for one, and doubled keys keep their order. */
function numberKeys(text: string): { numbered: string; keys: string[] } {
  const keys: string[] = []
  let numbered = ''
  let copied = 0
  for (let start = text.indexOf('"'); start !== -1; ) {
    const end = endOfString(text, start + 1)
    if (end === -1) break
    if (isKey(text, end)) {
      numbered += `${text.slice(copied, start)}"${keys.length}"`
      keys.push(JSON.parse(text.slice(start, end)) as string)
      copied = end
    }
    start = text.indexOf('"', end)
  }
  return { numbered: numbered + text.slice(copied), keys }
}

/** Returns the index past the string that `within` lies in; -1 where it does not end. */
export function endOfString(text: string, within: number): number {
  for (let at = within; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) return at + 1
    if (code === 92) at++
  }
  return -1
}

/** Tells if the string that ends at `end` is a key: a colon follows. */
function isKey(text: string, end: number): boolean {
  let at = end
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
  return text[at] === ':'
}

/** Puts the keys in the place of their numbers; in a loop, because a text may be nested deeper than the stack. */
function withKeys(root: unknown, keys: readonly string[]): unknown {
  const holder = [root]
  const open: object[] = [holder]
  const enter = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const entered = Array.isArray(value) ? value : renamed(value, keys)
    open.push(entered)
    return entered
  }
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) for (let at = 0; at < next.length; at++) next[at] = enter(next[at])
    else for (const [key, value] of Object.entries(next)) put(next as Record<string, unknown>, key, enter(value))
  }
  return holder[0]
}

function renamed(object: object, keys: readonly string[]): object {
  const result: Record<string, unknown> = {}
  for (const [number, value] of Object.entries(object)) put(result, keys[Number(number)]!, value)
  return result
}

/** Sets an own property of any name: `__proto__` is a key like any other. */
export function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

/** Tells if a JSON text is nested more than `limit` levels deep. What walks its value by recursion would fail far inside. */
export function isDeeperThan(text: string, limit: number): boolean {
  return opensMoreThan(text, limit) && depthOf(text) > limit
}

// Most texts have fewer brackets than allowed levels: two native searches find that without a walk.
function opensMoreThan(text: string, limit: number): boolean {
  let count = 0
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++count > limit) return true
    }
  }
  return false
}

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (quoted) {
      if (char === 92) at++
      else if (char === 34) quoted = false
    } else if (char === 34) quoted = true
    else if (char === 91 || char === 123) deepest = Math.max(deepest, ++depth)
    else if (char === 93 || char === 125) depth--
  }
  return deepest
}
