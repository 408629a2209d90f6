// Long rows that were read or written lately. Nothing of them is taken for granted: a read asks for the version, and leaves the text
// where it is if that is the one known here. A version is given once, so its text is the same in all processes.
import { BoundedMap } from '../../../internal/bounded-map.ts'
import type { Row } from './schema.ts'

/** Characters from which on a text is long: others are read as fast as they are found here. */
const longText = 4096
/** Characters that are kept in all. */
const maxTexts = 32 * 1024 * 1024

export class LongRows {
  readonly #rows = new BoundedMap<Row>(maxTexts)
  /** Written by the transaction that runs. */
  #written: [id: string, row: Row][] = []

  get(n: number, k: Uint8Array): Row | undefined {
    return this.#rows.size === 0 ? undefined : this.#rows.get(idOf(n, k))
  }

  /** Keeps a row that is committed, in place of another version. */
  keep(n: number, k: Uint8Array, row: Row): void {
    if (row.d.length >= longText) this.#rows.set(idOf(n, k), row, row.d.length)
  }

  /** Keeps a row from the commit of the transaction on. */
  keepAtCommit(n: number, k: Uint8Array, row: Row): void {
    if (row.d.length >= longText) this.#written.push([idOf(n, k), row])
  }

  commit(): void {
    if (this.#written.length === 0) return
    for (const [id, row] of this.#written) this.#rows.set(id, row, row.d.length)
    this.#written = []
  }

  rollback(): void {
    this.#written = []
  }
}

const idOf = (n: number, k: Uint8Array): string =>
  `${n} ${Buffer.from(k.buffer, k.byteOffset, k.length).toString('latin1')}`
