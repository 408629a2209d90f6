import * as crypto from 'node:crypto'
import { describe, expect, jest, test } from '@jest/globals'
import { PasswordHasher } from '../../../lib/ext/auth/password-hasher.ts'
import { Semaphore } from '../../../lib/ext/auth/semaphore.ts'
import { expectLinear } from '../../support/linear.ts'

const hasArgon2 = typeof crypto.argon2 === 'function'
const cheap = {
  argon2id: { memory: 64, passes: 1, parallelism: 1 },
  scrypt: { logCost: 4, blockSize: 8, parallelism: 1 },
}
const algorithms = hasArgon2 ? (['argon2id', 'scrypt'] as const) : (['scrypt'] as const)

describe.each(algorithms)('passwords hashed by %s', (algorithm) => {
  const hasher = new PasswordHasher({ ...cheap, algorithm })

  test('are checked against a PHC string that differs each time', async () => {
    const [one, other] = [await hasher.hash('correct horse'), await hasher.hash('correct horse')]
    expect(one).not.toBe(other)
    expect(one).toMatch(
      algorithm === 'argon2id'
        ? /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/
        : /^\$scrypt\$ln=4,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    )
    for (const hash of [one, other]) {
      expect(await hasher.check('correct horse', hash)).toBe(true)
      expect(await hasher.check('correct horsf', hash)).toBe(false)
      expect(await hasher.check('', hash)).toBe(false)
    }
  })

  test('are the same however their letters are composed', async () => {
    expect(await hasher.check('cafe\u0301', await hasher.hash('caf\u00e9'))).toBe(true)
  })

  test('need a new hash after the cost was changed, and are checked until then', async () => {
    const old = await hasher.hash('pw')
    const dearer = new PasswordHasher({
      algorithm,
      argon2id: { memory: 128, passes: 1, parallelism: 1 },
      scrypt: { logCost: 5, blockSize: 8, parallelism: 1 },
    })
    expect([hasher.needsRehash(old), dearer.needsRehash(old)]).toEqual([false, true])
    expect(await dearer.check('pw', old)).toBe(true)
    expect(dearer.needsRehash(await dearer.hash('pw'))).toBe(false)
  })

  test('of users that do not exist are never right, and are computed all the same', async () => {
    for (const stored of [null, undefined]) {
      const computed: number[] = []
      const fresh = new PasswordHasher({ ...cheap, algorithm }, process.env, (ms) => computed.push(ms))
      expect(await fresh.check('x', stored)).toBe(false)
      expect(computed).toHaveLength(1)
    }
  })
})

test('a hash of another library is checked', async () => {
  // RFC 7914, section 12: "pleaseletmein", "SodiumChloride", N 16384, r 8, p 1.
  const bytes = Buffer.from(
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    'hex',
  )
  const [salt, hash] = [Buffer.from('SodiumChloride'), bytes].map((part) => part.toString('base64').replace(/=+$/, ''))
  const stored = `$scrypt$ln=14,r=8,p=1$${salt}$${hash}`
  expect(await new PasswordHasher({ algorithm: 'scrypt' }).check('pleaseletmein', stored)).toBe(true)
})

test('a hash is checked in whatever order its parameters are, and with the whole cost of scrypt for its exponent', async () => {
  const hasher = new PasswordHasher({ ...cheap, algorithm: 'scrypt' })
  const [salt, hash] = [
    Buffer.alloc(16, 1),
    crypto.scryptSync('pw', Buffer.alloc(16, 1), 32, { N: 16, r: 8, p: 1 }),
  ].map((part) => part.toString('base64').replace(/=+$/, ''))
  for (const cost of ['ln=4,r=8,p=1', 'p=1,r=8,ln=4', 'n=16,r=8,p=1']) {
    const stored = `$scrypt$${cost}$${salt}$${hash}`
    expect([await hasher.check('pw', stored), await hasher.check('x', stored)]).toEqual([true, false])
    expect(hasher.needsRehash(stored)).toBe(false)
  }
})

test.each([
  ['one of bcrypt', '$2b$10$abcdefghijklmnopqrstuv'],
  ['a password in the clear', 'secret'],
  ['an empty text', ''],
  ['one whose cost would take all memory', `$scrypt$ln=30,r=8,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one with too little memory for its lanes', `$argon2id$v=19$m=15,t=1,p=2$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one of too many passes', `$argon2id$v=19$m=64,t=65,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one of too many lanes', `$argon2id$v=19$m=1024,t=1,p=65$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one with a key of its own', `$argon2id$v=19$m=64,t=1,p=1,keyid=a$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one of argon2i', `$argon2i$v=19$m=64,t=1,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one whose lanes would take all memory', `$scrypt$ln=1,r=999999,p=64$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one whose cost is too high for its blocks', `$scrypt$ln=17,r=1,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one whose cost is no power of two', `$scrypt$n=17,r=8,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one without a cost', `$scrypt$n=1,r=8,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one with a parameter twice', `$scrypt$ln=4,r=8,r=8$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one with a parameter too many', `$scrypt$ln=4,r=8,p=1,q=1$${'a'.repeat(22)}$${'a'.repeat(43)}`],
  ['one whose version is another', `$argon2id$v=16$m=64,t=1,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`],
])('%s is an error of the configuration, and never a wrong password', async (_, stored) => {
  const hasher = new PasswordHasher({ ...cheap, algorithm: 'scrypt' })
  await expect(hasher.check('secret', stored)).rejects.toMatchObject({ code: 'TIPFY_E_PASSWORD_HASH' })
  expect(() => hasher.needsRehash(stored)).toThrow(expect.objectContaining({ code: 'TIPFY_E_PASSWORD_HASH' }))
})

test('a password that is empty or too long is not hashed, and is never right', async () => {
  const hasher = new PasswordHasher({ ...cheap, maxPasswordLength: 8 })
  for (const password of ['', 'ninebytes', 'ä'.repeat(5)]) {
    await expect(hasher.hash(password)).rejects.toMatchObject({ code: 'TIPFY_E_PASSWORD_LENGTH' })
    expect(await hasher.check(password, await hasher.hash('x'))).toBe(false)
  }
})

test('what is no text is a wrong password', async () => {
  const hasher = new PasswordHasher({ ...cheap, algorithm: 'scrypt' })
  const stored = await hasher.hash('x')
  for (const given of [undefined, null, 1, ['x'], { length: 1 }, true]) {
    expect(await hasher.check(given as never, stored)).toBe(false)
  }
})

test('a password of megabytes is neither normalised nor encoded', async () => {
  const hasher = new PasswordHasher({ ...cheap, algorithm: 'scrypt' })
  const stored = await hasher.hash('x')
  const normalize = jest.spyOn(String.prototype, 'normalize')
  try {
    expect(await hasher.check('e\u0301'.repeat(1_000_000), stored)).toBe(false)
    expect(normalize).not.toHaveBeenCalled()
  } finally {
    normalize.mockRestore()
  }
})

test('a password is measured by its composed form, which may be a quarter as long', async () => {
  const hasher = new PasswordHasher({ ...cheap, algorithm: 'scrypt', maxPasswordLength: 30 })
  const longest = '\u1f82'.repeat(10)
  expect(longest.normalize('NFD')).toHaveLength(40)
  expect(await hasher.check(longest.normalize('NFD'), await hasher.hash(longest))).toBe(true)
  await expect(hasher.hash(`${longest}x`.normalize('NFD'))).rejects.toMatchObject({ code: 'TIPFY_E_PASSWORD_LENGTH' })
})

test('no password takes time that grows with the square of its length', async () => {
  const hasher = new PasswordHasher({ ...cheap, algorithm: 'scrypt', maxPasswordLength: 65_536 })
  const stored = await hasher.hash('x')
  // Marks that have to be sorted: one half belongs before the other.
  const input = (size: number) => `a${'\u0301'.repeat(size / 2)}${'\u0323'.repeat(size / 2)}`
  await expectLinear({ input, run: (password) => hasher.check(password, stored), to: 4 * 65_536 })
})

test.each([
  ['as many as are set', { maxParallelHashes: 2 }, {}, 2],
  ['always fewer than the pool has threads', { maxParallelHashes: 99 }, { UV_THREADPOOL_SIZE: '8' }, 7],
  ['one where the pool has one', { maxParallelHashes: 2 }, { UV_THREADPOOL_SIZE: '1' }, 1],
])('hashes computed at once: %s', async (_, settings, env, expected) => {
  const hasher = new PasswordHasher({ ...cheap, ...settings, algorithm: 'scrypt' }, env)
  expect(hasher.maxParallel).toBe(expected)
  expect(new Set(await Promise.all(Array.from({ length: 12 }, () => hasher.hash('pw')))).size).toBe(12)
})

test('hashes beyond those that may wait are a 503 with the time to come again', async () => {
  const hasher = new PasswordHasher({ ...cheap, algorithm: 'scrypt', maxParallelHashes: 1, maxWaitingHashes: 1 })
  const all = await Promise.allSettled(['a', 'b', 'c'].map((password) => hasher.hash(password)))
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(all[2]).toMatchObject({ reason: { code: 503 } })
  await hasher.hash('d')
})

test('the hashes of several applications wait for each other', async () => {
  const settings = { ...cheap, algorithm: 'scrypt' as const, maxParallelHashes: 1, maxWaitingHashes: 2 }
  const [one, other] = [new PasswordHasher(settings), new PasswordHasher(settings)]
  const all = await Promise.allSettled([one, other, one, other].map((hasher) => hasher.hash('pw')))
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
})

test('a part of the cost that is left out has its default', async () => {
  const hasher = new PasswordHasher({ algorithm: 'scrypt', scrypt: { logCost: 5 } })
  expect(await hasher.hash('pw')).toMatch(/^\$scrypt\$ln=5,r=8,p=1\$/)
})

test('work beyond the places waits in its order, also behind work that fails', async () => {
  const places = new Semaphore()
  const started: number[] = []
  const ends: (() => void)[] = []
  const all = [0, 1, 2, 3].map((n) =>
    places.run(2, async () => {
      started.push(n)
      await new Promise<void>((resolve) => ends.push(resolve))
      if (n === 0) throw new Error('it failed')
    }),
  )
  await Promise.resolve()
  expect(started).toEqual([0, 1])
  ends[0]!()
  await expect(all[0]).rejects.toThrow('it failed')
  expect(started).toEqual([0, 1, 2])
  ends[1]!()
  ends[2]!()
  await all[2]
  ends[3]!()
  await all[3]
  expect(started).toEqual([0, 1, 2, 3])
})

test('work that may be one of fewer waits until there are no more, and those behind it wait, too', async () => {
  const places = new Semaphore()
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const run = (name: string, max: number) => {
    const work = async () => {
      started.push(name)
      await new Promise<void>((resolve) => ends.set(name, resolve))
    }
    return places.run(max, work)
  }
  const [a, b, alone] = [run('a', 2), run('b', 2), run('alone', 1), run('c', 2), run('d', 2)]
  expect([started, places.waiting]).toEqual([['a', 'b'], 3])
  ends.get('a')!()
  await a
  expect(started).toEqual(['a', 'b'])
  ends.get('b')!()
  await b
  await Promise.resolve()
  expect(started).toEqual(['a', 'b', 'alone', 'c'])
  ends.get('alone')!()
  await alone
  await Promise.resolve()
  expect(started).toEqual(['a', 'b', 'alone', 'c', 'd'])
})
