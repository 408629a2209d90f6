// A browser that binds its sessions to a device: it registers where that is offered, and refreshes before it sends a request.
import type { Key } from './device-signatures.ts'
import { type Answer, boundCookie, Jar } from './device-site.ts'
import type { Act, World } from './device-world.ts'

/** Chromium refreshes early where less is left. */
const early = 120_000
const maxAttempts = 4
const maxRedirects = 20

/** A browser's knowledge of its device. */
interface Binding {
  id: string
  challenge: string | undefined
}

export class Browser {
  readonly jar: Jar
  readonly key: Key
  readonly #world: World
  readonly #who: 'owner' | 'thief'
  readonly #user: string
  /** Those that a browser keeps until it is told that one is over. Of several it refreshes the first. */
  readonly #bindings: Binding[] = []
  /** The refresh under way. */
  #refreshing: Promise<void> | undefined
  /** Why the last refresh came to nothing. */
  #skipped: string | undefined

  constructor(world: World, who: 'owner' | 'thief', user: string, key: Key) {
    this.#world = world
    this.#who = who
    this.#user = user
    this.key = key
    this.jar = new Jar(world.scheduler)
  }

  get binding(): Binding | undefined {
    return this.#bindings[0]
  }

  /** Refreshes if it is time to, and waits for it if the bound cookie is gone. */
  async prepare(): Promise<void> {
    const left = this.jar.left(boundCookie)
    if (this.binding === undefined || left >= early) return
    const refreshing = this.#refresh()
    if (left === 0) await refreshing
  }

  /** A request of a page, and the one that it is begun again with. */
  async send(act: Act): Promise<Answer & { from: string | null }> {
    const send = () => {
      const headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }
      if (this.#skipped !== undefined) headers['secure-session-skipped'] = this.#skipped
      return this.#world.send(this.#who, act, this.jar, headers, this.#user)
    }
    for (let again = 0; ; again++) {
      const answer = await send()
      if (answer.status !== 307 || again === maxRedirects) return answer
      if (this.binding !== undefined && this.jar.left(boundCookie) === 0) await this.#refresh()
    }
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#doRefresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #doRefresh(): Promise<void> {
    const world = this.#world
    const { binding } = this
    if (binding === undefined) return
    // A browser that was restarted has lost it.
    if (world.scheduler.chance(0.1)) binding.challenge = undefined
    for (let attempts = 0; attempts < maxAttempts; attempts++) {
      const headers: Record<string, string> = { 'sec-secure-session-id': binding.id }
      if (binding.challenge !== undefined) headers['secure-session-response'] = this.key.prove(binding.challenge)
      const session = world.idIn(this.jar)
      const wasBound = (world.heldIn(this.jar)?.boundAt ?? Number.POSITIVE_INFINITY) < world.scheduler.time
      const commits = world.refreshCommits
      const answer = await world.own(this.#who, this.jar, headers)
      binding.challenge = challengeOf(answer) ?? binding.challenge
      if (answer.status === 403) continue
      this.#skipped = answer.status >= 500 ? 'server_error' : undefined
      if (answer.status !== 204 && answer.status < 500) {
        this.#bindings.splice(this.#bindings.indexOf(binding), 1)
        if (this.#who === 'owner') world.noteForgotten(binding.id, session)
        return await this.#doRefresh()
      }
      if (this.#who !== 'owner') return
      if (answer.status === 204) world.noteRefreshed(session)
      if (wasBound && world.refreshCommits > commits) world.wrong('no commit: a refresh of a bound session wrote')
      return
    }
  }

  /** Registers the key where it was offered, by default with the jar of this browser. */
  async register(answer: Answer, jar = this.jar): Promise<boolean> {
    const offer = /challenge="([^"]*)"/.exec(answer.headers.get('secure-session-registration') ?? '')?.[1]
    if (offer === undefined) return false
    const registered = await this.#world.own(this.#who, jar, {
      'secure-session-response': this.key.prove(offer, true),
    })
    if (registered.status !== 200) return false
    if (jar !== this.jar) return true
    const { session_identifier: id } = JSON.parse(registered.body) as { session_identifier: string }
    // Chromium refreshes the first in the alphabet, which is any.
    const at = this.#world.scheduler.below(this.#bindings.length + 1)
    this.#bindings.splice(at, 0, { id, challenge: challengeOf(registered) })
    return true
  }
}

export const challengeOf = (answer: Answer): string | undefined =>
  /^"([^"]*)"/.exec(answer.headers.get('secure-session-challenge') ?? '')?.[1]
