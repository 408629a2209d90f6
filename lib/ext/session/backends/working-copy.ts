// The data of a session as one request sees it: decoded once, changed in place, compared with what is stored at the end.
import { decodeData, encodeData, sameData } from '../data/codec.ts'
import { decodeCurrent, emptyData, type Migration } from '../data/migrate.ts'
import { mergeData } from '../merge/merge.ts'
import type { CopyOnRead } from './copy-on-read.ts'

type Data = Record<string, unknown>

export class WorkingCopy {
  readonly #migration: Migration
  #shared: CopyOnRead | undefined
  #base: string | undefined
  #data: Data | undefined
  /** True once the data was handed out or written: until then it is as stored. */
  #isExposed = false
  /** Data that was handed out before a rebase, and its text then: the handler may still change parts of it. */
  #handedOut: { data: Data; text: string }[] | undefined

  /**
   * @param base the stored text; undefined for a session that does not exist yet
   * @param shared the decoded data of `base`, where it is remembered
   * @throws {TipfyError} TIPFY_E_SESSION_DATA if the text cannot be decoded
   */
  constructor(base: string | undefined, migration: Migration, shared?: CopyOnRead) {
    this.#migration = migration
    this.#shared = shared
    this.#base = base
    this.#data = shared === undefined ? this.#decode() : shared.share()
  }

  #decode(): Data {
    if (this.#base === undefined) return emptyData(this.#migration)
    const data = decodeCurrent(this.#base, this.#migration)
    // A migration alone is no change.
    if (this.#migration.dataVersion !== null) this.#base = encodeData(data)
    return data
  }

  /** The stored text that the data is compared with. */
  get base(): string | undefined {
    return this.#base
  }

  /** The data, to be looked at. */
  get data(): Data {
    this.#data ??= this.#decode()
    return this.#data
  }

  /** The data, to be handed out or changed. */
  expose(): Data {
    this.#isExposed = true
    this.#shared?.ownAll(this.data)
    return this.data
  }

  /** The data, for keys to be set and removed: values stay those of the original. */
  edit(): Data {
    this.#isExposed = true
    return this.data
  }

  /** The value of a key that is there, to be handed out. */
  exposeKey(key: string): unknown {
    this.#isExposed = true
    const { data } = this
    this.#shared?.own(data, key)
    return data[key]
  }

  /** The encoded data if it differs from what is stored. */
  changedText(): string | undefined {
    if (this.#handedOut !== undefined) this.#catchUp(this.#handedOut)
    if (!this.#isExposed || this.#shared?.isIn(this.data)) return undefined
    const text = this.#shared?.encode(this.data) ?? encodeData(this.data)
    return sameData(text, this.#base ?? '{}') ? undefined : text
  }

  /** Moves onto the newly stored text `next`; what the request changed stays on top. `data`: its data, if that was handed out. */
  rebase(next: string, data?: Data): void {
    const before = this.#base ?? '{}'
    let mine: string | undefined
    if (this.#isExposed) {
      const own = this.data
      const text = encodeData(own)
      this.#handedOut ??= []
      this.#handedOut.push({ data: own, text })
      if (!sameData(text, before)) mine = text
    }
    this.#shared = undefined
    this.#base = next
    this.#isExposed = mine !== undefined || data !== undefined
    this.#data = data
    if (mine !== undefined) this.#data = mergeData(decodeData(before), decodeData(mine), this.data, () => {})
  }

  // Merged as text: old and new data must share no object, or one change would be found in both.
  #catchUp(handedOut: { data: Data; text: string }[]): void {
    for (const old of handedOut) {
      const text = encodeData(old.data)
      if (sameData(text, old.text)) continue
      this.#data = mergeData(decodeData(old.text), decodeData(text), this.data, () => {})
      old.text = text
      this.#isExposed = true
    }
  }
}
