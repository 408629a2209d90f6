// Forms: urlencoded ones in memory, multipart ones through busboy, their files streamed to disk as soon as they are not small.
import type { EventEmitter } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { BusboyFileStream } from '@fastify/busboy'
import { BadRequest, HTTPException, RequestEntityTooLarge } from '../exceptions.ts'
import { MultiDict } from '../multidict.ts'
import { parseQuery } from './query.ts'
import { UploadedFile } from './upload.ts'

export interface FormLimits {
  /** Fields and files together. */
  maxFormParts: number
  /** Bytes of fields and small files that are held in memory. */
  maxMemorySize: number
  /** Bytes over which a file goes to disk. */
  uploadThreshold: number
}

export interface Form {
  fields: MultiDict
  files: MultiDict<UploadedFile>
  /** Removes the temporary files. */
  discard(): Promise<void>
}

export const emptyForm = (): Form => ({ fields: new MultiDict(), files: new MultiDict(), discard: async () => {} })

/** Characters of a field's name. */
const maxNameLength = 1000

const tooMany = () => new RequestEntityTooLarge('The form has more parts than this server takes.')

export function parseUrlencoded(text: string, limits: FormLimits): Form {
  let parts = 0
  const fields = parseQuery(text, () => {
    if (++parts > limits.maxFormParts) throw tooMany()
  })
  return { ...emptyForm(), fields }
}

/** Reads a multipart form. Rejects with 400 for a broken one and with 413 for one over the limits, its files removed. */
export async function parseMultipart(source: Readable, contentType: string, limits: FormLimits): Promise<Form> {
  const { Busboy } = await import('@fastify/busboy')
  const form = emptyForm()
  const uploads = new Uploads(limits)
  form.discard = () => uploads.discard()
  const files: { name: string; filename: string; mimetype: string; kept: Promise<Kept> }[] = []

  try {
    await new Promise<void>((resolve, reject) => {
      const busboy = new Busboy({
        headers: { 'content-type': contentType },
        limits: {
          parts: limits.maxFormParts,
          fieldSize: limits.maxMemorySize,
          headerPairs: 32,
          headerSize: 16 * 1024,
        },
      })
      const fail = (error: Error) => {
        source.unpipe(busboy)
        source.destroy()
        uploads.abandon(error)
        reject(error)
      }
      let unread = 0
      partsOf(busboy).on('part', () => unread++)
      busboy.on('partsLimit', () => fail(tooMany()))
      busboy.on('field', (name: string | undefined, value, _nameCut, valueCut) => {
        unread--
        uploads.held += (name?.length ?? 0) + value.length
        if (name === undefined) fail(new BadRequest('The form has a part without a name.'))
        else if (valueCut || name.length > maxNameLength || uploads.held > limits.maxMemorySize)
          fail(new RequestEntityTooLarge())
        else form.fields.add(unquote(name), value)
      })
      busboy.on('file', (name: string | undefined, stream, filename: string | undefined, _encoding, mimetype) => {
        unread--
        if (name === undefined) return fail(new BadRequest('The form has a part without a name.'))
        if (name.length > maxNameLength) return fail(new RequestEntityTooLarge())
        const kept = uploads.keep(stream)
        kept.catch(fail)
        files.push({ name: unquote(name), filename: nameOf(filename ?? ''), mimetype, kept })
      })
      busboy.on('error', (error) => fail(new BadRequest('The form is broken.', { cause: error })))
      busboy.on('finish', () => {
        if (unread > 0) fail(new BadRequest('The form has a part whose headers cannot be read.'))
        else resolve()
      })
      source.on('error', fail)
      source.pipe(busboy)
    })
    for (const { name, filename, mimetype, kept } of files) {
      const { size, content } = await kept
      // A file field that was left empty comes as a nameless file without content.
      if (filename !== '' || size > 0) form.files.add(name, new UploadedFile(name, filename, mimetype, size, content))
    }
    return form
  } catch (error) {
    await Promise.allSettled(files.map(({ kept }) => kept))
    await form.discard()
    throw isOurs(error) ? error : new BadRequest('The form is broken.', { cause: error })
  }
}

/** What tells of each part there is: busboy itself says nothing of those that it leaves out, without the headers of a field. */
function partsOf(busboy: object): EventEmitter {
  return (busboy as { _parser: { parser: EventEmitter } })._parser.parser
}

/** Browsers write a quote in a name as `%22`, and leave every other percent sign as it is. */
function unquote(name: string): string {
  return name.replaceAll('%22', '"')
}

/** A file's name, which handlers make paths of: without control characters. */
function nameOf(filename: string): string {
  return unquote(filename).replace(/[\x00-\x1f\x7f]/g, '')
}

// A full disk is not the client's fault, unlike a form that ends too early.
function isOurs(error: unknown): boolean {
  return error instanceof HTTPException || (error as NodeJS.ErrnoException).syscall !== undefined
}

interface Kept {
  size: number
  /** The bytes, or the path of the temporary file. */
  content: Buffer | string
}

/** Where the files of one form go. */
class Uploads {
  /** Bytes in memory. */
  held = 0
  private readonly limits: FormLimits
  private folder: Promise<string> | null = null
  private count = 0
  private readonly open = new Set<BusboyFileStream>()

  constructor(limits: FormLimits) {
    this.limits = limits
  }

  async keep(stream: BusboyFileStream): Promise<Kept> {
    this.open.add(stream)
    // busboy also tells a file of errors that nobody reads it for any more.
    stream.on('error', () => {})
    try {
      return await this.store(stream)
    } finally {
      this.open.delete(stream)
    }
  }

  /** Ends the files that are still being read. */
  abandon(error: Error): void {
    for (const stream of this.open) stream.destroy(error)
  }

  private async store(stream: BusboyFileStream): Promise<Kept> {
    const chunks: Buffer[] = []
    let size = 0
    const { uploadThreshold, maxMemorySize } = this.limits
    const add = (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      this.held += chunk.length
    }
    let spill = false
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      add(chunk as Buffer)
      spill = size > uploadThreshold || this.held > maxMemorySize
      if (spill) break
    }
    if (!spill) return { size, content: Buffer.concat(chunks, size) }

    this.held -= size
    // Nobody else can look into this folder, so a file in it can have the rights that it shall have when it is saved.
    this.folder ??= mkdtemp(join(tmpdir(), 'tipfy-'))
    const path = join(await this.folder, String(++this.count))
    const file = await open(path, 'wx')
    try {
      for (const chunk of chunks) await file.appendFile(chunk)
      for await (const chunk of stream) {
        size += (chunk as Buffer).length
        await file.appendFile(chunk as Buffer)
        release(chunk as Buffer)
      }
    } finally {
      await file.close()
    }
    return { size, content: path }
  }

  async discard(): Promise<void> {
    if (this.folder === null) return
    const folder = await this.folder.catch(() => null)
    if (folder !== null) await rm(folder, { recursive: true, force: true })
  }
}

// Of what is left to the collector some 70 MB gather before it looks: memory that nobody else has a view of goes at once.
function release(chunk: Buffer): void {
  if (chunk.byteLength === chunk.buffer.byteLength) (chunk.buffer as ArrayBuffer).transfer(0)
}
