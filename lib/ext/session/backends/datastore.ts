// The session that a record in Datastore keeps; only its signed id travels. What two requests do to one session at once
// is the store's matter; here is what this request may still do to it, and what its answer does to the cookie.
import { decodeData, encodeData, sameData } from '../data/codec.ts'
import { decodeCurrent, emptyData } from '../data/migrate.ts'
import { isEmptyData } from '../data/reserved.ts'
import { mergeData } from '../merge/merge.ts'
import type { SessionRecord } from '../repository/repository.ts'
import type { CookieChange, OutboxResponse } from '../response-cookies.ts'
import { isDue } from './backend.ts'
import { FoundSlot } from './found.ts'

export class StoredSlot extends FoundSlot {
  /** The id is not yet in the browser. */
  private unsent = false
  private queue: Promise<unknown> | undefined
  private waiting = 0

  // One after the other: two updates of a session that does not exist yet must not make two.
  private inTurn<T>(step: () => Promise<T>): Promise<T> {
    this.waiting++
    const turn = (this.queue ?? Promise.resolve()).then(step).finally(() => {
      this.waiting--
    })
    this.queue = turn.catch(() => {})
    return turn
  }

  destroy(): Promise<void> {
    this.act()
    return this.inTurn(async () => {
      const { sid } = this
      if (sid !== undefined) await this.ask((records) => records.destroy(sid))
      this.forget()
    })
  }

  /** After the session has been ended: the cookie goes, what is written from now on begins a new one. */
  forget(): void {
    this.ended = true
    this.dead = this.unsent = false
    this.behind = undefined
    this.sid = this.record = this.base = this.data = this.failure = this.newUser = this.newExpiration = undefined
  }

  update(fn: (data: Record<string, unknown>) => unknown): Promise<boolean> {
    this.act()
    if (this.failure !== undefined) throw this.failure
    this.look()
    return this.inTurn(async () => {
      if (this.dead) {
        this.records.stats.dropped++
        return false
      }
      const mine = this.look()
      const before = this.base ?? '{}'
      const record = await this.commit(fn)
      if (record === undefined) return !this.dead
      this.adopt(record)
      // What this request has not saved yet stays on top of the committed state.
      const text = this.exposed ? this.leaveBehind(mine) : before
      this.exposed = !sameData(text, before)
      this.data = this.exposed
        ? mergeData(decodeData(before), decodeData(text), decodeCurrent(record.data, this.kind.settings), () => {})
        : undefined
      return true
    })
  }

  /** The record after `fn`; none if the session died meanwhile, or if there is nothing worth a first one. */
  private async commit(fn: (data: Record<string, unknown>) => unknown): Promise<SessionRecord | undefined> {
    if (this.record === undefined) {
      const data = emptyData(this.kind.settings)
      fn(data)
      if (isEmptyData(data) && !this.newUser) return undefined
      const sid = this.records.newId()
      const changes = { data: encodeData(data), ...this.extras() }
      const record = await this.ask((records) => records.create(sid, changes))
      this.sid = sid
      this.unsent = true
      return record
    }
    const { sid, record } = this
    const change = (data: Record<string, unknown>) => {
      fn(data)
    }
    const saved = await this.ask((records) => records.update(sid!, change, record))
    if (saved.state === 'saved') return saved.record
    this.dead = true
    return undefined
  }

  /** What is given to the store beside the data. A session of a kind with its own expiration needs it from the start. */
  private extras(): { username?: string | null; expiresIn?: number } {
    const { expiration, settings } = this.kind
    const own = this.record === undefined && expiration !== settings.expiration ? expiration : undefined
    const seconds = this.newExpiration === null ? expiration : (this.newExpiration ?? own)
    return { username: this.newUser, expiresIn: seconds === undefined ? undefined : seconds * 1000 }
  }

  save(response: OutboxResponse, failed: boolean): CookieChange | undefined | Promise<CookieChange | undefined> {
    // A handler that did not await its destroy() or update() has its answer wait for them.
    if (this.waiting > 0) return this.queue!.then(() => this.save(response, failed))
    const changed = failed ? undefined : this.changedText()
    const isUserNew = this.newUser !== undefined && this.newUser !== this.storedUser
    this.close()
    if (this.isForAll(response)) return undefined
    if (failed || (this.failure !== undefined && !this.ended)) return this.leave()
    if (this.dead) {
      if (this.regenerated) return this.move(changed ?? '{}')
      if (changed !== undefined || isUserNew) this.records.stats.dropped++
      return undefined
    }
    const text = changed ?? this.base ?? '{}'
    if (this.record === undefined) {
      const empty = changed === undefined || isEmptyData(this.data!)
      return empty && !this.newUser ? this.leave() : this.create(text)
    }
    if (this.regenerated) return this.move(text)
    if (changed !== undefined || isUserNew) return this.commitChanges(this.sid!, this.record, text)
    if (this.touched || this.cookieDue() || this.records.touchDue(this.record)) {
      return this.renew(this.sid!, this.record)
    }
    return this.leave()
  }

  /** The cookie where nothing is to be stored. */
  private leave(): CookieChange | undefined {
    if (this.unsent) return this.send()
    const gone = this.ended && this.cookie !== undefined
    return gone || this.refused ? this.cookieChange(null) : undefined
  }

  private async create(data: string): Promise<CookieChange> {
    const sid = this.records.newId()
    await this.ask((records) => records.create(sid, { data, ...this.extras() }))
    return this.moveTo(sid)
  }

  private async move(data: string): Promise<CookieChange | undefined> {
    const sid = this.records.newId()
    // Said, not left to the record: near its absolute end that has less idle time than the new session shall have.
    const seconds = this.lifetime ?? this.kind.expiration
    const changes = { data, username: this.newUser, expiresIn: seconds * 1000 }
    const saved = await this.ask((records) => records.regenerate(this.sid!, sid, this.record ?? null, changes))
    return saved.state === 'gone' ? undefined : this.moveTo(sid)
  }

  private moveTo(sid: string): CookieChange {
    this.sid = sid
    this.unsent = true // and sent with an error, should another session of the request fail
    return this.send()
  }

  private async commitChanges(sid: string, base: SessionRecord, data: string): Promise<CookieChange | undefined> {
    const saved = await this.ask((records) => records.save(sid, base, { data, ...this.extras() }))
    return saved.state === 'saved' && (this.unsent || this.touched || this.cookieDue()) ? this.send() : undefined
  }

  // The cookie is renewed only together with the record: an id that died meanwhile must not replace the one that came after.
  private async renew(sid: string, record: SessionRecord): Promise<CookieChange | undefined> {
    const touched = await this.records.touch(sid, record, this.extras().expiresIn)
    const sure = touched.state === 'saved' && touched.record !== record
    return sure || this.unsent ? this.send() : undefined
  }

  private cookieDue(): boolean {
    const { cookie } = this
    if (cookie === undefined) return false
    return isDue(this.kind, cookie, this.now)
  }

  private send(): CookieChange {
    const { kind, lifetime } = this
    return this.cookieChange(kind.signer.sign(this.sid!, kind.settings.now(), lifetime), lifetime)
  }
}
