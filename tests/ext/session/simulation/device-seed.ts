// One seed of sessions that are bound to a device: the owner's browser, which registers and refreshes, and whose tabs log in, log
// out and move the session at once; a thief. Held against two promises: a copy is of no use once `lifetime` and 60 s have passed, and
// the owner does not notice.
import { Browser } from './device-browser.ts'
import { chooseSignatures, Key } from './device-signatures.ts'
import { Thief } from './device-thief.ts'
import { type Act, isMove, World } from './device-world.ts'
import type { Outcome, SeedOptions } from './seed.ts'

const [ownersKey, thiefsKey] = [new Key(), new Key()]

export async function runDeviceSeed(seed: number, { tells = false }: SeedOptions = {}): Promise<Outcome> {
  chooseSignatures(seed)
  const world = new World(seed, tells)
  try {
    await world.open()
    new Story(world).plan()
    await world.scheduler.run()
  } catch (error) {
    world.violations.push(`no hang: ${error instanceof Error ? error.stack : error}`)
  }
  const { violations, requests, log } = world
  return { seed, violations, requests, log, lagging: { reads: 0, longest: 0, bound: 0 } }
}

class Story {
  readonly #world: World
  readonly #owner: Browser
  readonly #thief: Thief
  /** Requests of the owner that are not over. */
  #underway = 0
  /** Those of them that may move or end the session. */
  #moving = 0
  /** The number of those. */
  #moves = 0
  /** Logins of the owner: those that were sent, and those that are not over. */
  #logins = { sent: 0, underway: 0 }
  /** The same of logouts, and of requests that end all sessions. */
  #logouts = { sent: 0, underway: 0 }
  #ends = { sent: 0, underway: 0 }
  /** True if tabs move the session at once more often than not. */
  readonly #isBusy: boolean

  constructor(world: World) {
    this.#world = world
    this.#owner = new Browser(world, 'owner', 'ann', ownersKey)
    const own = new Browser(world, 'thief', 'bob', thiefsKey)
    this.#thief = new Thief(world, this.#owner, own)
    this.#isBusy = world.scheduler.chance(0.3)
    world.after(5, async () => void (await own.register(await own.send('login'))))
  }

  plan(): void {
    const world = this.#world
    const { scheduler } = world
    world.after(0, () => this.#visit('login'))
    for (let at = 1000, planned = 0; planned < 18; planned++) {
      const kind = scheduler.pick([
        [5, 'tabs'],
        [1, 'move'],
        [this.#isBusy ? 8 : 1, 'moves'],
        [1.5, 'copy'],
        [4, 'theft'],
        [1, 'fault'],
      ])
      if (kind === 'tabs') {
        this.#tabs(at, 1 + scheduler.below(3), () => (scheduler.chance(0.7) ? 'read' : 'push'))
      } else if (kind === 'move') this.#tabs(at, 1, () => this.#someMove())
      else if (kind === 'moves') {
        this.#tabs(at, 2 + scheduler.below(2), () => this.#someMove())
        this.#tabs(at, 2, () => 'read', 300)
      } else if (kind === 'copy') world.after(at, async () => this.#thief.copy())
      else if (kind === 'theft') world.after(at, () => this.#thief.steal())
      else world.after(at, async () => this.#fault())
      at += scheduler.pick([
        [4, 50],
        [3, 40_000],
        [2, 200_000],
        [2, 320_000],
        [1, 900_000],
      ])
    }
  }

  #someMove(): Act {
    return this.#world.scheduler.pick<Act>([
      [3, 'renew'],
      [2, 'pay'],
      [this.#isBusy ? 3 : 1, 'login'],
      [1, 'logout'],
      [0.5, 'everywhere'],
    ])
  }

  #tabs(at: number, count: number, act: () => Act, within = 20): void {
    const { scheduler } = this.#world
    for (let n = 0; n < count; n++) this.#world.after(at + scheduler.between(0, within), () => this.#visit(act()))
  }

  /** A request of a page of the owner's, with all that a browser does before and after it. */
  async #visit(wanted: Act): Promise<void> {
    const isOut = this.#world.heldIn(this.#owner.jar) === undefined
    // A request without a session may begin one, whose cookie would take the place of the login's.
    if (isOut && this.#underway > 0) return
    this.#underway++
    try {
      if (isOut) await this.#checkEnd()
      await this.#visitPage(isOut ? 'login' : wanted)
    } finally {
      this.#underway--
    }
  }

  /** Asks, with what the browser was left with after a logout, if the session has come back. */
  async #checkEnd(): Promise<void> {
    const [world, owner] = [this.#world, this.#owner]
    if (!world.isEnded(world.idIn(owner.jar))) return
    await owner.prepare()
    const { user } = await owner.send('read')
    if (user === 'ann') world.wrong('an ended session stays ended: it was that of ann under a new id')
  }

  async #visitPage(act: Act): Promise<void> {
    const [world, owner] = [this.#world, this.#owner]
    const { held } = world
    await owner.prepare()
    const from = world.idIn(owner.jar)
    const wasAlone = this.#moving === 0
    if (isMove(act)) {
      this.#moving++
      this.#moves++
    }
    const movesBefore = this.#moves
    const isLogin = act === 'login'
    const loginsBefore = this.#logins.underway > 0 ? -1 : this.#logins.sent
    if (isLogin) {
      this.#logins.sent++
      this.#logins.underway++
    }
    const ending = this.#ending(act, from)
    const isEnd = act === 'everywhere'
    for (const id of ending) held.delete(id)
    if (act === 'logout' && from !== null) world.leave(from)
    const logoutsBefore = this.#logouts.underway > 0 ? -1 : this.#logouts.sent
    if (act === 'logout') {
      this.#logouts.sent++
      this.#logouts.underway++
    }
    const endsBefore = this.#ends.underway > 0 ? -1 : this.#ends.sent
    if (isEnd) {
      this.#ends.sent++
      this.#ends.underway++
    }
    const answer = await owner.send(act)
    if (isEnd) this.#ends.underway--
    if (act === 'logout') this.#logouts.underway--
    if (isMove(act)) this.#moving--
    if (isLogin) this.#logins.underway--
    if (act === 'logout' && answer.from !== null) world.leave(answer.from)
    if (answer.status === 200 && (answer.from === from || isEnd)) world.end(ending)
    const now = world.idIn(owner.jar)
    // It may be gone, or not.
    if (isMove(act) && answer.status === 503 && from !== null) held.delete(from)
    // It may have come before all were ended.
    else if (isLogin && now !== null && world.hasSession(answer) && this.#ends.sent === endsBefore) {
      const isBeside = this.#logins.sent !== loginsBefore + 1
      held.set(now, { boundAt: Number.POSITIVE_INFINITY, family: { isHarmed: false }, isBeside })
    } else if (act === 'renew' && now !== null && answer.from !== null && world.hasSession(answer)) {
      // The user has logged out meanwhile: what comes later may be of no use.
      if (this.#logouts.sent === logoutsBefore) world.hold(now, answer.from)
      world.noteMoved(now, answer.from)
    }
    await owner.register(answer)
    // The session moved, or ended, while it was on its way.
    if (!wasAlone || this.#moves > movesBefore || isLogin) return
    const here = held.get(from ?? '')
    if (here === undefined || here.family.isHarmed || here.isKeyless || answer.status === 503 || answer.user === 'ann')
      return
    world.wrong(`the owner does not notice: ${act} was answered ${answer.status} for ${answer.user}`)
  }

  /** The sessions that a request ends for good: by its new id too, if that is known to be the owner's. */
  #ending(act: Act, from: string | null): string[] {
    const { held, scheduler } = this.#world
    if (act === 'everywhere') return [...held.keys()]
    const isBound = (held.get(from ?? '')?.boundAt ?? Number.POSITIVE_INFINITY) < scheduler.time
    return act === 'logout' && from !== null && isBound ? [from] : []
  }

  #fault(): void {
    const { faults, scheduler } = this.#world
    const which = (['lostRequest', 'lostAnswer', 'busy', 'slow', 'abort'] as const)[scheduler.below(5)]!
    faults[which] = scheduler.between(0.1, 0.6)
    scheduler.after(scheduler.between(20, 3000), () => {
      faults[which] = 0
    })
  }
}
