// Media types by name. The table is large, so it is read when a name first needs it.
import { createRequire } from 'node:module'

const common: Record<string, string> = { html: 'text/html', json: 'application/json', text: 'text/plain' }

let lookup: ((name: string) => string | false) | undefined

/** The media type of a file's name or ending; `application/octet-stream` if there is none. */
export function mimetypeOf(name: string): string {
  const known = common[name]
  if (known !== undefined) return known
  lookup ??= (createRequire(import.meta.url)('mime-types') as typeof import('mime-types')).lookup
  return lookup(name) || 'application/octet-stream'
}

/** Whether content of this type is text, that a charset is said of and that compression is good for. */
export function isTextual(mimetype: string): boolean {
  return (
    /^text\/|^application\/(?:json|javascript|xml|wasm|manifest\+json)$|\+(?:json|xml)$/i.test(mimetype) &&
    mimetype !== 'text/event-stream'
  )
}

/** `mimetype` with a charset if it is of a text that does not have its own way to say it. */
export function withCharset(mimetype: string): string {
  return isTextual(mimetype) && !/json|wasm/.test(mimetype) ? `${mimetype}; charset=utf-8` : mimetype
}

/** A Content-Disposition that has the browser save under `filename`, without its folders, in any script (RFC 6266). */
export function attachment(filename: string): string {
  const base = filename.slice(filename.lastIndexOf('/') + 1)
  const name = base.replace(/[\x00-\x1f\x7f]/g, '').toWellFormed()
  const ascii = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?')
  const quoted = `attachment; filename="${ascii.replace(/["\\]/g, '\\$&')}"`
  // Some browsers decode a plain filename, which a name with a percent sign must not suffer.
  if (ascii === name && !/%[\da-f]{2}/i.test(name)) return quoted
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${quoted}; filename*=UTF-8''${encoded}`
}
