// Faults to put into the sources as they are loaded, each a small departure from the protocol. The simulation must find
// every one of them: or it would not find the next that somebody makes by mistake.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { valkeyPlants } from './valkey-plants.ts'

export interface Plant {
  file: string
  /** A seed that finds it is near this one, in this theme: only saves time. */
  near: number
  theme?: string
  /** It is about sessions that are bound to devices. */
  devices?: true
  /** Texts of the source, or of another one, and what stands in their place. */
  changes: [from: string, to: string, file?: string][]
}

const set = (text: string) => `(await connection.delete(key), await connection.add(key, ${text}.text, ${text}.seconds))`

export const plants: Record<string, Plant> = {
  'a reader fills with set': {
    file: 'cache/cache.ts',
    near: 1,
    changes: [['await connection.replace(key, value.text, value.seconds, lease.cas)', set('value')]],
  },
  'a reader fills with add, without a lease': {
    file: 'cache/cache.ts',
    near: 2,
    changes: [
      ['await connection.add(key, `lease ${this.#randomness.token()}`, leaseSeconds)', '"none"'],
      [
        'connection.replace(key, value.text, value.seconds, lease.cas)',
        'connection.add(key, value.text, value.seconds)',
      ],
    ],
  },
  'a lease counts on another connection': {
    file: 'cache/cache.ts',
    near: 360,
    theme: 'restarts',
    changes: [
      ['if (!lease.connection.alive) return\n', ''],
      ['if (connection !== lease.connection) return\n', ''],
      // Else no lease is left by then.
      ['isBack ? this.#reachedAt + this.#settling : 0', '0', 'cache/cache-server.ts'],
      ["if (this.#state === 'closed' && this.#connection?.alive === false)", 'if (false)', 'cache/cache-server.ts'],
    ],
  },
  'a writer creates the entry': {
    file: 'cache/cache.ts',
    near: 36,
    changes: [['if (entry === null) return true', `if (entry === null) return ${set('value!')}, true`]],
  },
  'a writer sets its value without looking': {
    file: 'cache/cache.ts',
    near: 8,
    theme: 'faulty',
    changes: [['for (let looks = 0; looks', `if (value) return ${set('value')}, true\n    for (let looks = 0; looks`]],
  },
  'a writer leaves a lease where it is': {
    file: 'cache/cache.ts',
    near: 4,
    changes: [['const older =', "if (content === 'lease') return true\n      const older ="]],
  },
  'a writer puts its value over a lease': {
    file: 'cache/cache.ts',
    near: 294,
    theme: 'evictions',
    changes: [["const older = typeof content === 'object'", 'const older = true']],
  },
  'a writer replaces a newer value': {
    file: 'cache/cache.ts',
    near: 133,
    changes: [["typeof content === 'object' && content.version >= record.version", 'false']],
  },
  'a writer answers before the cache is seen to': {
    file: 'repository/repository.ts',
    near: 7,
    changes: [
      ["if (saved.state === 'saved') await this.#cache?.write", "if (saved.state === 'saved') void this.#cache?.write"],
    ],
  },
  'of changes committed together only one waits for the cache': {
    file: 'cache/cache.ts',
    near: 6,
    theme: 'storm',
    changes: [
      [
        'if (written === undefined) {',
        'if (written !== undefined) return Promise.resolve()\n    if (written === undefined) {',
      ],
    ],
  },
  'sessions move to another memcached while theirs is away': {
    file: 'cache/cache.ts',
    near: 144,
    theme: 'restarts',
    changes: [
      [
        'return this.servers[Number.parseInt(id.slice(0, 8), 16) % this.servers.length]!',
        "const own = this.servers[Number.parseInt(id.slice(0, 8), 16) % this.servers.length]!\n    return own.state === 'closed' ? own : (this.servers.find(({ state }) => state === 'closed') ?? own)",
      ],
    ],
  },
  'a missed change is not made good': {
    file: 'cache/cache.ts',
    near: 428,
    changes: [['if (done === undefined) await this.#miss(server, id, 0)', '']],
  },
  'a save brings back what was loaded': {
    file: 'repository/writer.ts',
    near: 4,
    changes: [
      [
        'const row = sessions.get(id)\n    const now = this.#runner.clock.now()',
        "const now = this.#runner.clock.now()\n    const found = sessions.get(id)\n    const row = found && !isLive(found, now) ? { ...found, data: '{}', expires: now + 60_000 } : found",
      ],
    ],
  },
  'the later save wins altogether': {
    file: 'repository/repository.ts',
    near: 1,
    changes: [['row.version === base.version ? next.data', 'true ? next.data']],
  },
  'the merge drops what the other pushed': {
    file: 'merge/lists.ts',
    near: 1,
    changes: [['for (const item of others.added[index] ?? []) result.push(item)', '']],
  },
  'the merge brings back what the other removed': {
    file: 'merge/lists.ts',
    near: 59,
    changes: [['if (t !== gone) result.push(t === stays ?', 'result.push(t === stays || t === gone ?']],
  },
  'the merge forgets what the request removed': {
    file: 'merge/lists.ts',
    near: 11,
    theme: 'mixture',
    changes: [['if (m !== gone) result.push(m)', 'result.push(m === gone ? base[index] : m)']],
  },
  'the merge forgets what is added at the end of a list': {
    file: 'merge/lists.ts',
    near: 1,
    changes: [['index <= base.length', 'index < base.length']],
  },
  'the merge loses what it left out of a list': {
    file: 'merge/changed-parts.ts',
    near: 1,
    changes: [['opening + head + merged', 'opening + short + merged']],
  },
  'the merge leaves a value that only one of them changed as it was': {
    file: 'merge/merge.ts',
    near: 4,
    changes: [['if (same(base, mine, this.#effort)) return theirs', 'if (same(base, mine, this.#effort)) return base']],
  },
  'the earlier of two values stays': {
    file: 'merge/merge.ts',
    near: 21,
    changes: [['theirs: t })\n    return mine', 'theirs: t })\n    return theirs']],
  },
  'nobody is told of a value that was overwritten': {
    file: 'repository/stored-merge.ts',
    near: 1,
    theme: 'one value',
    changes: [['for (const conflict of this.#unreported) this.#settings.onConflict?.(conflict)', '']],
  },
  "the application's merge is not asked": {
    file: 'repository/stored-merge.ts',
    near: 49,
    changes: [['if (merge !== null) return', 'if (merge === undefined) return']],
  },
  'a save forgets when the session has to end': {
    file: 'repository/writer.ts',
    near: 17,
    changes: [
      ['expiry(row.created, idle, this.#settings.absoluteExpiration, now)', 'expiry(row.created, idle, null, now)'],
    ],
  },
  'a new id makes a session young again': {
    file: 'repository/regenerate.ts',
    near: 4,
    changes: [['(known ?? from).created : now', 'now : now']],
  },
  'a session that expired while it was read has expired': {
    file: 'repository/transactions.ts',
    near: 19,
    changes: [['if (expires > sentAt && expires <= now) return', 'if (false) return']],
  },
  'a save that may still be under way counts as dropped': {
    file: 'repository/transactions.ts',
    near: 3,
    theme: 'late commits',
    changes: [['if (unknown.some(({ version }) => version === next)) throw', 'if (false) throw']],
  },
  'an expired session is alive': {
    file: 'repository/record.ts',
    near: 19,
    changes: [['!isTombstone(row) && row.expires > now', '!isTombstone(row)']],
  },
  'a retry does not look for its token': {
    file: 'repository/transactions.ts',
    near: 21,
    changes: [['if (found !== undefined) return found\n', '']],
  },
  'changes committed together do not see one another': {
    file: 'repository/writer.ts',
    near: 1,
    changes: [['const made = change(next)', 'const made = change(row)']],
  },
  'an outdated save counts as done': {
    file: 'repository/transactions.ts',
    near: 1,
    changes: [
      [
        'const stamps = await budget.call(counters.commit, (timeout) => access.commit(writes, onto, timeout))',
        "const stamps = await budget.call(counters.commit, (timeout) => access.commit(writes, onto, timeout)).catch((error) => {\n          if (error.reason !== 'outdated') throw error\n          return []\n        })",
      ],
    ],
  },
  'a save that may have been done is done again': {
    file: 'repository/transactions.ts',
    near: 21,
    changes: [["if (committing !== null && error.reason === 'unknown') unknown.push(committing)", '']],
  },
  'a commit whose response was lost counts as done': {
    file: 'repository/transactions.ts',
    near: 10,
    changes: [
      [
        'const stamps = await budget.call(counters.commit, (timeout) => access.commit(writes, onto, timeout))',
        "const stamps = await budget.call(counters.commit, (timeout) => access.commit(writes, onto, timeout)).catch((error) => {\n          if (error.reason !== 'unknown') throw error\n          return []\n        })",
      ],
    ],
  },
  'a server that ignores versions is believed': {
    file: 'repository/version-proof.ts',
    near: 23,
    changes: [['if (await this.#versionsHold()) {', 'if ((await this.#versionsHold()) || this.#holds === false) {']],
  },
  'a transaction does not read again': {
    file: 'repository/transactions.ts',
    near: 23,
    changes: [['          known = undefined\n          counters.transactions++', '          counters.transactions++']],
  },
  'a revoked login is tried again': {
    file: 'repository/transactions.ts',
    near: 242,
    theme: 'logins',
    changes: [['if (born !== undefined && !sessions.has(born) && user', 'if (false && user']],
  },
  'destroy() leaves the entry in memcached': {
    file: 'repository/repository.ts',
    near: 5,
    theme: 'storm',
    changes: [
      [
        'await Promise.all([...new Set([id, ...ended])].map((one) => this.#cache?.remove(one, budget.left)))',
        'void [ended, budget]',
      ],
    ],
  },
  'destroyAllFor() trusts the index': {
    file: 'repository/user-index.ts',
    near: 47,
    theme: 'logins',
    changes: [['...(row?.logins ?? []).map((entry) => entry.id)', '']],
  },
  'destroyAllFor() ends later logins': {
    file: 'repository/user-index.ts',
    near: 16,
    theme: 'logins',
    changes: [['&& !later.has(id)', '']],
  },
  'the cookie of a dead id is cleared': {
    file: 'backends/datastore.ts',
    near: 4,
    changes: [
      ["case 'dead':\n", "case 'dead':\n        if (!this.did.isRegenerated) return this.cookieChange(null)\n"],
    ],
  },
  'the cookie of a dead id is set': {
    file: 'backends/datastore.ts',
    near: 4,
    theme: 'mixture',
    changes: [["const isRenewed = touched.state === 'saved' && touched.record !== record", 'const isRenewed = true']],
  },
  'a timer is believed before the socket is read': {
    file: 'internal/clock.ts',
    near: 3,
    changes: [
      ['Math.min(left, slice)', 'ms'],
      ['clock.afterIo(() => {', ';((fn) => fn())(() => {'],
      ['if (left > 0.01 && ms > 0) wait()\n          else reject(late(ms))', 'reject(late(ms))'],
    ],
  },
  'time in which the event loop was held counts in full': {
    file: 'internal/clock.ts',
    near: 4,
    theme: 'evictions',
    changes: [['left -= Math.max((length * length) / (length + held), slice / 4)', 'left -= length + held']],
  },
  'a missed change is told when somebody asks for that server again': {
    file: 'cache/cache-server.ts',
    near: 7,
    theme: 'hanging',
    changes: [['    this.#retryLater()\n  }\n\n  /** Resolves with true', '  }\n\n  /** Resolves with true']],
  },
  'memcached is waited for without a limit': {
    file: 'cache/cache-server.ts',
    near: 11,
    theme: 'silence',
    changes: [['await withDeadline(this.#clock, this.#settings.timeout, all)', 'await all']],
  },
  'the wait for a turn is not counted': {
    file: 'repository/writer.ts',
    near: 3,
    theme: 'silence',
    changes: [
      ['late?: () => void): Promise<T> {', 'late?: () => void): Promise<T> {\n    if (what) return work'],
      ['transact(this.#work(id, items, username), budget)', 'transact(this.#work(id, items, username))'],
      ["if (budget.left <= 0) throw new RepositoryUnavailable(work.what, 'its turn came too late')", ''],
      ['await this.#runner.transact(work, budget)', 'await this.#runner.transact(work)'],
    ],
  },
  'a bound cookie never grows old': {
    file: 'device/devices.ts',
    near: 1,
    devices: true,
    changes: [["'device', cookie, { maxAge })", "'device', cookie, { maxAge: null })"]],
  },
  'the signature of a proof is not looked at': {
    file: 'device/endpoint.ts',
    near: 1,
    devices: true,
    changes: [['proof.alg !== device.alg || !isSignedBy(proof, key)', 'proof.alg !== device.alg']],
  },
  'a server that is back is read at once': {
    file: 'cache/cache-server.ts',
    near: 787,
    theme: 'outages',
    changes: [
      ['isBack ? this.#reachedAt + this.#settling : 0', '0'],
      ["if (this.#state === 'closed' && this.#connection?.alive === false)", 'if (false)'],
    ],
  },
  'a missed change is forgotten while its entry may live': {
    file: 'cache/cache-server.ts',
    near: 10,
    theme: 'one cut off',
    changes: [
      [
        'const until = this.#clock.ticks() + this.#settings.entryLife\n    this.#missed',
        'const until = this.#clock.ticks() + 3000\n    this.#missed',
      ],
    ],
  },
  'a proof may bring a key of its own': {
    file: 'device/endpoint.ts',
    near: 1,
    devices: true,
    changes: [
      [
        'proof.key !== undefined || proof.alg !== device.alg || !isSignedBy(proof, key)',
        '!isSignedBy(proof, proof.key ?? key)',
      ],
    ],
  },
  'the bound cookie of any device counts': {
    file: 'device/session-device.ts',
    near: 1,
    devices: true,
    changes: [['cookie?.text === id', 'cookie !== undefined']],
  },
  'the time after the first proof has no end': {
    file: 'device/session-device.ts',
    near: 1,
    devices: true,
    changes: [['this.#now - proven < firstGrace ? proven', 'proven > 0 ? proven']],
  },
  'a copy that is of no use can end the session': {
    file: 'backends/datastore.ts',
    near: 380,
    devices: true,
    changes: [['this.assertNotAhead()\n    this.checkDevice()\n', 'this.assertNotAhead()\n']],
  },
  'a session that moves forgets its device': {
    file: 'repository/record.ts',
    near: 280,
    devices: true,
    changes: [
      ['encodeMoved({ device: movedOf(row)?.device ?? storedDevice(row.data), ...moved })', 'encodeMoved(moved)'],
    ],
  },
  'a dead id is worth nothing with the proof': {
    file: 'backends/datastore.ts',
    near: 100,
    devices: true,
    changes: [['this.guard?.isProven(device) === true', 'false']],
  },
  'a second new id goes back to before it was bound': {
    file: 'repository/regenerate.ts',
    near: 180,
    devices: true,
    changes: [['? withDevice(data, device) : data', '? data : data']],
  },
  'a store that is out of reach ends the binding': {
    file: 'device/endpoint.ts',
    near: 360,
    devices: true,
    changes: [["reply(503, null, { 'retry-after': '5' })", 'reply(400)']],
  },
  'a login gives up the key of a session that moves': {
    file: 'repository/regenerate.ts',
    near: 2050,
    devices: true,
    changes: [['isMoving ? { ...offered, moved: now } : offered', 'offered']],
  },
  'a session goes on after a login of its browser': {
    file: 'repository/regenerate.ts',
    near: 140,
    devices: true,
    changes: [["stateOf(moved.device) === 'bound' || isUnchanged(base?.data ?? '{}', data)", 'false']],
  },
  'the bound cookie of another session stays': {
    file: 'device/session-device.ts',
    near: 116,
    devices: true,
    changes: [['const other = this.#devices.find(this.#request)?.cookie', 'const other = undefined']],
  },
  'a dead id leads to the new one': {
    file: 'repository/regenerate.ts',
    near: 90,
    changes: [['if (base === null && !mayFollow(moved.device))', 'if (false)']],
  },
  'a logout ends one id alone': {
    file: 'repository/successors.ts',
    near: 27,
    devices: true,
    changes: [['(mayFollow(device) ? to : [])', '[]']],
  },
}

/** Puts a fault into what is imported from now on. */
export function plant(name: string): void {
  const { file, changes } = (plants[name] ?? valkeyPlants[name])!
  const left = new Set(changes.map(([, , other = file]) => other))
  registerHooks({
    load(url, context, next) {
      const loaded = /\/lib\/(?:ext\/session\/)?(.+)$/.exec(url)?.[1]
      if (loaded === undefined || !left.delete(loaded)) return next(url, context)
      let source = readFileSync(fileURLToPath(url), 'utf8')
      for (const [from, to, other = file] of changes) {
        if (other !== loaded) continue
        if (source.split(from).length !== 2) throw new Error(`"${name}" does not fit ${loaded} any more: ${from}`)
        source = source.replace(from, () => to)
      }
      return { format: 'module-typescript', source, shortCircuit: true }
    },
  })
  process.on('exit', () => {
    for (const file of left) console.error(`${file} was never loaded`)
  })
}
