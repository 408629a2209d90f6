// Work on one session goes one piece after another inside a process: requests of one browser would otherwise meet only in
// Datastore, as conflicts. What waits for its turn and can be done in one step with its neighbours is.
import { captureContext } from '../../../internal/async-context.ts'

// `within` runs it in the context it was queued in: traces and globals are those of its own request.
type Entry<Item> = ({ item: Item } | { work: () => Promise<void> }) & { within: typeof here }
const here = <T>(fn: () => T): T => fn()

/** The work under one key. `shared` is there while any runs. */
interface Lane<Item, Shared> {
  shared: Shared | undefined
  readonly waiting: Entry<Item>[]
}

/** More at once would make one commit of many large changes. */
const maxTogether = 100
/** Lanes without work that are kept. */
const maxIdle = 1000

export class KeyedQueue<Item, Shared> {
  // A lane that has become empty is used again: in a Map where each change sets and deletes a key, V8 keeps all that its values
  // lead to until the next full collection.
  #lanes = new Map<string, Lane<Item, Shared>>()
  #idle = 0
  readonly #together: (key: string, items: Item[]) => Promise<void>
  readonly #share: () => Shared

  /**
   * @param together does the work of items that stood next to one another; never rejects
   * @param share makes what the work under a key has in common until nothing waits there any more
   */
  constructor(together: (key: string, items: Item[]) => Promise<void>, share: () => Shared) {
    this.#together = together
    this.#share = share
  }

  /** Returns what the work under a key has in common; undefined if there is none. */
  shared(key: string): Shared | undefined {
    return this.#lanes.get(key)?.shared
  }

  /** Has `item` done when its turn comes, together with what stands beside it then. */
  join(key: string, item: Item): void {
    this.#enter(key, { item, within: here })
  }

  /** Runs `work` by itself when its turn comes. */
  alone<T>(key: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enter(key, { work: () => work().then(resolve, reject), within: here })
    })
  }

  #enter(key: string, entry: Entry<Item>): void {
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      lane = { shared: undefined, waiting: [] }
      this.#lanes.set(key, lane)
      this.#idle++
    }
    if (lane.shared === undefined) {
      this.#idle--
      void this.#run(key, lane, entry)
    } else {
      entry.within = captureContext()
      lane.waiting.push(entry)
    }
  }

  async #run(key: string, lane: Lane<Item, Shared>, entry: Entry<Item>): Promise<void> {
    const { waiting } = lane
    lane.shared = this.#share()
    for (let first: Entry<Item> | undefined = entry; first !== undefined; first = waiting.shift()) {
      if ('work' in first) {
        await first.within(first.work)
        continue
      }
      const items = [first.item]
      while (items.length < maxTogether && waiting[0] !== undefined && 'item' in waiting[0]) {
        items.push(waiting[0].item)
        waiting.shift()
      }
      await first.within(() => this.#together(key, items))
    }
    lane.shared = undefined
    this.#idle++
    if (this.#idle > maxIdle) this.#dropIdle()
  }

  #dropIdle(): void {
    this.#lanes = new Map([...this.#lanes].filter(([, { shared }]) => shared !== undefined))
    this.#idle = 0
  }
}
