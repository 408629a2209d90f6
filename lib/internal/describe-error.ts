// What can be told of something that was thrown, which may be anything: no error at all, a Proxy that refuses to be looked
// at, causes in a circle, a message of ten megabytes. Nothing in here throws, so that no error ends the process by being told.
import { inspect } from 'node:util'
import { isProxy } from 'node:util/types'

/** An error as JSON can carry it. */
export interface Told {
  name?: string
  message: string
  code?: string | number
  stack?: string
  cause?: Told
  /** Of an AggregateError. */
  errors?: Told[]
}

/** Characters of one text, causes behind an error, and errors in an AggregateError, beyond which nothing is told. */
const [longest, deepest, most] = [20_000, 10, 10]

/** A long text without its middle: a stack begins with the message and ends with where it was thrown. */
function cut(text: string): string {
  if (text.length <= longest) return text
  const half = longest / 2
  return `${text.slice(0, half)} … ${text.length - longest} characters more … ${text.slice(-half)}`
}

function read(from: object, name: string): unknown {
  try {
    return (from as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}

function listed(errors: unknown): unknown[] | undefined {
  try {
    return Array.isArray(errors) ? errors.slice(0, most) : undefined
  } catch {
    return undefined
  }
}

function inspected(value: unknown): string {
  try {
    return cut(inspect(value))
  } catch {
    return `[${typeof value} that cannot be shown]`
  }
}

/** `thrown` as data; what is no error by how `inspect` shows it. */
export function tell(thrown: unknown, depth = 0): Told {
  if (typeof thrown === 'string') return { message: cut(thrown) }
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null)
    return { message: inspected(thrown) }
  const [name, message, code, stack, cause] = ['name', 'message', 'code', 'stack', 'cause'].map((key) =>
    read(thrown, key),
  )
  if (typeof message !== 'string' && typeof stack !== 'string') return { message: inspected(thrown) }
  const told: Told = { message: typeof message === 'string' ? cut(message) : inspected(message) }
  if (typeof name === 'string') told.name = cut(name)
  if (typeof code === 'string' || typeof code === 'number') told.code = code
  if (typeof stack === 'string') told.stack = cut(stack)
  if (depth === deepest) return told
  if (cause !== undefined) told.cause = tell(cause, depth + 1)
  const errors = listed(read(thrown, 'errors'))
  if (errors !== undefined) told.errors = errors.map((error) => tell(error, Math.max(depth + 1, deepest - 1)))
  return told
}

/** In a line: `TypeError: x is not a function`. */
export function headline(thrown: unknown): string {
  const { name, message } = tell(thrown, deepest)
  return name === undefined ? message : `${name}: ${message}`
}

/** For a person: with stack, causes and whatever else it holds. */
export function show(thrown: unknown): string {
  try {
    return cut(inspect(thrown))
  } catch {
    return inspect(tell(thrown), { depth: deepest })
  }
}

/** `thrown` itself where others may look at it, else an error in its place. */
export function bearable(thrown: unknown): unknown {
  try {
    const { stack, name, message, code } = thrown as NodeJS.ErrnoException
    if (thrown && !isProxy(thrown) && `${stack}${name}${message}${code}`) return thrown
  } catch {
    // What is made in its place tells as much as can be told.
  }
  return new Error(headline(thrown), { cause: thrown })
}

/** `instanceof`, of what may be a Proxy that throws when it is asked. */
export function isInstance<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type
  } catch {
    return false
  }
}
