// Names of hosts, and those of this machine told from others. A web page may point its own name at this machine (DNS rebinding) and then read
// what is served here: such requests carry that name in their Host header.

const loopback = /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i
const address = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])(?::\d{1,5})?$/i

/** Writes a host as URLs do: an IPv6 address in brackets. */
export const hostInUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Returns true for a Host header with a name that only ever means this machine, such as `localhost:8080`. */
export function isLoopbackHost(host: string | undefined): boolean {
  return loopback.test(host ?? '')
}

/** Returns true if the name of a Host header is one of these. @param names Without ports. */
export function isOneOf(names: readonly string[], host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d{1,5}$/, '').toLowerCase()
  return names.some((one) => one.toLowerCase() === name)
}

/** Returns true for a Host header that no web page can have pointed here: a loopback name, or an address. */
export function isOwnHost(host: string | undefined): boolean {
  return isLoopbackHost(host) || address.test(host ?? '')
}
