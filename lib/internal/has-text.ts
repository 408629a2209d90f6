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

const maxShown = 60

/** Describes any value for an error message: short texts, numbers and truth values as they are. */
export function describeGiven(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > maxShown ? `${value.slice(0, maxShown)}…` : value)
  if (isClass(value)) return value.name === '' ? 'a class' : `the class ${value.name}`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'a list' : describeValue(value)
}

/** Returns true for a class; other functions can be called. */
export function isClass(value: unknown): value is Function {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}
