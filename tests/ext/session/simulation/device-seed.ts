// One seed of sessions that are bound to a device: the owner's browser, which registers and refreshes; a thief with copies of
// its jar and a device of his own; processes whose clocks differ. Held against two promises: a copy is of no use once `lifetime` and
// 60 s have passed, whatever its holder sends, and the owner does not notice.
import { decodeData } from '../../../../lib/ext/session/data/codec.ts'
import { deviceKey } from '../../../../lib/ext/session/data/reserved.ts'
import { SimDatastore } from './datastore.ts'
import { type Answer, boundCookie, Jar, Key, send } from './device-site.ts'
import { SimMemcached } from './memcached.ts'
import { Process, Scheduler } from './scheduler.ts'
import type { Outcome, SeedOptions } from './seed.ts'
import { caller, Site } from './site.ts'

const lifetime = 300
/** Ms from the copy, or from the binding, until a copy is worth nothing. */
const copyLife = (lifetime + 60) * 1000
const firstGrace = 30_000
/** Chromium refreshes early where less is left. */
const early = 120_000
const maxAttempts = 4
const settings = { expiration: 86_400, deviceBound: { lifetime } }

const [ownersKey, thiefsKey] = [new Key(), new Key()]

export async function runDeviceSeed(seed: number, { tells = false }: SeedOptions = {}): Promise<Outcome> {
  const world = new World(seed, tells)
  try {
    await world.run()
  } catch (error) {
    world.violations.push(`no hang: ${error instanceof Error ? error.stack : error}`)
  }
  const { violations, requests, log } = world
  return { seed, violations, requests, log, lagging: { reads: 0, longest: 0, bound: 0 } }
}

/** What a login of the owner has come to. */
interface Login {
  /** The time of its first good refresh. */
  boundAt: number
  /** A thief may have ended it, moved it or bound it to himself while he could. */
  isHarmed: boolean
}

/** What a browser knows of its device. */
interface Binding {
  id: string
  challenge: string | undefined
}

/** A browser: the owner's, and that of the thief for an account of his own. */
class Browser {
  jar: Jar
  /** Those that a browser keeps until it is told that one is over. */
  readonly bindings: Binding[] = []
  /** The refresh under way. */
  refreshing: Promise<void> | undefined
  /** Why the last refresh came to nothing. */
  skipped: string | undefined
  readonly key: Key

  constructor(jar: Jar, key: Key) {
    this.jar = jar
    this.key = key
  }

  get binding(): Binding | undefined {
    return this.bindings.at(-1)
  }
}

/** A copy of the owner's jar. */
interface Copy {
  jar: Jar
  at: number
  login: Login
  id: string | undefined
}

type Act = 'read' | 'push' | 'renew' | 'pay' | 'login' | 'logout'

class World {
  readonly violations: string[] = []
  readonly log: string[] = []
  requests = 0
  readonly #tells: boolean
  readonly #scheduler: Scheduler
  readonly #datastore: SimDatastore
  readonly #sites: Site[] = []
  readonly #owner: Browser
  readonly #thief: Browser
  readonly #copies: Copy[] = []
  /** By how much the clocks of processes differ at most, in ms. */
  readonly #skew: number
  #login: Login | undefined
  /** Requests of the owner that are not over. */
  #underway = 0
  /** Those of them that may move or end the session. */
  #moving = 0
  /** How many of those there were. */
  #moves = 0
  #commits = 0
  /** The devices that sessions were bound to. */
  readonly #bound = new Set<string>()

  constructor(seed: number, tells: boolean) {
    this.#tells = tells
    this.#scheduler = new Scheduler(seed)
    const scheduler = this.#scheduler
    this.#datastore = new SimDatastore(scheduler)
    this.#datastore.onCommit = (writes, _, who) => {
      if ((who as { isRefresh?: boolean } | undefined)?.isRefresh) this.#commits++
      for (const write of writes) {
        if (write.op === 'delete' || write.op === 'user' || !write.row.data?.startsWith('{')) continue
        const device = decodeData(write.row.data)[deviceKey] as { id: string; proven?: number } | undefined
        if (device?.proven !== undefined) this.#bound.add(device.id)
        this.#say(
          () => `  ${write.op} ${write.row.username} ${device === undefined ? 'no device' : Object.keys(device)}`,
        )
      }
    }
    this.#datastore.onCall = () => caller.getStore()
    this.#skew = scheduler.chance(0.3) ? 20_000 : 0
    const memcacheds = scheduler.chance(0.5) ? [new SimMemcached(scheduler, 'm1')] : []
    for (let n = 1 + scheduler.below(3); n > 0; n--) {
      const process = new Process(scheduler, `p${n}`, scheduler.between(0, this.#skew), 1)
      const habits = { absolute: null, merges: false, settings }
      this.#sites.push(new Site(scheduler, process, { datastore: this.#datastore, memcacheds, habits }))
    }
    this.#owner = new Browser(new Jar(scheduler), ownersKey)
    this.#thief = new Browser(new Jar(scheduler), thiefsKey)
  }

  async run(): Promise<void> {
    for (const site of this.#sites) await site.sessions.openDevices()
    const scheduler = this.#scheduler
    this.#after(0, () => this.#visit(this.#owner, 'login'))
    this.#after(5, () => this.#visit(this.#thief, 'login'))
    for (let at = 1000, planned = 0; planned < 18; planned++) {
      const kind = scheduler.pick([
        [5, 'tabs'],
        [1, 'act'],
        [1.5, 'copy'],
        [4, 'theft'],
        [1, 'fault'],
      ])
      if (kind === 'tabs') {
        for (let n = scheduler.below(3); n >= 0; n--) {
          this.#after(at + scheduler.between(0, 20), () =>
            this.#visit(this.#owner, scheduler.chance(0.7) ? 'read' : 'push'),
          )
        }
      } else if (kind === 'act') {
        const act = scheduler.pick<Act>([
          [3, 'renew'],
          [2, 'pay'],
          [1, 'login'],
          [1, 'logout'],
        ])
        this.#after(at, () => this.#visit(this.#owner, act))
      } else if (kind === 'copy') this.#after(at, async () => this.#copy())
      else if (kind === 'theft') this.#after(at, () => this.#steal())
      else this.#after(at, async () => this.#fault())
      at += scheduler.pick([
        [4, 50],
        [3, 40_000],
        [2, 200_000],
        [2, 320_000],
        [1, 900_000],
      ])
    }
    await scheduler.run()
  }

  #after(ms: number, run: () => Promise<void>): void {
    this.#scheduler.after(ms, () => {
      run().catch((error) => this.violations.push(`errors: ${error instanceof Error ? error.stack : error}`))
    })
  }

  #wrong(text: string): void {
    this.violations.push(`${text} (at ${(this.#scheduler.time / 1000).toFixed(1)} s)`)
  }

  #say(text: () => string): void {
    if (this.#tells) this.log.push(`${(this.#scheduler.time / 1000).toFixed(3).padStart(9)} ${text()}`)
  }

  get #site(): Site {
    return this.#sites[this.#scheduler.below(this.#sites.length)]!
  }

  /** A request of a page of the browser's own, with all that a browser does before and after it. */
  async #visit(browser: Browser, wanted: Act): Promise<void> {
    const isOwner = browser === this.#owner
    const isOut = isOwner && this.#login === undefined
    // A request without a session may begin one, whose cookie would take the place of the login's.
    if (isOut && this.#underway > 0) return
    if (isOwner) this.#underway++
    try {
      await this.#visitPage(browser, isOut ? 'login' : wanted)
    } finally {
      if (isOwner) this.#underway--
    }
  }

  async #visitPage(browser: Browser, act: Act): Promise<void> {
    const isOwner = browser === this.#owner
    const left = browser.jar.left(boundCookie)
    if (browser.binding !== undefined && left < early) {
      const refreshing = this.#refresh(browser)
      if (left === 0) await refreshing
    }
    const login = this.#login
    const isAlone = this.#moving === 0
    const moves = act !== 'read' && act !== 'push'
    // Two moves at once make two sessions, bound or not: the browser keeps that of the response that comes last.
    if (isOwner && moves && !isAlone) return
    if (isOwner && moves) {
      this.#moving++
      this.#moves++
    }
    const movesBefore = this.#moves
    // It counts from the moment it is sent; what was answered by then must be seen.
    const headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }
    if (browser.skipped !== undefined) headers['secure-session-skipped'] = browser.skipped
    let answer = await this.#send(
      isOwner ? 'owner' : 'thief as himself',
      act,
      browser.jar,
      headers,
      isOwner ? 'ann' : 'bob',
    )
    if (act === 'pay' && answer.status === 307) {
      if (browser.binding !== undefined && browser.jar.left(boundCookie) === 0) await this.#refresh(browser)
      answer = await this.#send(isOwner ? 'owner' : 'thief as himself', act, browser.jar, headers, 'ann')
    }
    if (isOwner && moves) this.#moving--
    if (isOwner && act === 'login') {
      this.#login = answer.status === 200 ? { boundAt: Number.POSITIVE_INFINITY, isHarmed: false } : undefined
    }
    await this.#register(browser, answer)
    if (!isOwner || act === 'login') return
    const wasGood = isAlone && this.#login === login && login?.isHarmed === false
    // It may be gone, or not.
    if (act === 'logout' || (moves && answer.status === 503)) this.#login = undefined
    // The session has moved, or was ended, while it was on its way.
    if (!wasGood || this.#moves > movesBefore) return
    if (answer.status !== 503 && answer.user !== 'ann') {
      this.#wrong(`the owner does not notice: ${act} was answered ${answer.status} for ${answer.user}`)
    }
  }

  async #send(who: string, act: Act, jar: Jar, headers: Record<string, string>, name: string): Promise<Answer> {
    this.requests++
    const site = this.#site
    const answer = await caller.run({ loaded: undefined, conflicts: [] }, () =>
      send(site, jar, headers, async (store) => {
        const { user } = act === 'logout' ? { user: null } : store
        const data = store.current as unknown as Record<string, unknown[]>
        if (act === 'push') {
          data.list ??= []
          data.list.push(1)
        } else if (act === 'renew') store.regenerate()
        else if (act === 'pay') store.proveDevice()
        else if (act === 'logout') await store.destroy()
        else if (act === 'login') {
          store.regenerate()
          store.user = name
        }
        return act === 'logout' || act === 'login' ? name : user
      }),
    )
    this.#say(() => `${who} ${act} on ${site.process.name}: ${answer.status} ${answer.user}`)
    return answer
  }

  #refresh(browser: Browser): Promise<void> {
    browser.refreshing ??= this.#doRefresh(browser).finally(() => {
      browser.refreshing = undefined
    })
    return browser.refreshing
  }

  async #doRefresh(browser: Browser): Promise<void> {
    const { binding, key } = browser
    if (binding === undefined) return
    const login = this.#login
    // A browser that was restarted has lost it.
    if (this.#scheduler.chance(0.1)) binding.challenge = undefined
    const wasBound = login !== undefined && login.boundAt < this.#scheduler.time
    const commits = this.#commits
    for (let attempts = 0; attempts < maxAttempts; attempts++) {
      const headers: Record<string, string> = { 'sec-secure-session-id': binding.id }
      if (binding.challenge !== undefined) headers['secure-session-response'] = key.prove(binding.challenge)
      const answer = await this.#own(browser === this.#owner ? 'owner' : 'thief as himself', browser.jar, headers)
      binding.challenge = challengeOf(answer) ?? binding.challenge
      if (answer.status === 403) continue
      browser.skipped = answer.status >= 500 ? 'server_error' : undefined
      if (answer.status !== 204 && answer.status < 500) {
        browser.bindings.splice(browser.bindings.indexOf(binding), 1)
        return await this.#doRefresh(browser)
      }
      if (browser !== this.#owner) return
      // While a session moves its browser can refresh, but is not bound yet.
      const isBound = answer.status === 204 && this.#bound.has(binding.id)
      if (isBound && login !== undefined) login.boundAt = Math.min(login.boundAt, this.#scheduler.time)
      if (wasBound && this.#commits > commits) this.#wrong('no commit: a refresh of a bound session wrote')
      return
    }
  }

  /** A request of a browser itself. */
  async #own(who: string, jar: Jar, headers: Record<string, string>): Promise<Answer> {
    this.requests++
    const context = {
      loaded: undefined,
      conflicts: [],
      isRefresh: who === 'owner' && 'sec-secure-session-id' in headers,
    }
    const answer = await caller.run(context, () => send(this.#site, jar, { 'sec-fetch-mode': 'no-cors', ...headers }))
    this.#say(() => `${who} sends ${Object.keys(headers)} to the endpoint: ${answer.status}`)
    return answer
  }

  /** Registers a key where it was offered. */
  async #register(browser: Browser, answer: Answer, jar = browser.jar): Promise<boolean> {
    const offer = /challenge="([^"]*)"/.exec(answer.headers.get('secure-session-registration') ?? '')?.[1]
    if (offer === undefined) return false
    const who = browser === this.#owner ? 'owner' : 'thief'
    const registered = await this.#own(who, jar, { 'secure-session-response': browser.key.prove(offer, true) })
    if (registered.status !== 200) return false
    if (jar !== browser.jar) return true
    const { session_identifier: id } = JSON.parse(registered.body) as { session_identifier: string }
    // Chromium refreshes the first in the alphabet, which is any.
    const at = this.#scheduler.below(browser.bindings.length + 1)
    browser.bindings.splice(at, 0, { id, challenge: challengeOf(registered) })
    return true
  }

  #copy(): void {
    if (this.#login === undefined) return
    const jar = new Jar(this.#scheduler, this.#owner.jar)
    this.#copies.push({ jar, at: this.#scheduler.time, login: this.#login, id: this.#owner.binding?.id })
    this.#say(() => 'the jar is copied')
  }

  /** A thief tries what he can with a copy. */
  async #steal(): Promise<void> {
    const scheduler = this.#scheduler
    const which = scheduler.chance(0.7) ? this.#copies.length - 1 : scheduler.below(this.#copies.length)
    const copy = this.#copies[which]
    if (copy === undefined) return
    const { login, id } = copy
    const isUseful = () =>
      scheduler.time <= Math.max(copy.at + copyLife, login.boundAt + firstGrace) + this.#skew + 1000
    const wasUseful = isUseful()
    const way = scheduler.pick<Act | 'refresh' | 'mixed'>([
      [4, 'read'],
      [2, 'push'],
      [wasUseful ? 0.3 : 2, 'renew'],
      [wasUseful ? 0.3 : 2, 'logout'],
      [1, 'pay'],
      [1, 'login'],
      [4, 'refresh'],
      [3, 'mixed'],
    ])
    if (way === 'refresh') return await this.#tryRefresh(copy)
    let { jar } = copy
    if (way === 'mixed') {
      // The bound cookie of a device of his own, which is fresh.
      await this.#visit(this.#thief, 'read')
      jar = new Jar(scheduler, jar)
      jar.take(boundCookie, this.#thief.jar)
    }
    const headers = scheduler.pick<Record<string, string>>([
      [3, { 'sec-fetch-site': 'same-origin' }],
      [1, {}],
      [1, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
      [1, { 'sec-fetch-site': 'same-origin', 'secure-session-skipped': 'unreachable' }],
    ])
    const act = way === 'mixed' ? 'read' : way
    // His own login with the copy is a session of his own.
    const answer = await this.#send('thief', act, act === 'login' ? new Jar(scheduler, jar) : jar, headers, 'bob')
    if (wasUseful && (act === 'renew' || act === 'logout' || act === 'login')) login.isHarmed = true
    if (await this.#register(this.#thief, answer, jar)) {
      if (login.boundAt < scheduler.time - firstGrace && answer.user === 'ann') {
        this.#wrong(`a copy is of no use: it was bound to another device after ${id} was`)
      }
      login.isHarmed = true
    }
    if (answer.user === 'ann' && !wasUseful && !isUseful()) {
      const age = (scheduler.time - copy.at) / 1000
      this.#wrong(`a copy is of no use: after ${age.toFixed(0)} s ${way} was that of ann`)
    }
  }

  /** Tries to get a bound cookie with a key of his own, or without any. */
  async #tryRefresh({ jar, id, login }: Copy): Promise<void> {
    if (id === undefined) return
    const scheduler = this.#scheduler
    const isBound = login.boundAt < scheduler.time
    const copy = new Jar(scheduler, jar)
    const first = await this.#own('thief', copy, { 'sec-secure-session-id': id })
    const own = this.#thief.binding?.challenge
    const challenges = [challengeOf(first), own].filter((challenge) => challenge !== undefined)
    for (const challenge of challenges) {
      for (const withKey of [false, true]) {
        const proof = this.#thief.key.prove(challenge, withKey)
        const headers = { 'sec-secure-session-id': id, 'secure-session-response': proof }
        const answer = await this.#own('thief', new Jar(scheduler, jar), headers)
        if (answer.status === 204 && isBound) this.#wrong('a copy is of no use: another key has refreshed it')
      }
    }
    const claim = { 'secure-session-response': this.#thief.key.prove(challenges[0] ?? 'none', true) }
    const claimed = await this.#own('thief', new Jar(scheduler, jar), claim)
    if (claimed.status === 200) this.#wrong('a copy is of no use: another key was registered with a challenge')
  }

  #fault(): void {
    const { faults } = this.#datastore
    const which = (['lostRequest', 'lostAnswer', 'busy', 'slow', 'abort'] as const)[this.#scheduler.below(5)]!
    faults[which] = this.#scheduler.between(0.1, 0.6)
    this.#scheduler.after(this.#scheduler.between(20, 3000), () => {
      faults[which] = 0
    })
  }
}

const challengeOf = (answer: Answer): string | undefined =>
  /^"([^"]*)"/.exec(answer.headers.get('secure-session-challenge') ?? '')?.[1]
