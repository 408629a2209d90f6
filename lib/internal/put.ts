// One way to set a property that somebody else has named.

/** Sets an own property whatever it is called: `__proto__` is a key like any other. */
export function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}
