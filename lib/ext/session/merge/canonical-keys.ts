// Canonical keys: numbers that are the same for what holds the same. Elements of lists are compared by them, and objects that
// are keys of Maps or members of Sets are found again: those have no identity that outlives a request.
import { isAtom, typeOf } from '../data/equality.ts'

const { is, keys: keysOf } = Object // see data/equality.ts

/** A Map takes -0 for 0. */
const minusZero = Symbol('-0')

export class CanonicalKeys {
  /** Of atoms, and of objects that were asked for: what lies in others is read once. */
  readonly #known = new Map<unknown, number>()
  /** Of what objects hold. */
  readonly #contents = new Map<string, number>()
  #count = 0

  of(value: unknown): number {
    const known = is(value, -0) ? minusZero : value
    let key = this.#known.get(known)
    if (key === undefined) {
      const content = isAtom(value) ? null : this.#contentOf(value as object)
      key = (content === null ? undefined : this.#contents.get(content)) ?? this.#count++
      if (content !== null) this.#contents.set(content, key)
      this.#known.set(known, key)
    }
    return key
  }

  /** Describes an object by the keys of what is in it: in few characters, however deep it is. */
  #contentOf(value: object): string {
    const type = typeOf(value)
    if (type === 'date') return `date ${(value as Date).getTime()}`
    if (type === 'bytes') return `bytes ${Buffer.from(value as Uint8Array).toString('base64')}`
    const parts =
      type === 'object'
        ? keysOf(value)
            .sort()
            .flatMap((key) => [key, (value as Record<string, unknown>)[key]])
        : [...(value as Iterable<unknown>)]
    return `${type} ${(type === 'map' ? parts.flat() : parts).map((part) => this.of(part)).join()}`
  }
}
