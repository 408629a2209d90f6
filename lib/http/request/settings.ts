// What the requests of one application have in common: limits, whom to believe, whether to compress.
import type { Trust } from './origin.ts'

/** What all requests of one application have in common. */
export interface RequestSettings {
  /** Characters of a URL; more is a 414. */
  maxUrlSize: number
  /** Bytes of a body, before and after decompression; more is a 413. */
  maxBodySize: number
  /** Bytes of a body that are held in memory: text, bytes, the fields of a form; more is a 413. */
  maxMemorySize: number
  /** Bytes of a JSON body. */
  maxJsonSize: number
  /** Levels of nesting in a JSON body. */
  maxJsonDepth: number
  /** Bytes over which an uploaded file is kept on disk, not in memory. */
  uploadThreshold: number
  /** Fields and files of a form, together; more is a 413. */
  maxFormParts: number
  /** Says whether the proxy at an address, `hop` steps away, is believed; null believes none. */
  trust: Trust | null
  /** The host, and parent of the hosts, that requests may ask for; null allows any. */
  serverName: string | null
  /** Compress answers where it is worth it and safe. */
  compress: boolean
  /** Set when the server stops: each answer then closes its connection. */
  isDraining: boolean
}

export const defaultRequestSettings: RequestSettings = {
  maxUrlSize: 8 * 1024,
  maxBodySize: 10 * 1024 * 1024,
  maxMemorySize: 10 * 1024 * 1024,
  maxJsonSize: 1024 * 1024,
  maxJsonDepth: 100,
  uploadThreshold: 64 * 1024,
  maxFormParts: 1000,
  trust: null,
  serverName: null,
  compress: true,
  isDraining: false,
}
