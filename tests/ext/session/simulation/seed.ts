// One seed: a few processes, browsers and requests, what goes wrong among them, and what the checker says of it.
import type { Write } from '../../../../lib/ext/session/repository/ports.ts'
import { Checker, type Visitor } from './checker.ts'
import { type Locks, SimDatastore } from './datastore.ts'
import { SimMemcached } from './memcached.ts'
import { HandlerFailed, programs, type Task } from './programs.ts'
import { Process, Scheduler } from './scheduler.ts'
import { caller, type Habits, limits, Site } from './site.ts'
import { type Misfortune, type Theme, themes } from './themes.ts'
import { SimValkey, type ValkeyWorldKind } from './valkey.ts'
import { failovers } from './valkey-theme.ts'

export interface Outcome {
  seed: number
  violations: string[]
  requests: number
  log: string[]
  /**
   * Reads behind a response while two servers took themselves for the primary, or whose process was cut off from the cache, and
   * the longest time that one was behind, in ms.
   */
  lagging: { reads: number; longest: number; bound: number }
}

export interface SeedOptions {
  /** All that happens is put into words. */
  tells?: boolean
  /** Default: what the seed makes of it. */
  theme?: Theme
  locks?: Locks
  /** The cache is a Valkey of this kind of world. Default: memcached, or none. */
  valkey?: ValkeyWorldKind
}

export async function runSeed(seed: number, options: SeedOptions = {}): Promise<Outcome> {
  const world = new World(seed, options)
  try {
    await world.run()
  } catch (error) {
    world.checker.wrong('no hang', String(error instanceof Error ? error.stack : error))
  }
  world.checker.end()
  return {
    seed,
    violations: world.checker.violations,
    requests: world.requests,
    log: world.log,
    lagging: world.checker.lagging,
  }
}

class World {
  readonly scheduler: Scheduler
  readonly checker: Checker
  readonly log: string[] = []
  readonly #tells: boolean
  requests = 0
  readonly #datastore: SimDatastore
  readonly #memcacheds: (SimMemcached | SimValkey)[] = []
  readonly #habits: Habits
  readonly #sites: Site[] = []
  /** Those that have crashed, too. */
  readonly #everySite: Site[] = []
  readonly #jars: (string | null)[]
  readonly #old: string[] = []
  readonly #theme: Theme
  readonly #holds: Process['holds']
  #wasUnwell = false
  #processes = 0

  constructor(seed: number, { tells = false, theme, locks, valkey }: SeedOptions) {
    this.#tells = tells
    this.scheduler = new Scheduler(seed)
    const { scheduler } = this
    this.#habits = { absolute: scheduler.chance(0.3) ? 150_000 : null, merges: scheduler.chance(0.2) }
    this.checker = new Checker(scheduler, this.#habits)
    this.#datastore = new SimDatastore(scheduler)
    const servers = scheduler.pick([
      [15, 0],
      [60, 1],
      [15, 2],
      [10, 3],
    ])
    const count = valkey === undefined ? servers : Math.max(servers, 1)
    for (let n = 1; n <= count; n++) this.#memcacheds.push(this.#newCache(`m${n}`, valkey))
    const picked = scheduler.pick(Object.values(themes))
    this.#theme = theme ?? (valkey !== undefined && scheduler.chance(0.5) ? failovers : picked)
    const isForAll = this.#theme.isForAll === true
    this.checker.isForAll = isForAll
    this.checker.isCutOff = this.#theme.cutsOff === true
    const isBusy = scheduler.chance(0.3) && !isForAll
    this.#holds = { probability: isBusy ? scheduler.between(0.01, 0.2) : 0, ms: scheduler.between(20, 250) }
    // New databases lock pessimistically; Google's newer emulator does too, and ignores versions.
    const server = scheduler.pick<Locks>([
      [5, 'none'],
      [4, 'detect'],
      [1, 'wait'],
    ])
    this.#datastore.habits = { locks: locks ?? server, ignoresVersions: scheduler.chance(0.1) }
    this.#datastore.spread = this.#theme.spread
    this.#jars = scheduler.chance(0.8) ? [null] : [null, null]
    this.#watch()
    for (
      let n = scheduler.pick([
        [1, 1],
        [4, 2],
        [2, 3],
      ]);
      n > 0;
      n--
    )
      this.#sites.push(this.#boot())
  }

  async run(): Promise<void> {
    const { scheduler } = this
    const theme = this.#theme
    // Everybody begins with a session that holds something.
    for (const jar of this.#jars.keys()) {
      scheduler.after(0, () => this.#visit(jar, scheduler.chance(0.5) ? 'login' : 'push'))
    }
    let at = 40 + 4 * theme.spread
    for (let planned = 0; planned < theme.requests; ) {
      const burst = 1 + scheduler.below(theme.burst)
      for (let n = 0; n < burst; n++) {
        scheduler.after(at + scheduler.between(0, theme.width), () => this.#visit(scheduler.below(this.#jars.length)))
      }
      for (let n = scheduler.below(theme.misfortunes + 1); n > 0; n--) {
        scheduler.after(at + scheduler.between(-5, theme.width + 20), () =>
          this.#misfortune(scheduler.pick(theme.kinds)),
        )
      }
      for (const cache of this.#memcacheds) {
        if (cache instanceof SimValkey)
          scheduler.after(at + scheduler.between(-5, theme.width + 20), () => this.#failover(cache))
      }
      at += scheduler.pick(theme.pauses)
      planned += burst
    }
    // When all is well again, everybody sees what is there.
    scheduler.after(at + 20_000, () => this.#heal())
    for (let n = 0; n < 4; n++) {
      scheduler.after(at + 45_000 + 300 * n, () => this.#visit(n % this.#jars.length, n < 2 ? 'read' : 'push'))
    }
    await scheduler.run()
    if (!this.#wasUnwell && this.#everySite.some((site) => site.records.stats.breakerOpened > 0)) {
      this.checker.wrong('no stale read', 'a memcached that was well all the time was left alone')
    }
  }

  #boot(): Site {
    const skew = this.scheduler.chance(0.1) ? this.scheduler.between(0, limits.skew) : 0
    const nearness = this.scheduler.pick([
      [2, 1],
      [1, 10],
    ])
    const process = new Process(this.scheduler, `p${++this.#processes}`, skew, nearness)
    process.holds = this.#holds
    const { scheduler } = this
    const parts = { datastore: this.#datastore, memcacheds: this.#memcacheds, habits: this.#habits }
    const site = new Site(scheduler, process, parts)
    this.#everySite.push(site)
    if (this.#theme.isForAll) site.records.start()
    return site
  }

  #newCache(name: string, kind: ValkeyWorldKind | undefined): SimMemcached | SimValkey {
    if (kind === undefined) return new SimMemcached(this.scheduler, name)
    const valkey = new SimValkey(this.scheduler, name, kind)
    valkey.onWrong = (text) => this.checker.wrong('once', text)
    if (kind === 'linger') this.checker.excuse(valkey.twoPrimaries)
    return valkey
  }

  #watch(): void {
    const onCall = (kind: string): Visitor | undefined => {
      const visitor = caller.getStore() as Visitor | undefined
      visitor?.calls.push(kind)
      return visitor
    }
    this.#datastore.onCall = onCall
    for (const memcached of this.#memcacheds) {
      memcached.onCall = onCall
      memcached.onPut = (value) => this.checker.put(value)
    }
    this.#datastore.onRead = (ids, who, isCommit) => this.checker.read(ids, who as Visitor | undefined, isCommit)
    this.#datastore.onCommit = (writes, before, who) => {
      const visitor = who as Visitor | undefined
      this.#say(() => `  commit by ${visitor?.what}: ${writes.map((write) => describe(write)).join('; ')}`)
      this.checker.committed(writes, before, visitor)
    }
  }

  #visit(jar: number, wanted?: keyof typeof programs): void {
    this.#request(jar, wanted).catch((error) => {
      this.checker.wrong('errors', `something unforeseen: ${error instanceof Error ? error.stack : error}`)
    })
  }

  async #request(jar: number, wanted?: keyof typeof programs): Promise<void> {
    const { scheduler, checker } = this
    const n = ++this.requests
    const name = wanted ?? scheduler.pick(this.#theme.programs)
    const site = this.#sites[scheduler.below(this.#sites.length)]!
    // It is served once the event loop is free.
    await new Promise<void>((resolve) => site.process.receive(resolve))
    const late = this.#old.length > 0 && scheduler.chance(0.1)
    const cookie = late ? this.#old[scheduler.below(this.#old.length)]! : this.#jars[jar]!
    const heldBefore = site.process.held
    const visitor: Visitor = {
      n,
      what: `#${n} ${name}`,
      site: site.process.name,
      store: undefined as never,
      marks: new Set(),
      removed: new Set(),
      x: undefined,
      moves: false,
      ends: false,
      calls: [],
      commits: [],
      id: checker.nameOf(site.idIn(cookie)),
      startedAt: 0,
      floor: undefined,
      excused: [],
      loaded: undefined,
      savingAt: undefined,
      conflicts: [],
      foundAlive: false,
      skew: site.process.skew,
      metDead: false,
      savedDead: false,
      revokedAt: 0,
      cookieAge: site.ageOf(cookie),
      held: () => site.process.held - heldBefore,
      isAlive: () => site.process.alive,
      cutOffUntil: () => Math.max(0, ...site.process.cutOffUntil.values()),
      sleep: () =>
        site.process.sleep(
          scheduler.pick([
            [4, 5],
            [2, 60],
            [1, 1500],
            [0.3, 8000],
          ]),
        ),
    }
    checker.started(visitor)
    const reach = this.#reach(site)
    this.#say(() => `${visitor.what} starts on ${visitor.site} with ${visitor.id?.slice(0, 6)}`)
    const visit = site.open(cookie)
    const status = await caller.run(visitor, () => this.#serve(visitor, visit, programs[name]))
    if (!site.process.alive) return
    const cookieId = checker.nameOf(site.idIn(visit.cookie ?? null))
    const reached = reach() || this.#memcacheds.length === 0
    this.#say(
      () =>
        `${visitor.what} answers ${status}, cookie ${visit.cookie === null ? 'cleared' : cookieId?.slice(0, 6)}${reached ? '' : ', memcached not reached'}`,
    )
    checker.answered(visitor, status, visit.cookie, cookieId, reached)
    scheduler.after(scheduler.between(0, 3), () => this.#arrive(jar, visit.cookie))
  }

  async #serve(
    visitor: Visitor,
    visit: ReturnType<Site['open']>,
    program: (task: Task) => void | Promise<void>,
  ): Promise<number> {
    const loading = visit.load()
    if (loading !== undefined) await loading
    this.#say(() => `  ${visitor.what} found ${visitor.loaded?.state}`)
    this.checker.loaded(visitor)
    visitor.store = visit.store
    let status = 200
    try {
      const running = program(visitor)
      if (running !== undefined) await running
    } catch (error) {
      status = statusOf(error)
    }
    this.checker.wants(visitor)
    visitor.savingAt = this.scheduler.time
    try {
      await visit.save(status >= 500)
    } catch (error) {
      status = statusOf(error)
    }
    return status
  }

  #arrive(jar: number, cookie: string | null | undefined): void {
    if (cookie === undefined) return
    const before = this.#jars[jar]
    if (before !== null && before !== undefined) this.#old.push(before)
    this.#jars[jar] = cookie
  }

  /** Tells later whether memcached was there for the process all the while. */
  #reach(site: Site): () => boolean {
    const { stats } = site.records
    const { breakerOpened, cacheBypassed } = stats
    return () => stats.breakerOpened === breakerOpened && stats.cacheBypassed === cacheBypassed
  }

  #misfortune(kind: Misfortune): void {
    const { scheduler } = this
    const memcached = this.#memcacheds[scheduler.below(this.#memcacheds.length)]
    this.#say(() => `  misfortune: ${kind}`)
    if (kind === 'crash') this.#crash()
    const { faults } = this.#datastore
    if (kind === 'silence') {
      faults.lostRequest = 0.9
      scheduler.after(scheduler.between(1000, 12_000), () => {
        faults.lostRequest = 0
      })
      return
    }
    if (kind === 'datastore') {
      const which = (['lostRequest', 'lostAnswer', 'busy', 'slow', 'abort', 'lag'] as const)[scheduler.below(6)]!
      faults[which] = scheduler.between(0.1, 0.6)
      scheduler.after(scheduler.between(20, 3000), () => {
        faults[which] = 0
      })
      return
    }
    if (kind === 'late commit') {
      faults.late = scheduler.between(0.3, 1)
      scheduler.after(scheduler.between(20, 500), () => {
        faults.late = 0
      })
      return
    }
    if (kind === 'lock') this.#datastore.lock(scheduler.between(10, 8000))
    if (memcached === undefined) return
    if (kind === 'evict') {
      for (let n = 0; n < 3; n++) scheduler.after(scheduler.between(0, 25), () => memcached.cells.clear())
    } else if (kind === 'flush') memcached.cells.clear()
    else if (kind === 'restart') {
      this.#unwell(0)
      memcached.restart()
    } else if (kind === 'cut off') this.#cutOff(memcached)
    else if (kind === 'hang') {
      const ms = scheduler.between(20, 4000)
      memcached.hangsUntil = scheduler.time + ms
      // A host that vanishes, and one in its place.
      this.#unwell(ms, () => this.#theme.isForAll && memcached.restart())
    } else if (kind === 'slow cache') {
      const ms = scheduler.between(20, 500)
      memcached.slow = 0.3
      this.#unwell(ms, () => {
        memcached.slow = 0
      })
    } else {
      const ms = scheduler.between(10, 3000)
      memcached.up = false
      memcached.restart()
      this.#unwell(ms, () => {
        memcached.up = true
      })
    }
  }

  #failover(valkey: SimValkey): void {
    const { what, ms } = valkey.misfortune()
    this.#say(() => `  misfortune: ${what}`)
    if (ms !== null) this.#unwell(ms)
  }

  /** One process does not reach a cache for a while. */
  #cutOff(cache: SimMemcached | SimValkey): void {
    const { scheduler } = this
    const { process } = this.#sites[scheduler.below(this.#sites.length)]!
    const ms = scheduler.pick([
      [2, scheduler.between(20, 400)],
      [2, scheduler.between(400, 4000)],
      [3, scheduler.between(4000, 14_000)],
    ])
    this.#wasUnwell = true
    process.cutOffUntil.set(cache, Math.max(process.cutOffUntil.get(cache) ?? 0, scheduler.time + ms))
    this.#say(() => `  ${process.name} is cut off for ${ms.toFixed(0)} ms`)
  }

  /** A memcached is not well for so long. */
  #unwell(ms: number, then = () => {}): void {
    const { checker, scheduler } = this
    this.#wasUnwell = true
    checker.cacheWellAt = Math.max(checker.cacheWellAt, scheduler.time + ms)
    scheduler.after(ms, then)
  }

  #crash(): void {
    const at = this.scheduler.below(this.#sites.length)
    this.#sites[at]!.process.alive = false
    this.#sites[at] = this.#boot()
  }

  #heal(): void {
    this.#datastore.recover()
    for (const memcached of this.#memcacheds) Object.assign(memcached, { up: true, slow: 0 })
  }

  #say(text: () => string): void {
    if (this.#tells) this.log.push(`${this.scheduler.time.toFixed(1).padStart(9)} ${text()}`)
  }
}

function describe(write: Write): string {
  if (write.op === 'delete') return `delete ${write.id.slice(0, 6)}`
  if (write.op === 'user') return `user ${write.row.sequence}`
  return `${write.op} ${write.id.slice(0, 6)} v${write.row.version} ${write.row.data}`
}

function statusOf(error: unknown): number {
  if (error instanceof HandlerFailed) return 500
  if ((error as { code?: unknown }).code === 503) return 503
  throw error
}
