// Virtual time and chance for one seed: events run one after another in the order of their time, each followed by all the
// promises it settles. The same seed gives the same history.

interface Event {
  at: number
  order: number
  /** Null once it is called off. */
  fn: (() => void) | null
}

export class Scheduler {
  /** In ms from the start. */
  time = 0
  readonly #heap: Event[] = []
  #order = 0
  #state: number
  #limit = 0

  constructor(seed: number) {
    this.#state = (seed * 0x9e3779b1) >>> 0
  }

  /** In [0, 1): mulberry32. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  between(from: number, to: number): number {
    return from + this.random() * (to - from)
  }

  below(count: number): number {
    return Math.floor(this.random() * count)
  }

  /** One of the items, by weight. */
  pick<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let at = this.random() * items.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, item] of items) {
      at -= weight
      if (at < 0) return item
    }
    return items.at(-1)![1]
  }

  after(ms: number, fn: () => void): Event {
    const event = { at: this.time + ms, order: this.#order++, fn }
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!before(event, heap[above]!)) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = event
    return event
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }

  /** Runs until nothing is left to happen; rejects after too many events, as when something retries for ever. */
  run(limit = 200_000): Promise<void> {
    this.#limit = limit
    return new Promise((resolve, reject) => {
      const step = () => {
        let event = this.#next()
        while (event?.fn === null) event = this.#next()
        if (event === undefined) return resolve()
        if (--this.#limit < 0) return reject(new Error('it never comes to an end'))
        this.time = event.at
        event.fn!()
        // The tick comes after every promise job, those that jobs add included.
        queueMicrotask(() => process.nextTick(step))
      }
      step()
    })
  }

  #next(): Event | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && before(heap[below + 1]!, heap[below]!)) below++
      if (!before(heap[below]!, last)) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = last
    return first
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** A process: what it waits for never comes once it has crashed, and comes late while its event loop is held. */
export class Process {
  alive = true
  readonly name: string
  readonly skew: number
  /** The measure by which it is nearer to Datastore than others. */
  readonly nearness: number
  /** The probability that what is handed over holds the event loop, and for how long at most. */
  holds = { probability: 0, ms: 0 }
  /** Ms for which it was held so far. */
  held = 0
  /** The caches that what it sends does not reach, and that reach it with nothing, by when that ends. */
  readonly cutOffUntil = new Map<object, number>()
  readonly #scheduler: Scheduler
  #heldUntil = 0
  readonly #late: { timers: (() => void)[]; io: (() => void)[] } = { timers: [], io: [] }

  constructor(scheduler: Scheduler, name: string, skew: number, nearness: number) {
    this.#scheduler = scheduler
    this.name = name
    this.skew = skew
    this.nearness = nearness
  }

  now = (): number => 1_700_000_000_000 + this.#scheduler.time + this.skew
  ticks = (): number => this.#scheduler.time

  timer = (ms: number, fn: () => void): (() => void) => {
    let isOff = false
    const event = this.#scheduler.after(ms, () =>
      this.#handOver('timers', () => {
        if (!isOff) fn()
      }),
    )
    return () => {
      isOff = true
      event.fn = null
    }
  }

  /** Everything that has arrived by now stands before it. */
  afterIo = (fn: () => void): void => void this.#scheduler.after(0, () => this.#handOver('io', fn))

  /** Hands over what has come from the network. */
  receive(fn: () => void): void {
    this.#handOver('io', fn)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.timer(ms, resolve))
  }

  /** Ms until what it exchanges with `cache` passes again. */
  cutOffFor(cache: object): number {
    return Math.max(0, (this.cutOffUntil.get(cache) ?? 0) - this.#scheduler.time)
  }

  /** Holds the event loop from now on: whatever is due meanwhile comes afterwards, timers first. */
  hold(ms: number): void {
    const until = this.#scheduler.time + ms
    if (until <= this.#heldUntil) return
    this.held += until - Math.max(this.#heldUntil, this.#scheduler.time)
    this.#heldUntil = until
    this.#scheduler.after(ms, () => {
      if (this.#scheduler.time < this.#heldUntil) return
      const { timers, io } = this.#late
      for (const fn of [...timers.splice(0), ...io.splice(0)]) {
        this.#scheduler.after(0, () => {
          if (this.alive) fn()
        })
      }
    })
  }

  #handOver(kind: 'timers' | 'io', fn: () => void): void {
    if (!this.alive) return
    if (this.#scheduler.time < this.#heldUntil) {
      this.#late[kind].push(fn)
      return
    }
    const { probability, ms } = this.holds
    if (probability > 0 && this.#scheduler.chance(probability)) this.hold(this.#scheduler.between(1, ms))
    fn()
  }
}
