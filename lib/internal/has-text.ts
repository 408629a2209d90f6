// Tells values that have a text from those that would show as `[object Promise]`, as code, or not at all: those were not meant.

/** Returns false for a value that has no text of its own: a promise, a function, a plain object. */
export function hasText(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false
  if (typeof value !== 'object' || value === null) return true
  const text: unknown = (value as { toString?: unknown }).toString
  return typeof text === 'function' && text !== Object.prototype.toString
}

/** Describes such a value for an error message. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  const name: unknown = value.constructor?.name
  if (name === 'Promise') return 'a promise'
  return name && name !== 'Object' ? `an object (${name})` : 'an object'
}
