// Forms and queries with objects and lists: makes `{ items: [{ name }], address: { city } }` of the names `items[0].name` and
// `address[city]`. A name without brackets, one that is malformed, or one that does not fit the others is kept as it was sent.

/** Values by the name of their field; a list where the name was repeated. */
export type Fields<V> = Readonly<Record<string, V | V[]>>

const nestedName = /^([^[\]]+)((?:\[[^[\]]+\](?:\.[^.[\]]+)*)*)(\[\])?$/
const laterKeys = /\[([^[\]]+)\]|\.([^.[\]]+)/g
/** Keys of one name. */
const maxKeys = 8
/** Keys that reach what all objects inherit, for code that copies fields one by one. */
const inherited = /^(?:__proto__|prototype|constructor)$/

/** Returns the keys that a name leads to: `['items', '0', 'name']`. */
export function keysOf(name: string): string[] {
  const [, first, rest = ''] = (name.endsWith(']') || name.includes('].') ? nestedName.exec(name) : null) ?? []
  if (first === undefined) return [name]
  const keys = [first, ...Array.from(rest.matchAll(laterKeys), ([, bracketed, dotted]) => bracketed ?? dotted!)]
  return keys.length > maxKeys || keys.some((key) => inherited.test(key)) ? [name] : keys
}

type Branch<V> = Map<string, V | V[] | Branch<V>>

/** Puts the values of nested names where they lead. Numbers from 0 without a gap make a list, others an object. */
export function nestFields<V>(fields: Fields<V>): Readonly<Record<string, unknown>> {
  const names = Object.keys(fields)
  if (!names.some((name) => name.includes('['))) return fields
  const paths = names.map((name) => ({ name, keys: keysOf(name), value: fields[name]! }))
  const isNested = ({ name, keys }: { name: string; keys: string[] }) => keys[0] !== name
  const root: Branch<V> = new Map()
  for (const { name, value } of paths.filter((path) => !isNested(path))) root.set(name, value)
  for (const { name, keys, value } of paths.filter(isNested)) {
    // `tags[]` is a list, even with one value.
    const given = name.endsWith('[]') && !Array.isArray(value) ? [value] : value
    if (!put(root, keys, given)) root.set(name, value)
  }
  return objectOf(root)
}

/** Returns false if another field has a value on the way, or at the end of it. */
function put<V>(root: Branch<V>, keys: readonly string[], value: V | V[]): boolean {
  let branch = root
  for (const key of keys.slice(0, -1)) {
    const next = branch.get(key) ?? new Map()
    if (!(next instanceof Map)) return false
    branch.set(key, next)
    branch = next
  }
  const last = keys.at(-1)!
  if (branch.has(last)) return false
  branch.set(last, value)
  return true
}

function objectOf<V>(branch: Branch<V>): Record<string, unknown> {
  const made = (value: V | V[] | Branch<V>) => (value instanceof Map ? listOrObject(value) : value)
  // fromEntries defines properties, so that no key is special.
  return Object.fromEntries(Array.from(branch, ([key, value]) => [key, made(value)]))
}

function listOrObject<V>(branch: Branch<V>): unknown {
  const object = objectOf(branch)
  for (let at = 0; at < branch.size; at++) if (!branch.has(`${at}`)) return object
  return Object.values(object)
}

/** Returns a function that finds the field that a path of keys is about: its name as it was sent, or as it would be. */
export function fieldNames(names: readonly string[]): (path: readonly (string | number)[]) => string {
  const text = (keys: readonly (string | number)[]) => keys.join('\0')
  const sent = new Map(names.map((name) => [text(keysOf(name)), name]))
  const hasDots = names.some((name) => name.includes('].'))
  return (path) => {
    // A list of texts is one field that was repeated.
    for (let length = path.length; length > 0; length--) {
      const name = sent.get(text(path.slice(0, length)))
      if (name !== undefined) return name
    }
    const [first = '', ...rest] = path
    const isDotted = (key: string | number, at: number) => hasDots && at > 0 && !/^\d+$/.test(`${key}`)
    return `${first}${rest.map((key, at) => (isDotted(key, at) ? `.${key}` : `[${key}]`)).join('')}`
  }
}
