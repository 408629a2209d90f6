// Uploaded files: in memory while small, in a temporary file beyond that, removed once the response has been sent.
import { createReadStream } from 'node:fs'
import { copyFile, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import type { BusboyFileStream } from '@fastify/busboy'
import { makeFolders } from '../../internal/data-folder.ts'

/** One uploaded file. The client chooses `filename` and `mimetype`: check them before you trust them. */
export class UploadedFile {
  /** The form field's name. */
  readonly name: string
  /** The file's own name, without folders. */
  readonly filename: string
  /** The type without its parameters, like `image/png`. */
  readonly mimetype: string
  /** Bytes. */
  readonly size: number
  /** The temporary file; null while it is in memory. */
  path: string | null
  readonly #content: Buffer | null

  constructor(name: string, filename: string, mimetype: string, size: number, kept: Buffer | string) {
    this.name = name
    this.filename = filename
    this.mimetype = mimetype
    this.size = size
    this.path = typeof kept === 'string' ? kept : null
    this.#content = typeof kept === 'string' ? null : kept
  }

  /** The whole file, in memory. */
  async bytes(): Promise<Buffer> {
    return this.#content ?? readFile(this.path!)
  }

  /** The whole file as text (UTF-8). */
  async text(): Promise<string> {
    return (await this.bytes()).toString()
  }

  /** The file, piece by piece. */
  stream(): Readable {
    return this.#content !== null ? Readable.from([this.#content]) : createReadStream(this.path!)
  }

  /** Moves or writes the file to `path`, where it stays after the request; makes missing folders. It can still be read. */
  async saveTo(path: string): Promise<void> {
    makeFolders(dirname(path))
    if (this.#content !== null) {
      await writeFile(path, this.#content)
      return
    }
    const from = this.path!
    try {
      await rename(from, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
      await copyFile(from, path)
      await rm(from, { force: true })
    }
    this.path = path
  }
}

export interface UploadLimits {
  /** Bytes of fields and small files that are held in memory. */
  maxMemorySize: number
  /** Bytes above which a file goes to disk. */
  uploadThreshold: number
}

/** The content of one file: its bytes, or the path of a temporary file. */
export interface Kept {
  size: number
  content: Buffer | string
}

/** Stores the files of one form. */
export class Uploads {
  /** Bytes in memory. */
  held = 0
  readonly #limits: UploadLimits
  readonly #open = new Set<BusboyFileStream>()
  #folder: Promise<string> | null = null
  #count = 0

  constructor(limits: UploadLimits) {
    this.#limits = limits
  }

  /** Reads a file to its end, in memory or into a temporary file. */
  async keep(stream: BusboyFileStream): Promise<Kept> {
    this.#open.add(stream)
    // busboy also reports errors to files that are no longer read.
    stream.on('error', () => {})
    try {
      return await this.#read(stream)
    } finally {
      this.#open.delete(stream)
    }
  }

  /** Ends the files that are still being read. */
  abandon(error: Error): void {
    for (const stream of this.#open) stream.destroy(error)
  }

  async #read(stream: BusboyFileStream): Promise<Kept> {
    const chunks: Buffer[] = []
    let size = 0
    const { uploadThreshold, maxMemorySize } = this.#limits
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      this.held += chunk.length
      if (size <= uploadThreshold && this.held <= maxMemorySize) continue
      this.held -= size
      return this.#spill(chunks, stream)
    }
    return { size, content: Buffer.concat(chunks, size) }
  }

  async #spill(chunks: readonly Buffer[], stream: BusboyFileStream): Promise<Kept> {
    // No other user can look into this folder, so a file in it can have the permissions that it will have when saved.
    this.#folder ??= mkdtemp(join(tmpdir(), 'tipfy-'))
    const path = join(await this.#folder, String(++this.#count))
    const file = await open(path, 'wx')
    let size = 0
    const append = (chunk: Buffer) => {
      size += chunk.length
      return file.appendFile(chunk)
    }
    try {
      for (const chunk of chunks) await append(chunk)
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        await append(chunk)
        release(chunk)
      }
    } finally {
      await file.close()
    }
    return { size, content: path }
  }

  /** Removes the temporary files. */
  async discard(): Promise<void> {
    const folder = await this.#folder?.catch(() => null)
    if (folder != null) await rm(folder, { recursive: true, force: true })
  }
}

// Left to the garbage collector, some 70 MB gather before it runs: memory without another view is released at once.
function release(chunk: Buffer): void {
  if (chunk.byteLength === chunk.buffer.byteLength) (chunk.buffer as ArrayBuffer).transfer(0)
}
