// Describes a thrown value, which may be anything: no error, a Proxy that throws when it is looked at, causes in a circle, a
// message of ten megabytes. Nothing in here throws, so that no error ends the process by being described.
import { inspect } from 'node:util'

/** An error as JSON can hold it. */
export interface ErrorDescription {
  name?: string
  message: string
  code?: string | number
  stack?: string
  cause?: ErrorDescription
  /** Of an AggregateError. */
  errors?: ErrorDescription[]
}

/** Limits: characters of one text, causes behind an error, errors in an AggregateError. */
const [maxLength, maxDepth, maxErrors] = [20_000, 10, 10]

/** Cuts the middle out of a long text: a stack begins with the message and ends with where it was thrown. */
function shorten(text: string): string {
  if (text.length <= maxLength) return text
  const half = maxLength / 2
  return `${text.slice(0, half)} … ${text.length - maxLength} characters more … ${text.slice(-half)}`
}

function read(from: object, name: string): unknown {
  try {
    return (from as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}

function firstOf(errors: unknown): unknown[] | undefined {
  try {
    return Array.isArray(errors) ? errors.slice(0, maxErrors) : undefined
  } catch {
    return undefined
  }
}

function inspected(value: unknown): string {
  try {
    return shorten(inspect(value))
  } catch {
    return `[${typeof value} that cannot be shown]`
  }
}

/** Describes a thrown value as data; a value that is no error by what `inspect` makes of it. */
export function describeError(thrown: unknown, depth = 0): ErrorDescription {
  if (typeof thrown === 'string') return { message: shorten(thrown) }
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null)
    return { message: inspected(thrown) }
  const [name, message, code, stack, cause] = ['name', 'message', 'code', 'stack', 'cause'].map((key) =>
    read(thrown, key),
  )
  if (typeof message !== 'string' && typeof stack !== 'string') return { message: inspected(thrown) }
  const description: ErrorDescription = { message: typeof message === 'string' ? shorten(message) : inspected(message) }
  if (typeof name === 'string') description.name = shorten(name)
  if (typeof code === 'string' || typeof code === 'number') description.code = code
  if (typeof stack === 'string') description.stack = shorten(stack)
  if (depth === maxDepth) return description
  if (cause !== undefined) description.cause = describeError(cause, depth + 1)
  const errors = firstOf(read(thrown, 'errors'))
  if (errors !== undefined) {
    description.errors = errors.map((error) => describeError(error, Math.max(depth + 1, maxDepth - 1)))
  }
  return description
}

/** Describes a thrown value in one line: `TypeError: x is not a function`. */
export function headline(thrown: unknown): string {
  const { name, message } = describeError(thrown, maxDepth)
  return name === undefined ? message : `${name}: ${message}`
}

/** Describes a thrown value for a person: with its stack, causes and own properties. */
export function inspectError(thrown: unknown): string {
  try {
    return shorten(inspect(thrown))
  } catch {
    return inspect(describeError(thrown), { depth: maxDepth })
  }
}

/** Returns the `name` and `code` of a thrown value, which may be a Proxy that throws. */
export function labelsOf(thrown: unknown): { name?: unknown; code?: unknown } {
  try {
    const { name, code } = (thrown ?? {}) as NodeJS.ErrnoException
    return { name, code }
  } catch {
    return {}
  }
}

/** `instanceof`, for a value that may be a Proxy that throws. */
export function isInstance<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type
  } catch {
    return false
  }
}
