// Decides what errors, terminals and the console must not show: rather too much than too little.

const secretName = /secret|passw|pwd|token|credential|private|cookie|authorization|signature|key/i
// Names that sound like secrets and are none.
const harmless = /^(?:cookieName|idCookieName|csrfCookieName|maxCookieSize)$/

/** Returns true if a value of this name must not be shown. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !harmless.test(name)
}

/** Hides the passwords in the URLs of a text. */
export function withoutPassword(text: string): string {
  return text.replace(/(\w+:\/\/[^:/@\s]*:)[^@\s]+@/g, '$1hidden@')
}

/** Makes the control characters of a text visible, except tab and line feed: visitors must not write escape sequences to a terminal. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\0-\x08\x0b-\x1f\x7f-\x9f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** Replaces the secrets in a configuration by their sizes: it is seen over shoulders and in screenshots. */
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

/** A secret, as `inspect` shows it. */
class Hidden {
  readonly #text: string

  constructor(value: unknown) {
    if (typeof value === 'string') this.#text = `hidden (${value.length} characters)`
    else if (Array.isArray(value)) this.#text = `hidden (${value.length} values)`
    else this.#text = 'hidden'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.#text
  }
}
