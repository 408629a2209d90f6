// Forms: urlencoded ones in memory, multipart ones through busboy.
import type { Readable } from 'node:stream'
import { BadRequest, HTTPException, RequestEntityTooLarge } from '../exceptions.ts'
import { MultiDict } from '../multidict.ts'
import { makeBusboy, partsOf } from './busboy.ts'
import { parseQuery } from './query.ts'
import { type Kept, UploadedFile, type UploadLimits, Uploads } from './upload.ts'

export interface FormLimits extends UploadLimits {
  /** Fields and files together. */
  maxFormParts: number
}

export interface Form {
  fields: MultiDict
  files: MultiDict<UploadedFile>
  /** Removes the temporary files. */
  discard(): Promise<void>
}

export const emptyForm = (): Form => ({ fields: new MultiDict(), files: new MultiDict(), discard: async () => {} })

/** Bytes of the longest form without parts: a boundary has at most 70 (RFC 2046, 5.1.1). */
const maxEmptyForm = 100

/** Returns true for a form without any field: nothing, or only the end of one. busboy takes both for a broken form. */
function isEmptyForm(body: string, contentType: string): boolean {
  if (body === '') return true
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? []
  return body.trim() === `--${quoted ?? plain}--`
}

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
  const form = emptyForm()
  const uploads = new Uploads(limits)
  form.discard = () => uploads.discard()
  const files: { name: string; filename: string; mimetype: string; kept: Promise<Kept> }[] = []

  try {
    const busboy = await makeBusboy(contentType, {
      parts: limits.maxFormParts,
      fieldSize: limits.maxMemorySize,
      headerPairs: 32,
      headerSize: 16 * 1024,
    })
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error) => {
        source.unpipe(busboy)
        source.destroy()
        uploads.abandon(error)
        reject(error)
      }
      const checkName = (name: string | undefined): name is string => {
        if (name === undefined) fail(new BadRequest('The form has a part without a name.'))
        else if (name.length > maxNameLength) fail(new RequestEntityTooLarge())
        else return true
        return false
      }
      let unread = 0
      partsOf(busboy).on('part', () => unread++)
      busboy.on('partsLimit', () => fail(tooMany()))
      busboy.on('field', (name: string | undefined, value, _nameCut, valueCut) => {
        unread--
        uploads.held += (name?.length ?? 0) + value.length
        if (!checkName(name)) return
        if (valueCut || uploads.held > limits.maxMemorySize) fail(new RequestEntityTooLarge())
        else form.fields.add(unquote(name), value)
      })
      busboy.on('file', (name: string | undefined, stream, filename: string | undefined, _encoding, mimetype) => {
        unread--
        if (!checkName(name)) return
        const kept = uploads.keep(stream)
        kept.catch(fail)
        files.push({ name: unquote(name), filename: cleanFilename(filename ?? ''), mimetype, kept })
      })
      let start = ''
      busboy.on('error', (error) => {
        if (isEmptyForm(start, contentType)) resolve()
        else fail(new BadRequest('The form is broken.', { cause: error }))
      })
      busboy.on('finish', () => {
        if (unread > 0) fail(new BadRequest('The form has a part whose headers cannot be read.'))
        else resolve()
      })
      source.on('error', fail)
      source.pipe(busboy)
      source.on('data', (chunk: Buffer) => {
        if (start.length <= maxEmptyForm) start += chunk.toString('latin1', 0, maxEmptyForm + 1)
      })
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

/** Restores a quote in a name, which browsers write as `%22`; they leave every other percent sign as it is. */
function unquote(name: string): string {
  return name.replaceAll('%22', '"')
}

/** A file's name without control characters: handlers build paths from it. */
function cleanFilename(filename: string): string {
  return unquote(filename).replace(/[\x00-\x1f\x7f]/g, '')
}

// A full disk is not the client's fault, unlike a form that ends too early.
function isOurs(error: unknown): boolean {
  return error instanceof HTTPException || (error as NodeJS.ErrnoException).syscall !== undefined
}
