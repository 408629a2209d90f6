// A thief with copies of the owner's jar, and a device of his own. Promise 1: once `lifetime` and 60 s have passed a copy is of no
// use, whatever its holder sends.
import { type Browser, challengeOf } from './device-browser.ts'
import { boundCookie, Jar } from './device-site.ts'
import { type Act, copyLife, type Held, type World } from './device-world.ts'

const firstGrace = 30_000

/** A copy of the owner's jar. */
interface Copy {
  readonly jar: Jar
  readonly at: number
  readonly held: Held
  /** The id of the registration. */
  readonly id: string | undefined
}

export class Thief {
  readonly #world: World
  readonly #owner: Browser
  readonly #own: Browser
  readonly #copies: Copy[] = []

  /** @param own the browser in which he is logged in as himself */
  constructor(world: World, owner: Browser, own: Browser) {
    this.#world = world
    this.#owner = owner
    this.#own = own
  }

  copy(): void {
    const { scheduler } = this.#world
    const held = this.#world.heldIn(this.#owner.jar)
    if (held === undefined) return
    const jar = new Jar(scheduler, this.#owner.jar)
    this.#copies.push({ jar, at: scheduler.time, held, id: this.#owner.binding?.id })
    this.#world.say(() => 'the jar is copied')
  }

  /** Tries what he can with a copy. */
  async steal(): Promise<void> {
    const { scheduler } = this.#world
    const which = scheduler.chance(0.7) ? this.#copies.length - 1 : scheduler.below(this.#copies.length)
    const copy = this.#copies[which]
    if (copy === undefined) return
    const wasUseful = this.#isUseful(copy)
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
    if (way === 'refresh') return await this.#refresh(copy)
    const jar = way === 'mixed' ? await this.#mixed(copy) : copy.jar
    await this.#use(copy, way === 'mixed' ? 'read' : way, jar, wasUseful)
  }

  #isUseful({ at, held }: Copy): boolean {
    const { scheduler, skew } = this.#world
    return scheduler.time <= Math.max(at + copyLife, held.boundAt + firstGrace) + skew + 1000
  }

  /** The copy with the bound cookie of a device of his own, which is fresh. */
  async #mixed(copy: Copy): Promise<Jar> {
    await this.#own.prepare()
    await this.#own.register(await this.#own.send('read'))
    const jar = new Jar(this.#world.scheduler, copy.jar)
    jar.take(boundCookie, this.#own.jar)
    return jar
  }

  async #use(copy: Copy, act: Act, jar: Jar, wasUseful: boolean): Promise<void> {
    const { scheduler } = this.#world
    const { held, id } = copy
    const headers = scheduler.pick<Record<string, string>>([
      [3, { 'sec-fetch-site': 'same-origin' }],
      [1, {}],
      [1, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
      [1, { 'sec-fetch-site': 'same-origin', 'secure-session-skipped': 'unreachable' }],
    ])
    if (wasUseful && (act === 'renew' || act === 'logout' || act === 'login')) held.family.isHarmed = true
    // His own login with the copy is a session of his own.
    const with_ = act === 'login' ? new Jar(scheduler, jar) : jar
    const answer = await this.#world.send('thief', act, with_, headers, 'bob')
    if (answer.headers.get('secure-session-registration') !== null) {
      const wasBound = held.boundAt < scheduler.time - firstGrace
      held.family.isHarmed ||= !wasBound
      if ((await this.#own.register(answer, jar)) && wasBound && answer.user === 'ann') {
        this.#world.wrong(`a copy is of no use: it was bound to another device after ${id} was`)
      }
    }
    if (answer.user === 'ann' && !wasUseful && !this.#isUseful(copy)) {
      const age = (scheduler.time - copy.at) / 1000
      this.#world.wrong(`a copy is of no use: after ${age.toFixed(0)} s ${act} was that of ann`)
    }
  }

  /** Tries to get a bound cookie with a key of his own, or without any. */
  async #refresh({ jar, id, held }: Copy): Promise<void> {
    if (id === undefined) return
    const world = this.#world
    const { scheduler } = world
    const { key, binding } = this.#own
    const isBound = held.boundAt < scheduler.time
    const first = await world.own('thief', new Jar(scheduler, jar), { 'sec-secure-session-id': id })
    const challenges = [challengeOf(first), binding?.challenge].filter((challenge) => challenge !== undefined)
    for (const challenge of challenges) {
      for (const withKey of [false, true]) {
        const proof = key.prove(challenge, withKey)
        const headers = { 'sec-secure-session-id': id, 'secure-session-response': proof }
        const answer = await world.own('thief', new Jar(scheduler, jar), headers)
        if (answer.status === 204 && isBound) world.wrong('a copy is of no use: another key has refreshed it')
      }
    }
    const claim = { 'secure-session-response': key.prove(challenges[0] ?? 'none', true) }
    const claimed = await world.own('thief', new Jar(scheduler, jar), claim)
    if (claimed.status === 200) world.wrong('a copy is of no use: another key was registered with a challenge')
  }
}
