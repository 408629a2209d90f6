// Media types by name. The table is large, so it is loaded when a name first needs it.
import { createRequire } from 'node:module'

const common: Record<string, string> = { html: 'text/html', json: 'application/json', text: 'text/plain' }

let lookup: ((name: string) => string | false) | undefined

/** The media type for a file's name or extension; `application/octet-stream` if unknown. */
export function mimetypeOf(name: string): string {
  const known = common[name]
  if (known !== undefined) return known
  lookup ??= (createRequire(import.meta.url)('mime-types') as typeof import('mime-types')).lookup
  return lookup(name) || 'application/octet-stream'
}

/** Returns true for the media type of JSON, in lower case and without parameters. */
export const isJsonType = (mimetype: string): boolean => /^application\/(?:[\w.-]+\+)?json$/.test(mimetype)

/** True for text, which needs a charset and compresses well. */
export function isTextual(mimetype: string): boolean {
  return (
    /^text\/|^application\/(?:json|javascript|xml|wasm|manifest\+json)$|\+(?:json|xml)$/i.test(mimetype) &&
    mimetype !== 'text/event-stream'
  )
}

/** Adds a charset to the type of a text, except where the format has its own. */
export function withCharset(mimetype: string): string {
  return isTextual(mimetype) && !/json|wasm/.test(mimetype) ? `${mimetype}; charset=utf-8` : mimetype
}

/** A Content-Disposition that makes the browser save the content under `filename`, in any script (RFC 6266). */
export function attachment(filename: string): string {
  const base = filename.slice(filename.lastIndexOf('/') + 1)
  const name = base.replace(/[\x00-\x1f\x7f]/g, '').toWellFormed()
  const ascii = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?')
  const quoted = `attachment; filename="${ascii.replace(/["\\]/g, '\\$&')}"`
  // Some browsers decode a plain filename, which would change a name with a percent sign.
  if (ascii === name && !/%[\da-f]{2}/i.test(name)) return quoted
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${quoted}; filename*=UTF-8''${encoded}`
}
