// A file that came with a form: kept in memory while small, in a temporary file beyond, gone when the answer has been sent.
import { createReadStream } from 'node:fs'
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'

/** One uploaded file. What it calls itself (`filename`, `mimetype`) is the client's word: check before you trust. */
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
  private content: Buffer | null

  constructor(name: string, filename: string, mimetype: string, size: number, kept: Buffer | string) {
    this.name = name
    this.filename = filename
    this.mimetype = mimetype
    this.size = size
    this.path = typeof kept === 'string' ? kept : null
    this.content = typeof kept === 'string' ? null : kept
  }

  /** The whole file, in memory. */
  async bytes(): Promise<Buffer> {
    return this.content ?? readFile(this.path!)
  }

  /** The whole file as text (UTF-8). */
  async text(): Promise<string> {
    return (await this.bytes()).toString()
  }

  /** The file, piece by piece. */
  stream(): Readable {
    return this.content !== null ? Readable.from([this.content]) : createReadStream(this.path!)
  }

  /** Moves or writes the file to `path`, where it stays after the request. It can still be read. */
  async saveTo(path: string): Promise<void> {
    if (this.content !== null) {
      await writeFile(path, this.content)
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
