// The kinds of body of a response, and the end of a source that will not be read.
import type { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { isAnyArrayBuffer, isUint8Array } from 'node:util/types'
import type { EventStream } from './events.ts'
import type { StreamSource } from './pieces.ts'

export type { StreamSource } from './pieces.ts'

/** Options of `response.sendFile`. */
export interface SendFileOptions {
  /** The folder that contains the path, which cannot leave it by `../..`, a link or a hidden name. Without it the path is trusted. */
  root?: string
  /** Makes the browser save it: true, or the name to save it under. */
  download?: boolean | string
  /** Like `text/csv`. Default: the type set on the response before, else that of the name's extension. */
  mimetype?: string
  /** Seconds that caches may keep it without asking. Default: they ask each time. */
  maxAge?: number
  /** With `maxAge`: the content under this name never changes. */
  immutable?: boolean
  /** Also serves names that begin with a dot, under `root`. */
  dotfiles?: boolean
  /** Sends `path.br` or `path.gz` in place of `path` if it exists and the client accepts it. */
  precompressed?: boolean
}

export const fileOptions = [
  'root',
  'download',
  'mimetype',
  'maxAge',
  'immutable',
  'dotfiles',
  'precompressed',
] satisfies (keyof SendFileOptions)[]

/** A file to be sent: located when the handler has returned (open-file.ts), opened when it is sent. */
export class FileBody {
  readonly path: string
  readonly options: SendFileOptions
  /** Its real path, once located. */
  located: string | null = null
  /** The validators that the handler has not set, once located. */
  needs: { etag: boolean; lastModified: boolean } | null = null

  constructor(path: string, options: SendFileOptions) {
    this.path = path
    this.options = options
  }
}

/** Bytes as they are given. */
export type Bytes = Uint8Array | ArrayBuffer

export function isBytes(value: unknown): value is Bytes {
  return isUint8Array(value) || isAnyArrayBuffer(value)
}

/** True for a Blob or File of any realm or library. */
export function isBlob(value: object): value is Blob {
  return /^\[object (?:Blob|File)\]$/.test(Object.prototype.toString.call(value))
}

/** The body of a response. */
export type Body = string | Uint8Array | StreamSource | EventStream | FileBody | null

/** Ends a source that will not be sent. */
export function endSource(source: object): void {
  const { destroy, cancel } = source as Partial<Readable & ReadableStream>
  if (typeof destroy === 'function') destroy.call(source)
  else if (typeof cancel === 'function') cancel.call(source).catch(() => {})
  // A generator that has begun cleans up; one that has not runs nothing.
  else if (!Array.isArray(source)) {
    const { return: finish } = source as Partial<AsyncGenerator>
    if (typeof finish === 'function') Promise.resolve(finish.call(source, undefined)).catch(() => {})
  }
}
