// Where a request came from and what it asked for: scheme, host and client address. Any client can write forwarded headers,
// so they count only as far as the chain of trusted proxies reaches.
import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { TLSSocket } from 'node:tls'
import { TipfyError } from '../../internal/errors.ts'
import { BadHost } from '../exceptions.ts'
import type { RequestSettings, Trust, TrustedProxies } from './settings.ts'

export function compileTrust(trusted: TrustedProxies): Trust | null {
  if (trusted === null || trusted === 0) return null
  if (typeof trusted === 'number') return (_, hop) => hop < trusted
  const list = typeof trusted === 'string' ? trusted.split(',').map((one) => one.trim()) : [...trusted]
  try {
    return list.length === 0 ? null : proxyAddr().compile(list)
  } catch (cause) {
    const wanted = 'a number of hops, addresses, subnets, or the names that proxy-addr knows'
    throw new TipfyError('TIPFY_E_CONFIG_VALUE', { key: 'tipfy.trustedProxies', wanted, given: list.join() }, { cause })
  }
}

let loaded: typeof import('proxy-addr') | undefined

/** Loads proxy-addr only where a proxy is trusted: it brings a parser of addresses along. */
function proxyAddr(): typeof import('proxy-addr') {
  loaded ??= createRequire(import.meta.url)('proxy-addr') as typeof import('proxy-addr')
  return loaded
}

/** Counts the proxies, from this process outwards, that are trusted and have forwarded. */
function trustedHops(incoming: IncomingMessage, trust: Trust | null): number {
  if (trust === null || !trust(incoming.socket.remoteAddress ?? '', 0)) return 0
  return Math.max(1, proxyAddr().all(incoming, trust).length - 1)
}

// Each proxy appends its own entry: the nth trusted one from here wrote the nth from the right.
function forwarded(incoming: IncomingMessage, name: string, hops: number): string | null {
  const header = incoming.headers[name]
  if (hops === 0 || typeof header !== 'string') return null
  const entries = header.split(',')
  return entries[Math.max(0, entries.length - hops)]!.trim() || null
}

export function schemeOf(incoming: IncomingMessage, trust: Trust | null): string {
  const own = (incoming.socket as TLSSocket | undefined)?.encrypted === true ? 'https' : 'http'
  if (trust === null) return own
  const proto = forwarded(incoming, 'x-forwarded-proto', trustedHops(incoming, trust))?.toLowerCase()
  return proto === 'http' || proto === 'https' ? proto : own
}

export function remoteAddressOf(incoming: IncomingMessage, trust: Trust | null): string {
  if (trust === null) return incoming.socket.remoteAddress ?? ''
  return proxyAddr()(incoming, trust) ?? ''
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
  let host = absolute?.[1] ?? incoming.headers.host ?? ''
  if (trust !== null) host = forwarded(incoming, 'x-forwarded-host', trustedHops(incoming, trust)) ?? host
  host = host.toLowerCase()
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
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}${localPort ? `:${localPort}` : ''}`
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
