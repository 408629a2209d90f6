// The parser of multipart forms, and the one file that knows its private members.
import type { EventEmitter } from 'node:events'
import type { BusboyConfig, Busboy as BusboyExport } from '@fastify/busboy'

export type Busboy = InstanceType<typeof BusboyExport>

/** Makes a parser. It is loaded with the first form: most applications have few. */
export async function makeBusboy(contentType: string, limits: BusboyConfig['limits']): Promise<Busboy> {
  const { Busboy } = await import('@fastify/busboy')
  return new Busboy({ headers: { 'content-type': contentType }, limits })
}

/** The emitter of a `part` event for each part: busboy itself says nothing of a part that it skips, one without headers. */
export function partsOf(busboy: Busboy): EventEmitter {
  return (busboy as unknown as { _parser: { parser: EventEmitter } })._parser.parser
}
