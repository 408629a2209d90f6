// The Cache-Control header as an object with a property for each directive.
import { checkNumber } from '../../internal/arguments.ts'
import type { HeaderList } from '../headers.ts'

const flags = {
  public: 'public',
  private: 'private',
  noCache: 'no-cache',
  noStore: 'no-store',
  noTransform: 'no-transform',
  mustRevalidate: 'must-revalidate',
  proxyRevalidate: 'proxy-revalidate',
  mustUnderstand: 'must-understand',
  immutable: 'immutable',
} as const

const seconds = {
  maxAge: 'max-age',
  sMaxage: 's-maxage',
  staleWhileRevalidate: 'stale-while-revalidate',
  staleIfError: 'stale-if-error',
} as const

export interface CacheControl
  extends Record<keyof typeof flags, boolean>,
    Record<keyof typeof seconds, number | null> {}

/** Formats seconds as caches read them: whole, from 0 to 2^31 (RFC 9111, 1.2.2). */
export function deltaSeconds(seconds: number): string {
  if (typeof seconds !== 'number') checkNumber('A time of Cache-Control, in seconds,', seconds)
  return String(Math.max(0, Math.min(Math.trunc(seconds) || 0, 2 ** 31)))
}

/**
 * Reads and writes the Cache-Control header of a response.
 *
 * @example
 * response.cacheControl.public = true
 * response.cacheControl.maxAge = 3600
 */
export class CacheControl {
  readonly #headers: HeaderList

  constructor(headers: HeaderList) {
    this.#headers = headers
  }

  toString(): string {
    return this.#headers.getAll('cache-control').join(', ')
  }

  /** Returns its directives and their arguments, '' for none. */
  read(): Map<string, string> {
    const found = new Map<string, string>()
    for (const [, name, quoted, value] of this.toString().matchAll(/([\w-]+)(?:=(?:"([^"]*)"|([^",]*)))?/g)) {
      found.set(name!.toLowerCase(), quoted ?? value ?? '')
    }
    return found
  }

  /** Sets a directive; null removes it. */
  write(name: string, argument: string | null): void {
    const found = this.read()
    if (argument === null) found.delete(name)
    else found.set(name, argument)
    const list = [...found].map(([key, value]) => {
      if (value === '') return key
      return /^[\w.-]+$/.test(value) ? `${key}=${value}` : `${key}="${value}"`
    })
    if (list.length === 0) this.#headers.delete('cache-control')
    else this.#headers.set('cache-control', list.join(', '))
  }
}

function define<V>(
  key: string,
  name: string,
  get: (argument: string | undefined) => V,
  set: (value: V) => string | null,
) {
  Object.defineProperty(CacheControl.prototype, key, {
    enumerable: true,
    get(this: CacheControl): V {
      return get(this.read().get(name))
    },
    set(this: CacheControl, value: V) {
      this.write(name, set(value))
    },
  })
}

for (const [key, name] of Object.entries(flags)) {
  define<boolean>(
    key,
    name,
    (argument) => argument !== undefined,
    (on) => (on ? '' : null),
  )
}
for (const [key, name] of Object.entries(seconds)) {
  define<number | null>(
    key,
    name,
    (argument) => (argument ? Number(argument) : null),
    (age) => (age === null ? null : deltaSeconds(age)),
  )
}
