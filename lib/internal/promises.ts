// Promises of any kind: those of query builders and other libraries are not instances of Promise.

/** Returns true for an object that `await` waits for. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
