// Escapes text for HTML: `escape` for one text, the html`` template for a page.
import { notText, wrongArgument } from '../internal/arguments.ts'
import { TipfyError } from '../internal/errors.ts'
import { describeValue, hasText } from '../internal/has-text.ts'
import { writeJson } from '../internal/write-json.ts'
import { type Nonce, withNonce } from './nonce-tags.ts'

const special = /[&<>"']/
const each = /[&<>"']/g
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Escapes `& < > " '` as entities, for text between tags and inside quoted attributes. */
function escapeHtml(text: unknown): string {
  if (!hasText(text)) throw new TipfyError('TIPFY_E_HTML_VALUE', { given: describeValue(text) })
  const string = String(text)
  return special.test(string) ? string.replace(each, (char) => entities[char]!) : string
}

export { escapeHtml as escape }

/** Text that is HTML already and is not escaped again. The result of html`…`. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    if (typeof text !== 'string') throw notText('Text that is HTML already', text)
    this.#text = text
  }

  toString(): string {
    return this.#text
  }

  toJSON(): string {
    return this.#text
  }
}

/**
 * Returns the text of a safe string: ours, one of Hono and its JSX, or one of Handlebars; undefined for another value. Objects of
 * JSON are none, as they have no class.
 *
 * @throws {TipfyError} TIPFY_E_HTML_VALUE for one whose text is a promise
 */
export function safeText(value: object): string | undefined {
  if (value instanceof Html) return value.toString()
  if (!isForeignSafe(value)) return undefined
  const text: unknown = value.toString()
  if (typeof text !== 'string') throw new TipfyError('TIPFY_E_HTML_VALUE', { given: describeValue(text) })
  return text
}

function isForeignSafe(value: object): boolean {
  const { isEscaped, toHTML } = value as { isEscaped?: unknown; toHTML?: unknown }
  if (isEscaped !== true && typeof toHTML !== 'function') return false
  const type: Function | undefined = Object.getPrototypeOf(value)?.constructor
  return isEscaped === true ? type !== undefined && type !== Object : type?.name === 'SafeString'
}

function render(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(value)
  if (value === null || value === undefined || value === false) return ''
  if (Array.isArray(value)) return value.map(render).join('')
  const safe = typeof value === 'object' ? safeText(value) : undefined
  if (safe !== undefined) return safe
  if (!hasText(value)) throw new TipfyError('TIPFY_E_HTML_VALUE', { given: describeValue(value) })
  return escapeHtml(value)
}

/**
 * A template that escapes its values. Another html`…` is inserted as it is, lists are joined, and null, undefined and false are
 * left out. Safe strings of Hono and Handlebars are inserted too. Promises, functions and objects without a text of their own throw. Quote the values of attributes.
 *
 * @throws {TipfyError} TIPFY_E_HTML_VALUE
 * @example
 * html`<ul>${products.map((name) => html`<li>${name}</li>`)}</ul>`
 */
export function html(strings: TemplateStringsArray, ...values: unknown[]): Html {
  if (strings?.raw === undefined) throw notTemplate(strings)
  const texts = currentNonce === undefined ? strings : withNonce(strings, values, currentNonce)
  let text = texts[0]!
  for (let at = 0; at < values.length; at++) text += render(values[at]) + texts[at + 1]!
  return new Html(text)
}

function notTemplate(given: unknown): Error {
  const remedy = 'Write html`<p>${text}</p>`; html.raw(text) marks a trusted text as HTML.'
  return wrongArgument('The argument of html', 'a template', given, remedy)
}

let currentNonce: (() => Nonce | undefined) | undefined

/** Makes templates put a nonce on the script and style tags that stand literally in them. `current` is called for each template. @internal */
export function putNonces(current: () => Nonce | undefined): void {
  currentNonce = current
}

/** Marks trusted text as HTML, which is not escaped: never pass it text that a user sent. */
html.raw = (text: string): Html => new Html(text)

/** Writes a value as JSON for a `<script>`, where no text of it can end the script: html`<script>const cart = ${html.json(cart)}</script>`. */
html.json = (value: unknown): Html => {
  const text = value instanceof Promise ? undefined : writeJson(value)
  if (text === undefined) throw new TipfyError('TIPFY_E_HTML_VALUE', { given: describeValue(value) })
  return new Html(
    text.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

/** Returns the scheme of an address, in small letters; undefined for a relative one. */
function schemeOf(address: string): string | undefined {
  // Browsers drop these before they look for the scheme.
  return /^([a-z][a-z\d+.-]*):/i.exec(address.replace(/^[\0-\x20]+|[\t\n\r]/g, ''))?.[1]?.toLowerCase()
}

/** Returns true for an address that runs no code where it is followed: a relative one, or one of the schemes of html.url(). */
export function isHarmless(address: string): boolean {
  const scheme = schemeOf(address)
  return scheme === undefined || schemes.has(scheme)
}

const schemes = new Set(['http', 'https', 'mailto', 'tel', 'sms', 'ftp'])

/**
 * Escapes an address that a user sent, for a quoted `href` or `src`: html`<a href="${html.url(link)}">`. Throws for the schemes that
 * run code, like `javascript:`, and for all but http, https, ftp, mailto, tel and sms.
 */
html.url = (address: string | URL): Html => {
  if (address === null || address === undefined || !hasText(address))
    throw new TipfyError('TIPFY_E_HTML_VALUE', { given: describeValue(address) })
  const text = String(address)
  if (!isHarmless(text)) throw new TipfyError('TIPFY_E_HTML_URL', { scheme: `${schemeOf(text)}` })
  return new Html(escapeHtml(text))
}
