// Holds a history against the six promises. What was committed is known from Datastore itself, what was answered from the
// requests; the checker looks at nothing that the store says about its own doings, but for whether memcached was reached.
import { decodeData } from '../../../../lib/ext/session/data/codec.ts'
import type { SessionRow, Write } from '../../../../lib/ext/session/repository/ports.ts'
import { keyName } from '../../../../lib/ext/session/repository/record.ts'
import type { Loaded } from '../../../../lib/ext/session/repository/repository.ts'
import { marksIn, type Task } from './programs.ts'
import type { Scheduler } from './scheduler.ts'
import { type Habits, limits } from './site.ts'

/** A request, from its start to its answer. */
export interface Visitor extends Task {
  what: string
  /** The process it is served by. */
  site: string
  calls: string[]
  /** Commits made for it. */
  commits: { id: string; version: number; alive: boolean }[]
  /** The key name of the session that it came with. */
  id: string | null
  startedAt: number
  /** The state that every response up to the start makes it see at least. */
  floor: Floor | undefined
  /** The states that it may be behind while two servers of a cache take themselves for the primary, and since when. */
  excused: { version: number; at: number }[]
  loaded: Loaded | { state: 'failed' } | undefined
  /** When it began to save. */
  savingAt: number | undefined
  /** The places where the repository reported that another's change was overwritten. */
  conflicts: string[]
  /** A transaction has found its session alive meanwhile: from then on its answer counts as on its way. */
  foundAlive: boolean
  cookieAge: number
  /** Ms for which its process was held since. */
  held(): number
  /** The ms by which the clock of its process is ahead. */
  skew: number
  /** The last read of its load whose response arrived met its session dead by the clock of its process. */
  metDead: boolean
  /** One of its save did so, or of another save of its process. */
  savedDead: boolean
  /** Its process has not crashed. */
  isAlive(): boolean
  /** When its process can reach every cache again. */
  cutOffUntil(): number
  /** The number of the commit by which it ended a user's sessions. */
  revokedAt: number
}

interface Floor {
  version: number
  dead: boolean
}

interface Answered extends Floor {
  startedAt: number
  site: string
  /** Its process has not crashed. */
  isAlive(): boolean
  cutOffUntil(): number
  reached: boolean
  at: number
}

/** Ms in which a process tells a memcached that is well what it missed. */
const toldWithin = 2500

export class Checker {
  readonly violations: string[] = []
  /** When the last memcached became well again; Infinity while one is not. */
  cacheWellAt = Number.NEGATIVE_INFINITY
  /** What a cache cannot be told, it can be told by no process: see Theme.isForAll. */
  isForAll = false
  /** Processes may be cut off from caches that others use: see Theme.cutsOff. */
  isCutOff = false
  /** Requests by number: dropped or failed ones must have left no mark. */
  readonly #unmarked = new Set<string>()
  /** Requests being served. */
  readonly under = new Set<Visitor>()
  readonly #history = new Map<string, (SessionRow | null)[]>()
  readonly #answers = new Map<string, Answered[]>()
  readonly #removed = new Set<string>()
  readonly #proofs = new Set<string>()
  /** The marks that have gone from each session, or from the one that it was before it moved. */
  readonly #gone = new Map<string, Set<string>>()
  readonly #logins = new Map<string, { at: number; order: number; by: string | undefined }>()
  #commits = 0
  /** The `x` that each commit to a session left. */
  readonly #xs = new Map<string, { x: unknown; at: number }[]>()
  /** The requests that wanted to set `x`, and their values. */
  readonly #writers = new Map<unknown, Visitor>()
  readonly #marks = new Map<string, string[]>()
  readonly #spans: (readonly { from: number; to: number }[])[] = []
  readonly #committedAt = new Map<string, number>()
  #pause = 0
  readonly lagging = { reads: 0, longest: 0, bound: 0 }
  readonly #scheduler: Scheduler
  readonly #habits: Habits

  constructor(scheduler: Scheduler, habits: Habits) {
    this.#scheduler = scheduler
    this.#habits = habits
  }

  /** The marks in encoded data. */
  #marksIn(text: string): string[] {
    let marks = this.#marks.get(text)
    if (marks === undefined) {
      marks = marksIn(decodeData(text))
      this.#marks.set(text, marks)
    }
    return marks
  }

  wrong(promise: string, text: string): void {
    this.violations.push(`${promise}: ${text} (at ${this.#scheduler.time.toFixed(1)} ms)`)
  }

  /** The record of a session in Datastore now. */
  rowOf(id: string): SessionRow | null {
    return this.#history.get(id)?.at(-1) ?? null
  }

  isAlive(id: string, clock = 0): boolean {
    const row = this.rowOf(id)
    return row?.data ? row.expires > 1_700_000_000_000 + this.#scheduler.time + clock : false
  }

  /** By every process's clock. */
  #isSurelyAlive(id: string): boolean {
    return this.isAlive(id, limits.skew)
  }

  /**
   * Datastore reads sessions: for a visitor that loads, or perhaps for several that save together. Where a session is near its
   * idle end and clocks differ, it is dead for a process that is ahead (by 3 s at most) and alive for others, which may prolong
   * it afterwards. So a process may call a session dead that lives, if and only if what it was told last by Datastore was dead
   * by its own clock at the moment of reading. What is returned notes that, once the response arrives: one that is lost, or
   * comes after the call was given up, excuses nothing. Nor does what a commit finds.
   */
  read(ids: readonly string[], reader: Visitor | undefined, isCommit: boolean): void | (() => void) {
    if (reader !== undefined && reader.id !== null && reader.loaded === undefined) {
      const isDead = !this.isAlive(reader.id, reader.skew)
      return () => {
        reader.metDead = isDead
      }
    }
    const savers = [...this.under].filter(
      ({ savingAt, id }) => savingAt !== undefined && id !== null && ids.includes(id),
    )
    for (const visitor of savers) visitor.foundAlive ||= this.isAlive(visitor.id!)
    if (isCommit) return
    // Those of one process that save together read for one another.
    const dead = savers.filter(({ site, id, skew }) => reader?.site === site && !this.isAlive(id!, skew))
    return () => {
      for (const visitor of dead) visitor.savedDead = true
    }
  }

  /** The commits that hold something of a request: its own, and those made together with others. */
  #commitsOf(visitor: Visitor): Visitor['commits'] {
    const commits = [...visitor.commits]
    const ids = new Set([visitor.id, ...commits.map(({ id }) => id)])
    for (const id of ids) {
      for (const mark of id === null ? [] : visitor.marks) {
        const row = this.#history.get(id!)?.find((row) => row?.data && this.#marksIn(row.data).includes(mark))
        if (row) commits.push({ id: id!, version: row.version, alive: true })
      }
    }
    return commits
  }

  /** The changes that a request wants, as far as they are known before it saves. */
  wants(visitor: Visitor): void {
    if (visitor.x !== undefined) this.#writers.set(visitor.x, visitor)
    this.removes(visitor)
  }

  removes(visitor: Visitor): void {
    for (const mark of visitor.removed) this.#removed.add(mark)
  }

  /** Datastore applied writes, for `visitor` where that is known. */
  committed(writes: readonly Write[], before: Map<string, SessionRow>, visitor: Visitor | undefined): void {
    if (visitor !== undefined) this.removes(visitor)
    const order = ++this.#commits
    let moved: SessionRow | undefined
    for (const write of writes) {
      if (write.op === 'user') {
        if (visitor) visitor.revokedAt = order
        continue
      }
      if (this.#isProof(write, visitor)) continue
      const rows = this.#history.get(write.id) ?? []
      this.#history.set(write.id, rows)
      const last = before.get(write.id)
      if (write.op === 'delete') {
        const login = this.#logins.get(write.id)
        if (login && login.order > visitor!.revokedAt)
          this.wrong('no lost update', `${visitor!.what} ended a later login`)
        rows.push(null)
        continue
      }
      const row = write.row!
      const alive = Boolean(row.data)
      if (alive && row.username !== null && row.username !== last?.username) {
        this.#logins.set(write.id, { at: this.#scheduler.time, order, by: visitor?.what })
      }
      visitor?.commits.push({ id: write.id, version: row.version, alive })
      if (this.#isBounded) this.#committedAt.set(`${write.id} ${row.version}`, this.#scheduler.time)
      rows.push(row)
      if (row.version !== (last?.version ?? 0) + 1) this.wrong('once', `version ${row.version} after ${last?.version}`)
      if (alive && rows.some((earlier, n) => n < rows.length - 1 && !earlier?.data)) {
        this.wrong('no revival', `a dead session was written by ${visitor?.what}`)
      }
      if (write.op === 'update' && row.data === '' && last?.data) moved = last
      if (row.data) this.#sound(write.id, row, write.op === 'update' ? last : undefined, visitor)
      if (last?.data && row.data) this.#staysRemoved(write.id, write.id, last, row, visitor)
    }
    const born = writes.find((write) => write.op === 'insert')
    if (born?.op === 'insert' && visitor?.loaded?.state === 'tombstone') this.#leadsNowhere(born.row, visitor)
    if (moved && born?.op === 'insert') {
      this.#keeps(moved, born.row, visitor)
      if (born.row.username === moved.username && born.row.created !== moved.created) {
        this.wrong('expiry', `${visitor?.what} made a session young again by moving it`)
      }
      const from = writes.find((write) => write.op === 'update')!.id
      this.#staysRemoved(from, born.id, moved, born.row, visitor)
    }
  }

  /** What a request begins that came with a dead id has nothing of the session that this was. */
  #leadsNowhere({ data, username }: SessionRow, { what, marks }: Visitor): void {
    const isOwn = this.#marksIn(data!).every((mark) => marks.has(mark))
    if (!isOwn || (username !== null && !/ login/.test(what)))
      this.wrong('no revival', `${what} came with a dead id, and went on with its session: ${username} ${data}`)
  }

  /**
   * Returns true for a record of a process's own, by which it proves what the server does. Only such a record is born dead, and
   * for no request; it never lives, belongs to nobody, is rewritten once, and no cookie names it (see `answered`).
   */
  #isProof(write: Exclude<Write, { op: 'user' }>, visitor: Visitor | undefined): boolean {
    if (write.op === 'insert' && write.row.data === null) this.#proofs.add(write.id)
    if (!this.#proofs.has(write.id)) return false
    const isOwn = write.op === 'delete' || (write.row.data === null && write.row.username === null)
    if (visitor !== undefined || !isOwn) this.wrong('no revival', `${visitor?.what} used the record of a proof`)
    return true
  }

  #sound(id: string, row: SessionRow, last: SessionRow | undefined, visitor: Visitor | undefined): void {
    const data = decodeData(row.data!)
    const marks = marksIn(data)
    const { absolute, merges } = this.#habits
    if (row.expires > row.created + (absolute ?? Number.POSITIVE_INFINITY) || (last && last.created !== row.created)) {
      this.wrong('expiry', `${visitor?.what} let a session live longer than it may`)
    }
    const xs = this.#xs.get(id) ?? []
    this.#xs.set(id, xs)
    xs.push({ x: data.x, at: this.#scheduler.time })
    if (merges && ((data.sum as number | undefined) ?? 0) !== ((data.added as unknown[] | undefined)?.length ?? 0)) {
      this.wrong('no lost update', `the application's merge was not asked: ${row.data}`)
    }
    if (new Set(marks).size !== marks.length) this.wrong('once', `${visitor?.what} was applied twice: ${row.data}`)
    if (((data.n as number | undefined) ?? 0) !== ((data.log as unknown[] | undefined)?.length ?? 0)) {
      this.wrong('no lost update', `update() lost a count: ${row.data}`)
    }
    if (last?.data) this.#keeps(last, row, visitor)
  }

  /** Nothing that was in `last` is missing from `next`, unless a request removed it. */
  #keeps(last: SessionRow, next: SessionRow, visitor: Visitor | undefined): void {
    const kept = new Set(this.#marksIn(next.data!))
    for (const mark of this.#marksIn(last.data!)) {
      if (!kept.has(mark) && !this.#removed.has(mark)) {
        this.wrong('no lost update', `${visitor?.what} lost ${mark}: ${last.data} became ${next.data}`)
      }
    }
  }

  /** Nothing that a request removed is there again. */
  #staysRemoved(from: string, id: string, last: SessionRow, next: SessionRow, visitor: Visitor | undefined): void {
    const gone = new Set(this.#gone.get(from))
    this.#gone.set(id, gone)
    const marks = new Set(this.#marksIn(next.data!))
    for (const mark of this.#marksIn(last.data!)) if (!marks.has(mark)) gone.add(mark)
    for (const mark of gone) {
      if (marks.has(mark)) this.wrong('no lost update', `${visitor?.what} brought back ${mark}: ${next.data}`)
    }
  }

  started(visitor: Visitor): void {
    visitor.startedAt = this.#scheduler.time
    this.under.add(visitor)
    if (visitor.id === null) return
    const old = this.isCutOff ? this.#bound : (limits.cacheTtl + 7) * 1000
    for (const answer of this.#answers.get(visitor.id) ?? []) {
      // After memcached was not reached, only its own process, and after the cache's time all, must know.
      // Once memcached is well again its process has told it soon.
      const wellAt = Math.max(answer.at, this.cacheWellAt, answer.cutOffUntil())
      const told = answer.isAlive() && visitor.startedAt - wellAt > toldWithin
      const counts =
        this.isForAll || answer.reached || answer.site === visitor.site || told || visitor.startedAt - answer.at > old
      if (!counts && this.isCutOff) this.#excuseTo(visitor, answer)
      if (!counts || this.#isExcused(answer, visitor)) continue
      visitor.floor ??= { version: 0, dead: false }
      visitor.floor.version = Math.max(visitor.floor.version, answer.version)
      visitor.floor.dead ||= answer.dead
    }
  }

  /** Times in which both servers of a cache took themselves for the primary: who asks one may miss what the other was told. */
  excuse(spans: readonly { from: number; to: number }[]): void {
    this.#spans.push(spans)
  }

  /** The time from commits to the cache matters. */
  get #isBounded(): boolean {
    return this.isCutOff || this.#spans.length > 0
  }

  /** A writer put its record into the cache. */
  put(value: string): void {
    if (!this.#isBounded) return
    const { id, version } = JSON.parse(value.slice(6, value.indexOf('\n'))) as { id: string; version: number }
    const at = this.#committedAt.get(`${id} ${version}`)
    if (at !== undefined) this.#pause = Math.max(this.#pause, this.#scheduler.time - at)
  }

  /** Time to live, the life of a lease, and the longest pause of a writer between its commit and the cache. */
  get #bound(): number {
    return (limits.cacheTtl + 5) * 1000 + this.#pause
  }

  #isExcused(answer: Answered, visitor: Visitor): boolean {
    const now = visitor.startedAt
    if (answer.site === visitor.site && !answer.reached) return false
    const until = answer.reached ? answer.at : now
    const isAmongTwo = this.#spans.some((spans) =>
      spans.some(({ from, to }) => answer.startedAt <= to && until >= from),
    )
    if (!isAmongTwo || now - answer.at > this.#bound) return false
    this.#excuseTo(visitor, answer)
    return true
  }

  #excuseTo({ excused }: Visitor, { dead, version, at }: Answered): void {
    excused.push({ version: dead ? Number.POSITIVE_INFINITY : version, at })
  }

  #noteLag({ excused, startedAt }: Visitor, version: number): void {
    const behind = excused.filter((one) => one.version > version).map(({ at }) => startedAt - at)
    if (behind.length === 0) return
    this.lagging.reads++
    this.lagging.longest = Math.max(this.lagging.longest, ...behind)
    this.lagging.bound = Math.max(this.lagging.bound, this.#bound)
  }

  loaded(visitor: Visitor): void {
    const { id, loaded, floor, what, site } = visitor
    const took = this.#scheduler.time - visitor.startedAt - 2 * visitor.held()
    if (took > limits.storeTimeout * 1000 + limits.cacheTimeout + 1)
      this.wrong('no hang', `${what} loaded for ${took} ms`)
    if (id === null) return
    if (loaded === undefined) {
      this.wrong('no lost update', `the session of ${what} was not even looked for`)
      return
    }
    if (loaded.state === 'live') {
      const { record } = loaded
      this.#noteLag(visitor, record.version)
      if (floor?.dead) this.wrong('no revival', `${what} on ${site} found a session that had been ended`)
      if (record.version < (floor?.version ?? 0)) {
        this.wrong('no stale read', `${what} on ${site} saw version ${record.version} after ${floor!.version}`)
      }
      const row = this.#history.get(id)?.find((row) => row?.version === record.version)
      if (record.expires <= 1_700_000_000_000 + visitor.startedAt)
        this.wrong('expiry', `${what} found an expired session`)
      if (row?.data !== record.data) this.wrong('no stale read', `${what} saw what was never committed: ${record.data}`)
    }
    if ((loaded.state === 'none' || loaded.state === 'tombstone') && this.#isSurelyAlive(id) && !visitor.metDead)
      this.wrong('no lost update', `${what} lost a live session`)
  }

  /** The request's answer has left. `reached`: memcached was, for all that the process knows. */
  answered(
    visitor: Visitor,
    status: number,
    cookie: string | null | undefined,
    cookieId: string | null,
    reached: boolean,
  ): void {
    const { what, site, marks } = visitor
    this.under.delete(visitor)
    const commits = this.#commitsOf(visitor)
    const took = this.#scheduler.time - visitor.startedAt - 2 * visitor.held()
    if (status === 503 && cookie !== undefined) this.wrong('committed before answered', `${what}: a 503 has a cookie`)
    if (status === 200) this.#kept(visitor, commits, cookie, cookieId)
    else if (status === 500) for (const mark of marks) this.#drop(mark, visitor)
    if (status !== 503) {
      for (const { id, version, alive } of commits) {
        const known = this.#answers.get(id) ?? []
        const { startedAt, isAlive, cutOffUntil } = visitor
        known.push({ version, dead: !alive, site, startedAt, isAlive, cutOffUntil, reached, at: this.#scheduler.time })
        this.#answers.set(id, known)
      }
    }
    this.#needless(visitor, status, cookie)
    // A load, a save, and what a handler asks of the store itself, each have a budget.
    const simple = /key|push|member|scalar|add|remove|read|login/.test(what)
    const budgets = simple ? 2 : 5
    const waits = simple ? 0 : 20_000
    // A change waits twice for a memcached that has just failed.
    if (took > budgets * (limits.storeTimeout * 1000 + 2 * limits.cacheTimeout) + waits + 1) {
      this.wrong('no hang', `${what} took ${took} ms`)
    }
    if (/ endAll/.test(what) && status === 200) this.#allEnded(visitor)
    // Nor is there a history of the records of proofs.
    if (cookieId !== null && !this.#history.has(cookieId))
      this.wrong('committed before answered', `${what}: a cookie for nothing`)
  }

  /** Notes that users who logged in before have no session any more. */
  #allEnded(visitor: Visitor): void {
    for (const [id, login] of this.#logins) {
      if (login.at < visitor.startedAt && this.isAlive(id) && this.rowOf(id)?.username === 'ann') {
        this.wrong('no revival', `${visitor.what} left a session of ${login.by}`)
      }
    }
  }

  #kept(
    visitor: Visitor,
    commits: Visitor['commits'],
    cookie: string | null | undefined,
    cookieId: string | null,
  ): void {
    const { what, marks, id, loaded } = visitor
    const mine = commits.filter(({ alive }) => alive)
    const rows = mine.map(({ id, version }) => this.#history.get(id)!.find((row) => row?.version === version)!)
    const stored = new Set(rows.flatMap((row) => this.#marksIn(row.data!)))
    const missing = [...marks].filter((mark) => !stored.has(mark))
    const lost = id !== null && (visitor.savedDead || !this.#isSurelyAlive(id))
    const left = id === null || lost ? [] : this.#marksIn(this.rowOf(id)!.data!)
    if (visitor.x !== undefined && !lost) this.#keptX(visitor, mine)
    for (const mark of left) {
      if (visitor.removed.has(mark))
        this.wrong('no lost update', `${what} was answered, and what it removed is there: ${mark}`)
    }
    if (missing.length > 0) {
      if (!lost || visitor.moves) this.wrong('committed before answered', `${what}: ${missing} were answered, not kept`)
      for (const mark of missing) this.#drop(mark, visitor)
    }
    const died =
      lost &&
      !this.isAlive(id) &&
      (loaded?.state === 'live' || loaded?.state === 'tombstone') &&
      !visitor.foundAlive &&
      mine.length === 0
    if (died && !visitor.moves && !visitor.ends && cookie !== undefined) {
      this.wrong(
        'no revival',
        `${what} ${cookie === null ? 'cleared' : 'set'} the cookie of a session ended by another`,
      )
    }
    const fresh = mine.find((commit) => commit.id !== id)
    if (fresh && this.isAlive(fresh.id) && fresh.id !== cookieId)
      this.wrong('committed before answered', `${what} made a session without a cookie`)
  }

  /** `x` was what the request wanted it to be, if only until another overwrote it, in the same commit perhaps; who was told. */
  #keptX(visitor: Visitor, mine: Visitor['commits']): void {
    const { what, id, site, x, savingAt, loaded, conflicts } = visitor
    const ids = new Set([id, ...mine.map((commit) => commit.id)])
    const kept = [...ids].some((id) =>
      this.#xs.get(id!)?.some((commit) => {
        if (commit.at < savingAt!) return false
        const writer = this.#writers.get(commit.x)
        return commit.x === x || (writer?.site === site && writer.savingAt! <= commit.at)
      }),
    )
    if (!kept) this.wrong('committed before answered', `${what}: x = ${x} was answered, not kept`)
    if (loaded?.state !== 'live' || this.#habits.merges) return
    const xOf = (row: { data: string | null } | null | undefined) => (row?.data ? decodeData(row.data).x : undefined)
    for (const { version } of mine.filter((commit) => commit.id === id)) {
      const rows = this.#history.get(id!)!
      const at = rows.findIndex((row) => row?.version === version)
      const [found, base] = [xOf(rows[at - 1]), xOf(loaded.record)]
      if (xOf(rows[at]) === x && found !== base && found !== x && !conflicts.includes('session.x')) {
        this.wrong('no lost update', `${what} overwrote x = ${found}, and nobody was told`)
      }
    }
  }

  /** A mark that was dropped must not turn up. */
  #drop(mark: string, visitor: Visitor): void {
    this.#unmarked.add(mark)
    for (const rows of this.#history.values()) {
      for (const row of rows) {
        if (row?.data && this.#marksIn(row.data).includes(mark)) {
          this.wrong('committed before answered', `${visitor.what} failed, and left ${mark}`)
        }
      }
    }
  }

  #needless(visitor: Visitor, status: number, cookie: string | null | undefined): void {
    const { what, calls, id, loaded } = visitor
    const record = loaded?.state === 'live' ? loaded.record : undefined
    const program = what.split(' ')[1]!
    const cache = calls.filter((call) => call.startsWith('cache'))
    const others = calls.filter((call) => !call.startsWith('cache'))
    const wrong = (text: string) => this.wrong('no needless work', `${what} ${text}: ${calls}`)
    if (program !== 'read' && program !== 'nothing') return
    if (id === null && calls.length > 0) wrong('had no cookie, and called')
    const age = 1_700_000_000_000 + visitor.startedAt - (record?.updated ?? 0)
    // Clocks of processes differ by some seconds, and near its absolute end a session's life is short.
    const life = record === undefined ? 0 : Math.min(limits.expiration * 1000, record.expires - record.updated)
    const due = record !== undefined && Math.max(age, visitor.cookieAge) >= life * 0.1 - 6500
    if (due || status !== 200) return
    if (others.includes('commit') || cookie !== undefined) wrong('changed nothing, and wrote')
    if (record !== undefined && others.length === 0 && cache.join() !== 'cache get') wrong('was served from memcached')
  }

  /** After everything: nothing dropped has turned up. */
  end(): void {
    for (const rows of this.#history.values()) {
      const last = rows.at(-1)
      if (!last?.data) continue
      for (const mark of this.#marksIn(last.data)) {
        if (this.#unmarked.has(mark)) this.wrong('committed before answered', `${mark} turned up after it was dropped`)
      }
    }
  }

  nameOf(sid: string | null): string | null {
    return sid === null ? null : keyName(sid)
  }
}
