// The origin of a request: scheme, host and client address. Any client can write forwarded headers, so they count only as far
// as the chain of trusted proxies reaches.
import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { TipfyError } from '../../internal/errors.ts'
import { hostInUrl } from '../../internal/own-host.ts'
import { BadHost } from '../exceptions.ts'
import { defaultTrustedHeaders, type RequestSettings, type Trust, type TrustedProxies } from './settings.ts'

/** Compiles `tipfy.trustedProxies` and `tipfy.trustedHeaders`; null if no proxy is trusted. */
export function compileTrust(trusted: TrustedProxies, headers: Iterable<string> = defaultTrustedHeaders): Trust | null {
  const isProxy = compileProxies(trusted)
  return isProxy === null ? null : { isProxy, headers: new Set(headers) }
}

function compileProxies(trusted: TrustedProxies): Trust['isProxy'] | null {
  if (trusted === null || trusted === 0) return null
  if (typeof trusted === 'number') return (_, hop) => hop < trusted
  const list = typeof trusted === 'string' ? trusted.split(',').map((one) => one.trim()) : [...trusted]
  const fail = (cause?: unknown): never => {
    const wanted = 'a number of hops, whole addresses, subnets like 10.0.0.0/8, or the names that proxy-addr knows'
    throw new TipfyError('TIPFY_E_CONFIG_VALUE', { key: 'tipfy.trustedProxies', wanted, given: list.join() }, { cause })
  }
  // proxy-addr reads 10/8 as 0.0.0.10/8, which is none of the proxies that were meant.
  if (list.some((one) => /^[\d.]+(?:\/|$)/.test(one) && isIP(one.split('/')[0]!) === 0)) fail()
  try {
    // Loaded only here: it brings a parser of addresses along.
    const { compile } = createRequire(import.meta.url)('proxy-addr') as typeof import('proxy-addr')
    return list.length === 0 ? null : compile(list)
  } catch (cause) {
    return fail(cause)
  }
}

/** The client's address as trusted proxies report it, and how many of them, from this process outwards, have forwarded. */
function traceBack(incoming: IncomingMessage, { isProxy, headers }: Trust): { address: string; hops: number } {
  let address = incoming.socket.remoteAddress ?? ''
  if (!isProxy(address, 0)) return { address, hops: 0 }
  const header = headers.has('x-forwarded-for') ? incoming.headers['x-forwarded-for'] : undefined
  const entries = typeof header === 'string' ? header.split(',') : []
  let hops = 0
  while (entries.length > 0 && isProxy(address, hops)) {
    const entry = withoutPort(entries.pop()!.trim())
    // `unknown`, a name, or nothing: the proxy that wrote it is the last one known by its address.
    if (isIP(entry) === 0) break
    address = entry
    hops++
  }
  return { address, hops: Math.max(1, hops) }
}

/** Removes the port that some proxies add: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  const [, v6, v4] = /^(?:\[([\da-f:.]+)\](?::\d+)?|([\d.]+):\d+)$/i.exec(entry) ?? []
  return v6 ?? v4 ?? entry
}

// Each proxy appends its own entry: the nth trusted one from here wrote the nth from the right.
function forwarded(incoming: IncomingMessage, trust: Trust | null, name: string): string | null {
  const header = incoming.headers[name]
  if (typeof header !== 'string' || trust?.headers.has(name) !== true) return null
  const { hops } = traceBack(incoming, trust)
  if (hops === 0) return null
  const entries = header.split(',')
  return entries[Math.max(0, entries.length - hops)]!.trim() || null
}

export function schemeOf(incoming: IncomingMessage, trust: Trust | null): string {
  const proto = forwarded(incoming, trust, 'x-forwarded-proto')?.toLowerCase()
  if (proto === 'http' || proto === 'https') return proto
  return (incoming.socket as TLSSocket | undefined)?.encrypted === true ? 'https' : 'http'
}

export function remoteAddressOf(incoming: IncomingMessage, trust: Trust | null): string {
  return trust === null ? (incoming.socket.remoteAddress ?? '') : traceBack(incoming, trust).address
}

const hostPattern = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/

function assertHost(host: string): void {
  if (!hostPattern.test(host)) throw new BadHost('The request asks for a host that is not a valid host name.')
}

// Most requests name the same host as the one before.
let lastHost = ''

/** Throws BadHost for a Host header that is no host name; an empty one is allowed. */
export function checkHost(header: string): void {
  if (header === lastHost || header === '') return
  assertHost(header.toLowerCase())
  lastHost = header
}

export function hostOf(incoming: IncomingMessage, settings: RequestSettings): string {
  const { trust, serverName } = settings
  const url = incoming.url!
  // RFC 9112 section 3.2.2: the host of a whole URL replaces the header's.
  const absolute = url.charCodeAt(0) === 47 ? null : /^https?:\/\/([^/?#]*)/i.exec(url)
  const asked = forwarded(incoming, trust, 'x-forwarded-host') ?? absolute?.[1] ?? incoming.headers.host ?? ''
  let host = asked.toLowerCase()
  if (host === '') return serverName ?? ownAddress(incoming)
  assertHost(host)
  if (host.endsWith(':80') || host.endsWith(':443')) {
    const scheme = schemeOf(incoming, trust)
    if (host.endsWith(scheme === 'https' ? ':443' : ':80')) host = host.slice(0, host.lastIndexOf(':'))
  }
  if (serverName !== null && !belongs(host, serverName.toLowerCase())) throw new BadHost()
  return host
}

// An HTTP/1.0 request without a Host asks this very socket.
function ownAddress({ socket }: IncomingMessage): string {
  const { localAddress = 'localhost', localPort } = socket
  return hostInUrl(localAddress) + (localPort ? `:${localPort}` : '')
}

/** A server's name as requests write it, without the default port of the scheme. */
export function withoutDefaultPort(serverName: string): string {
  return serverName.toLowerCase().replace(/:(?:80|443)$/, '')
}

// A server name without a port matches every port.
function belongs(host: string, serverName: string): boolean {
  const asked = /:\d+$/.test(serverName) ? host : host.replace(/:\d+$/, '')
  return asked === serverName || asked.endsWith(`.${serverName}`)
}
