// One seed's world of sessions that are bound to a device: processes whose clocks differ, on one Datastore; requests to them; and what
// the owner's browser holds, by which a thief's luck and the owner's trouble are judged.
import { decodeData } from '../../../../lib/ext/session/data/codec.ts'
import { type StoredDevice, stateOf } from '../../../../lib/ext/session/data/device-state.ts'
import { deviceKey } from '../../../../lib/ext/session/data/reserved.ts'
import type { Write } from '../../../../lib/ext/session/repository/ports.ts'
import { keyName } from '../../../../lib/ext/session/repository/record.ts'
import { SimDatastore } from './datastore.ts'
import { type Answer, type Jar, send } from './device-site.ts'
import { SimMemcached } from './memcached.ts'
import { Process, Scheduler } from './scheduler.ts'
import { caller, Site } from './site.ts'

const lifetime = 300
/** Ms from the copy, or from the binding, until a copy is worth nothing. */
export const copyLife = (lifetime + 60) * 1000
const settings = { expiration: 86_400, deviceBound: { lifetime } }

/** A session that the owner's browser has or had. */
export interface Held {
  /** The time from which it was bound: its first good refresh, or its birth from one that was. */
  boundAt: number
  /** Shared by all that regenerate() made of one session: a logout of one ends the others. */
  readonly family: Family
  /** Its browser may have given up its key. */
  isKeyless?: boolean
  /** Another login came at the same moment: its browser may have given up the key of this one, which new ids of it are bound to. */
  isBeside?: boolean
}

interface Family {
  /** A thief may have ended it, moved it or bound it to himself while he could. */
  isHarmed: boolean
}

export type Act = 'read' | 'push' | 'renew' | 'pay' | 'login' | 'logout' | 'everywhere'

/** Returns true for what may give the browser another session. */
export const isMove = (act: Act): boolean => act !== 'read' && act !== 'push'

export class World {
  readonly violations: string[] = []
  readonly log: string[] = []
  requests = 0
  /** The sessions that the owner's browser has or had, by id. */
  readonly held = new Map<string, Held>()
  /** Commits by refreshes of the owner. */
  refreshCommits = 0
  /** By how much the clocks of processes differ at most, in ms. */
  readonly skew: number
  readonly scheduler: Scheduler
  readonly #tells: boolean
  readonly #sites: Site[] = []
  readonly #bound = new Set<string>()
  /** The ids of registrations, by session. */
  readonly #registrations = new Map<string, string>()
  /** Those of them that the owner's browser was told to forget, for good reasons. */
  readonly #forgotten = new Set<string>()
  /** Those that it was told to forget before it was bound to another key. */
  readonly #forgottenEarly = new Set<string>()
  readonly #born = new Map<string, number>()
  /** The sessions that the owner has ended; for each that a regenerate() made, the one before it. */
  readonly #ended = new Set<string>()
  readonly #before = new Map<string, string>()

  constructor(seed: number, tells: boolean) {
    this.#tells = tells
    this.scheduler = new Scheduler(seed)
    const { scheduler } = this
    const datastore = new SimDatastore(scheduler)
    datastore.onCommit = (writes, _, who) => {
      if ((who as { isRefresh?: boolean } | undefined)?.isRefresh) this.refreshCommits++
      for (const write of writes) this.#note(write)
    }
    datastore.onCall = () => caller.getStore()
    this.faults = datastore.faults
    this.skew = scheduler.chance(0.3) ? 20_000 : 0
    const memcacheds = scheduler.chance(0.5) ? [new SimMemcached(scheduler, 'm1')] : []
    for (let n = 1 + scheduler.below(3); n > 0; n--) {
      const process = new Process(scheduler, `p${n}`, scheduler.between(0, this.skew), 1)
      const habits = { absolute: null, merges: false, settings }
      this.#sites.push(new Site(scheduler, process, { datastore, memcacheds, habits }))
    }
  }

  readonly faults: SimDatastore['faults']

  #note(write: Write): void {
    if (write.op === 'delete' || write.op === 'user') return
    const { data, username } = write.row
    if (write.op === 'insert') this.#born.set(write.id, this.scheduler.time)
    if (!data?.startsWith('{')) return
    const device = decodeData(data)[deviceKey] as StoredDevice | undefined
    // The offer of a login may have a part of the device before it.
    if (stateOf(device) === 'bound') this.#bound.add(write.id)
    if (device?.id !== undefined) this.#registrations.set(write.id, device.id)
    this.say(() => `  ${write.op} ${username} ${device === undefined ? 'no device' : Object.keys(device)}`)
  }

  async open(): Promise<void> {
    for (const site of this.#sites) await site.sessions.openDevices()
  }

  after(ms: number, run: () => Promise<void>): void {
    this.scheduler.after(ms, () => {
      run().catch((error) => this.violations.push(`errors: ${error instanceof Error ? error.stack : error}`))
    })
  }

  wrong(text: string): void {
    this.violations.push(`${text} (at ${(this.scheduler.time / 1000).toFixed(1)} s)`)
  }

  say(text: () => string): void {
    if (this.#tells) this.log.push(`${(this.scheduler.time / 1000).toFixed(3).padStart(9)} ${text()}`)
  }

  get #site(): Site {
    return this.#sites[this.scheduler.below(this.#sites.length)]!
  }

  /** The id of the session in a jar. */
  idIn(jar: Jar): string | null {
    const [site] = this.#sites
    return site!.idIn(jar.get(site!.sessions.kinds.main.name))
  }

  /** Returns true if the response has given its browser another session. */
  hasSession({ set }: Answer): boolean {
    return set.includes(this.#sites[0]!.sessions.kinds.main.name)
  }

  heldIn(jar: Jar): Held | undefined {
    return this.held.get(this.idIn(jar) ?? '')
  }

  /** Notes that a request with the session `from` got another one, which goes on with what that was. */
  hold(id: string, from: string | null): void {
    const before = this.held.get(from ?? '')
    if (before === undefined || this.held.has(id)) return
    const isBound = before.boundAt <= (this.#born.get(keyName(id)) ?? 0)
    const isForgotten = this.#forgotten.has(this.#registrations.get(keyName(id)) ?? '')
    const isKeyless = before.isBeside === true || isForgotten
    this.held.set(id, { ...before, isKeyless, boundAt: isBound ? before.boundAt : Number.POSITIVE_INFINITY })
  }

  /** Notes that the owner has ended sessions. */
  end(ids: readonly string[]): void {
    for (const id of ids) this.#ended.add(id)
  }

  /** Notes that a regenerate() of the owner has given the session `from` a new id. */
  noteMoved(id: string, from: string): void {
    if (id !== from) this.#before.set(id, from)
  }

  /**
   * Notes that the owner's browser, with the session `id`, was told to forget a registration. That is right without a session, or
   * with one that is bound to another key, also a moment later: what needs the former key, and comes then, is of no use.
   */
  noteForgotten(registration: string, id: string | null): void {
    if (id === null || this.#bound.has(keyName(id))) this.#forget(registration)
    else this.#forgottenEarly.add(registration)
  }

  #forget(registration: string): void {
    this.#forgotten.add(registration)
    for (const [one, held] of this.held) {
      if (this.#registrations.get(keyName(one)) === registration) held.isKeyless = true
    }
  }

  /** Notes that the owner ends a session, and all that regenerate() has made of it, of one before it or of another of those. */
  leave(id: string): void {
    const first = this.#first(id)
    for (const one of [...this.held.keys()]) if (this.#first(one) === first) this.held.delete(one)
  }

  #first(id: string): string {
    const before = this.#before.get(id)
    return before === undefined ? id : this.#first(before)
  }

  /** Returns true for a session that was ended, under this id or one before it. */
  isEnded(id: string | null): boolean {
    for (let at: string | null = id; at !== null; at = this.#before.get(at) ?? null) {
      if (this.#ended.has(at)) return true
    }
    return false
  }

  /** Notes that a refresh for the session `id` was good. */
  noteRefreshed(id: string | null): void {
    // While a session moves its browser can refresh, but is not bound yet.
    if (id === null || !this.#bound.has(keyName(id))) return
    const held = this.held.get(id)
    if (held !== undefined) held.boundAt = Math.min(held.boundAt, this.scheduler.time)
    for (const registration of this.#forgottenEarly) {
      if (registration !== this.#registrations.get(keyName(id))) this.#forget(registration)
    }
    this.#forgottenEarly.clear()
  }

  /** A request of a page. `name` is who a login is for; `from` of the response the session that it was sent with. */
  async send(
    who: string,
    act: Act,
    jar: Jar,
    headers: Record<string, string>,
    name: string,
  ): Promise<Answer & { from: string | null }> {
    this.requests++
    const from = this.idIn(jar)
    const site = this.#site
    // The responses to moves come in any order, some when the browser has done a lot since.
    const late = isMove(act) ? this.scheduler.between(0, this.scheduler.chance(0.3) ? 300 : 20) : 0
    const answer = await caller.run({ loaded: undefined, conflicts: [] }, () =>
      send(
        site,
        jar,
        headers,
        async (store) => {
          const isEnd = act === 'logout' || act === 'everywhere'
          const { user } = isEnd ? { user: null } : store
          const data = store.current as unknown as Record<string, unknown[]>
          if (act === 'push') {
            data.list ??= []
            data.list.push(1)
          } else if (act === 'renew') store.regenerate()
          else if (act === 'pay') store.proveDevice()
          else if (act === 'logout') await store.destroy()
          else if (act === 'everywhere') await store.destroyAllFor(name)
          else if (act === 'login') {
            store.regenerate()
            store.user = name
          }
          return isEnd || act === 'login' ? name : user
        },
        late,
      ),
    )
    this.say(() => `${who} ${act} on ${site.process.name}: ${answer.status} ${answer.user}`)
    return { ...answer, from }
  }

  /** A request of a browser itself. */
  async own(who: string, jar: Jar, headers: Record<string, string>): Promise<Answer> {
    this.requests++
    const isRefresh = who === 'owner' && 'sec-secure-session-id' in headers
    const answer = await caller.run({ loaded: undefined, conflicts: [], isRefresh } as never, () =>
      send(this.#site, jar, { 'sec-fetch-mode': 'no-cors', ...headers }),
    )
    this.say(() => `${who} sends ${Object.keys(headers)} to the endpoint: ${answer.status}`)
    return answer
  }
}
