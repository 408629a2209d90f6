// The request as handlers see it: a thin coat over Node's IncomingMessage that computes nothing until it is asked.
import type { IncomingMessage } from 'node:http'
import { parseCookies } from './cookies.ts'
import { RequestHeaders } from './headers.ts'
import type { MultiDict } from './multidict.ts'
import { hostOf, remoteAddressOf, schemeOf, type Trust } from './origin.ts'
import { parseQuery } from './query.ts'

/** What all requests of one application have in common. */
export interface RequestSettings {
  /** Bytes of a body, after decompression; more is a 413. */
  maxBodySize: number
  /** Fields and files of a form, together; more is a 413. */
  maxFormParts: number
  /** Says whether the proxy at an address, `hop` steps away, is believed; null believes none. */
  trust: Trust | null
  /** The host, and parent of the hosts, that requests may ask for; null allows any. */
  serverName: string | null
}

export const defaultRequestSettings: RequestSettings = {
  maxBodySize: 10 * 1024 * 1024,
  maxFormParts: 1000,
  trust: null,
  serverName: null,
}

/** The part of a rule that a request shows. */
export interface MatchedRule {
  readonly endpoint: string
  readonly path: string
}

const noArgs: Readonly<Record<string, unknown>> = Object.freeze({})

/** One request. The global `request` is the one being served. */
export class Request {
  /** Node's own object. */
  readonly incoming: IncomingMessage
  readonly settings: RequestSettings
  /** The rule that matched, null before and where none did. */
  rule: MatchedRule | null = null
  /** The rule's variables. */
  ruleArgs: Readonly<Record<string, unknown>> = noArgs
  /** Counts the requests of this process. */
  id = 0
  private parsedArgs: MultiDict | null = null
  private parsedCookies: MultiDict | null = null
  private foundHost: string | null = null

  constructor(incoming: IncomingMessage, settings: RequestSettings = defaultRequestSettings) {
    this.incoming = incoming
    this.settings = settings
  }

  /** In capitals, as it came. */
  get method(): string {
    return this.incoming.method!
  }

  /** Path and query as requested: `incoming.url`, also where a proxy's client sent a whole URL. */
  get target(): string {
    const url = this.incoming.url!
    if (url.charCodeAt(0) === 47) return url
    const absolute = /^https?:\/\/[^/?#]*([^#]*)/i.exec(url)
    if (absolute === null) return url
    return absolute[1]!.startsWith('/') ? absolute[1]! : `/${absolute[1]}`
  }

  /** The path as requested, percent-encoded. */
  get rawPath(): string {
    const target = this.target
    const at = target.indexOf('?')
    return at === -1 ? target : target.slice(0, at)
  }

  /** What follows the `?`, as requested; '' if there is none. */
  get rawQuery(): string {
    const url = this.incoming.url!
    const at = url.indexOf('?')
    return at === -1 ? '' : url.slice(at + 1)
  }

  /** The path, decoded; as requested if it cannot be. */
  get path(): string {
    const raw = this.rawPath
    if (!raw.includes('%')) return raw
    try {
      return decodeURIComponent(raw)
    } catch {
      return raw
    }
  }

  /** The whole URL: scheme, host, path and query. */
  get url(): string {
    return `${this.scheme}://${this.host}${this.target}`
  }

  /** `http` or `https`, as the client used it: from a trusted proxy's header, or from the connection. */
  get scheme(): string {
    return schemeOf(this.incoming, this.settings.trust)
  }

  get isSecure(): boolean {
    return this.scheme === 'https'
  }

  /** The host asked for, in lower case, with its port if that is not the scheme's own. Throws BadRequest if it is not one. */
  get host(): string {
    this.foundHost ??= hostOf(this.incoming, this.settings)
    return this.foundHost
  }

  /** The client's address, seen through trusted proxies. */
  get remoteAddr(): string {
    return remoteAddressOf(this.incoming, this.settings.trust)
  }

  get headers(): RequestHeaders {
    return new RequestHeaders(this.incoming)
  }

  /** The query. */
  get args(): MultiDict {
    this.parsedArgs ??= parseQuery(this.rawQuery)
    return this.parsedArgs
  }

  get cookies(): MultiDict {
    this.parsedCookies ??= parseCookies(this.incoming.headers.cookie)
    return this.parsedCookies
  }
}
