// What a response can have for a body, and how a source is ended that nobody will read.
import type { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'

/** What yields a body piece by piece: Node and web streams, generators, lists; each piece text or bytes. */
export type StreamSource =
  | Readable
  | ReadableStream
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>

/** How `response.sendFile` sends a file. */
export interface SendFileOptions {
  /** The folder that the path is under and cannot leave: not by `../..`, a link or a hidden name. Without it the path is trusted. */
  root?: string
  /** Has the browser save it: true, or the name to save it under. */
  download?: boolean | string
  /** Like `text/csv`; unless told the type that the response was given before, else by the name's ending. */
  mimetype?: string
  /** Seconds that caches may keep it without asking; unless told they ask each time. */
  maxAge?: number
  /** With `maxAge`: what is under this name never changes. */
  immutable?: boolean
  /** Serves names that begin with a dot, too, under `root`. */
  dotfiles?: boolean
  /** Sends `path.br` or `path.gz` in place of `path` where there is one and the client takes it. */
  precompressed?: boolean
}

/** A file to be sent: found when the handler has returned (file.ts), opened when it is sent. */
export class FileBody {
  readonly path: string
  readonly options: SendFileOptions
  /** Its real path, once found. */
  located: string | null = null
  /** Which of the headers that tell of it are ours to write, once found. */
  needs: { etag: boolean; lastModified: boolean } | null = null

  constructor(path: string, options: SendFileOptions) {
    this.path = path
    this.options = options
  }
}

/** The body of a response. */
export type Body = string | Uint8Array | StreamSource | FileBody | null

/** Ends a source that will not be sent. */
export function endSource(source: object): void {
  const { destroy, cancel } = source as Partial<Readable & ReadableStream>
  if (typeof destroy === 'function') destroy.call(source)
  else if (typeof cancel === 'function') cancel.call(source).catch(() => {})
  // A generator that has not begun runs nothing; one that has is told to clean up.
  else if (!Array.isArray(source)) {
    const { return: finish } = source as Partial<AsyncGenerator>
    if (typeof finish === 'function') Promise.resolve(finish.call(source, undefined)).catch(() => {})
  }
}
