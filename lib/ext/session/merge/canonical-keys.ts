// Canonical keys: of what holds the same, one and the same. Elements of lists are compared by them, and objects that are keys
// of Maps or members of Sets are found again: they have no identity that outlives a request.
import { typeOf } from '../data/equality.ts'

const { is, keys: keysOf } = Object

export class CanonicalKeys {
  readonly #byContent = new Map<string, string>()
  /** Those of objects that were asked for: what lies in others is read once. */
  readonly #byObject = new Map<object, string>()

  /** Returns a key that a Map tells from those of all other values. */
  of(value: unknown): unknown {
    if (typeof value === 'string') return `"${value}`
    if (typeof value !== 'object' || value === null) return is(value, -0) ? '-0' : value
    let key = this.#byObject.get(value)
    if (key === undefined) {
      const content = this.#contentOf(value)
      key = this.#byContent.get(content) ?? `#${this.#byContent.size}`
      this.#byContent.set(content, key)
      this.#byObject.set(value, key)
    }
    return key
  }

  /** Describes an object by the keys of what is in it, so that texts stay short however deep it is. */
  #contentOf(value: object): string {
    const type = typeOf(value)
    switch (type) {
      case 'date':
        return `date ${(value as Date).getTime()}`
      case 'bytes':
        return `bytes ${Buffer.from(value as Uint8Array).toString('base64')}`
      case 'map':
        return `map ${this.#all([...(value as Map<unknown, unknown>)].flat())}`
      case 'object': {
        const members = keysOf(value).sort()
        return `object ${this.#all(members)} ${this.#all(members.map((key) => (value as Record<string, unknown>)[key]))}`
      }
      default:
        return `${type} ${this.#all(value as Iterable<unknown>)}`
    }
  }

  #all(values: Iterable<unknown>): string {
    let text = ''
    for (const value of values) {
      const key = this.of(value)
      if (typeof key === 'string') text += `${key.length}:${key}`
      else text += typeof key === 'bigint' ? `${key}n,` : `${key},`
    }
    return text
  }
}
