// What the console hides of a configuration: it is seen over shoulders and in screenshots.
import { isSecretName, withoutPassword } from '../../internal/redact.ts'

/** The same value with all that is secret in it replaced by its size. */
export function withoutSecrets(value: unknown, name = ''): unknown {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number') return value
  // A section named `cookie` holds attributes, a header of that name a session.
  if (isSecretName(name) && !(name === 'cookie' && typeof value === 'object')) return new Hidden(value)
  if (typeof value === 'string') return withoutPassword(value)
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, name))
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined
  if (prototype !== null && prototype !== undefined && Object.getPrototypeOf(prototype) !== null) return value
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner, key)]))
}

/** Stands for a secret. */
class Hidden {
  readonly what: string

  constructor(value: unknown) {
    if (typeof value === 'string') this.what = `hidden (${value.length} characters)`
    else if (Array.isArray(value)) this.what = `hidden (${value.length} values)`
    else this.what = 'hidden'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.what
  }
}
