// Reads a request's body. The bytes come once, so what was read is kept: every reader can be called again, and `json()`
// after `text()`. Only a body taken as a stream, or as a multipart form, is gone.
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { TipfyError } from '../../internal/errors.ts'
import { LengthRequired, RequestEntityTooLarge, UnsupportedMediaType } from '../exceptions.ts'
import { isJsonType } from '../media-types.ts'
import { collect, emptySource, hasBody, openSource } from './body-stream.ts'
import { emptyForm, type Form, parseMultipart, parseUrlencoded } from './form.ts'
import { parseJson } from './json.ts'
import type { RequestLimits } from './settings.ts'

/** The parts of a request that its body is read by. */
export interface BodyOwner {
  readonly message: IncomingMessage
  readonly settings: RequestLimits
  readonly maxBodySize: number
}

export class RequestBody {
  readonly #request: BodyOwner
  #whole: Promise<Buffer> | null = null
  #parsed: Promise<unknown> | null = null
  #form: Promise<Form> | null = null
  #source: Readable | null = null
  /** The reader that consumed the bytes, once they are gone. */
  #taken: 'stream()' | 'form()' | null = null

  constructor(request: BodyOwner) {
    this.#request = request
  }

  async bytes(): Promise<Buffer> {
    this.#whole ??= this.#read(this.#request.settings.maxMemorySize)
    return this.#whole
  }

  #read(limit: number): Promise<Buffer> {
    const { message } = this.#request
    return this.#claim(null) ? collect(message, this.#limited(limit)) : Promise.resolve(Buffer.alloc(0))
  }

  /** The application's limit for a reader, or `maxBodySize` where the handler has set its own. */
  #limited(limit: number): number {
    const { settings, maxBodySize } = this.#request
    return maxBodySize === settings.maxBodySize ? Math.min(maxBodySize, limit) : maxBodySize
  }

  async text(): Promise<string> {
    const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(this.#type)?.[1] ?? 'utf-8'
    let decoder: InstanceType<typeof TextDecoder>
    try {
      decoder = new TextDecoder(charset)
    } catch {
      throw new UnsupportedMediaType(`This server does not read the charset ${charset}.`)
    }
    return decoder.decode(await this.bytes())
  }

  json(force: boolean): Promise<unknown> {
    this.#parsed ??= this.#readJson(force)
    return this.#parsed
  }

  async #readJson(force: boolean): Promise<unknown> {
    if (!force && this.#type !== 'application/json' && !isJsonType(this.#mimetype)) {
      throw new UnsupportedMediaType('The content must be JSON, with the type application/json.')
    }
    this.#requireFraming()
    const { settings } = this.#request
    this.#whole ??= this.#read(settings.maxJsonSize)
    const bytes = await this.#whole
    if (bytes.length > this.#limited(settings.maxJsonSize)) throw new RequestEntityTooLarge()
    return parseJson(bytes, settings.maxJsonDepth)
  }

  form(): Promise<Form> {
    this.#form ??= this.#readForm()
    return this.#form
  }

  async #readForm(): Promise<Form> {
    const mimetype = this.#mimetype
    if (mimetype === 'application/x-www-form-urlencoded') {
      this.#requireFraming()
      return parseUrlencoded((await this.bytes()).toString(), this.#request.settings)
    }
    if (mimetype !== 'multipart/form-data') return emptyForm()
    this.#requireFraming()
    const source = this.#whole !== null ? Readable.from([await this.#whole]) : this.#open('form()')
    return parseMultipart(source, this.#type, this.#request.settings)
  }

  stream(): Readable {
    const whole = this.#whole
    if (whole !== null) return Readable.from(once(whole), { objectMode: false })
    if (this.#source?.readableDidRead) throw new TipfyError('TIPFY_E_BODY_TAKEN', { how: 'stream()' })
    this.#source ??= this.#open('stream()')
    return this.#source
  }

  /** True if a form was read, so that there may be files on disk. */
  get hasForm(): boolean {
    return this.#form !== null
  }

  /** Removes the files of the form from disk. */
  discard(): void {
    this.#form?.then((form) => form.discard()).catch(() => {})
  }

  #open(how: 'stream()' | 'form()'): Readable {
    return this.#claim(how) ? openSource(this.#request.message, this.#request.maxBodySize) : emptySource()
  }

  /** Returns true if there are bytes to read, and notes their reader. Throws if they are gone. */
  #claim(how: 'stream()' | 'form()' | null): boolean {
    if (this.#taken !== null) throw new TipfyError('TIPFY_E_BODY_TAKEN', { how: this.#taken })
    if (!hasBody(this.#request.message)) return false
    this.#taken = how
    return true
  }

  get #type(): string {
    return this.#request.message.headers['content-type'] ?? ''
  }

  get #mimetype(): string {
    return this.#type.split(';', 1)[0]!.trim().toLowerCase()
  }

  // Without a length, a client that announces content (an old one, over HTTP/1.0) would seem to send none.
  #requireFraming(): void {
    if (!hasBody(this.#request.message)) throw new LengthRequired()
  }
}

async function* once(bytes: Promise<Buffer>) {
  yield await bytes
}
