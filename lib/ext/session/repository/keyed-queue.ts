// Work on one session goes one piece after another inside a process: requests of one browser would otherwise meet only in
// Datastore, as conflicts. What waits for its turn and can be done in one step with its neighbours is.
import { AsyncLocalStorage } from 'node:async_hooks'

// `within` runs it in the context it was queued in: traces and globals are those of its own request.
type Entry<Item> = ({ item: Item } | { work: () => Promise<void> }) & { within: typeof here }
const here = <T>(fn: () => T): T => fn()

/** More at once would make one commit of many large changes. */
const maxTogether = 100

export class KeyedQueue<Item> {
  readonly #lanes = new Map<string, Entry<Item>[]>()
  readonly #together: (key: string, items: Item[]) => Promise<void>
  readonly #empty: (key: string) => void

  /**
   * @param together does the work of items that stood next to one another; never rejects
   * @param empty is called when nothing waits under a key any more
   */
  constructor(together: (key: string, items: Item[]) => Promise<void>, empty: (key: string) => void) {
    this.#together = together
    this.#empty = empty
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
    const lane = this.#lanes.get(key)
    if (lane !== undefined) {
      entry.within = AsyncLocalStorage.snapshot()
      lane.push(entry)
      return
    }
    this.#lanes.set(key, [entry])
    void this.#run(key)
  }

  async #run(key: string): Promise<void> {
    const lane = this.#lanes.get(key)!
    for (let first = lane.shift(); first !== undefined; first = lane.shift()) {
      if ('work' in first) {
        await first.within(first.work)
        continue
      }
      const items = [first.item]
      while (items.length < maxTogether && lane[0] !== undefined && 'item' in lane[0]) {
        items.push(lane[0].item)
        lane.shift()
      }
      await first.within(() => this.#together(key, items))
    }
    this.#lanes.delete(key)
    this.#empty(key)
  }
}
