// The checks of `deviceBound` at the start, and the modules that an application without it never loads.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { makeApp, Rule } from 'tipfy'
import { setSecureCookieSession } from 'tipfy/ext/session'
import { key } from '../site.ts'
import { openShop } from './shop.ts'

const make = (section: object, rules: Rule[] = []) =>
  makeApp({
    tipfy: { dev: false, logLevel: 'silent', urls: () => rules, hooks: { posInitApp: setSecureCookieSession } },
    'tipfy/ext/session': { secretKey: key, ...section },
  } as never)

describe('the start stops', () => {
  test.each<[string, object]>([
    ['deviceBound.lifetime', { deviceBound: { lifetime: 299 } }],
    ['deviceBound.lifetime', { deviceBound: { lifetime: '600' } }],
    ['deviceBound.path', { deviceBound: { path: 'device' } }],
    ['deviceBound.path', { deviceBound: { path: '/a";challenge="b' } }],
    ['deviceBound.cookieName', { deviceBound: { cookieName: '' } }],
    ['deviceBound.cookieName', { deviceBound: { cookieName: 'tipfy.session' } }],
    ['deviceBound.initiators', { deviceBound: { initiators: ['https://a.example/'] } }],
    ['deviceBound.liftime', { deviceBound: { liftime: 600 } }],
    ['cookie.domain', { deviceBound: true, cookie: { domain: 'shop.example' } }],
    ['cookie.path', { deviceBound: true, cookie: { path: '/shop' } }],
    ['cookie.sameSite', { deviceBound: true, cookie: { sameSite: 'None', secure: true } }],
    ['cookie.partitioned', { deviceBound: true, cookie: { partitioned: true, secure: true } }],
  ])('for %s in %j', async (name, section) => {
    await expect(async () => make(section).ready()).rejects.toMatchObject({
      code: 'TIPFY_E_SESSION_CONFIG',
      message: expect.stringContaining(name),
    })
  })

  test('for a rule at the path of the endpoint, which a client without Sec-Fetch headers would never reach', async () => {
    const rules = () => [
      new Rule('/', { endpoint: 'home' }),
      new Rule('/pay', { endpoint: 'pay', methods: ['GET'] }),
      new Rule('/<path:rest>', { endpoint: 'rest' }),
    ]
    await expect(make({ deviceBound: { path: '/' } }, rules()).ready()).rejects.toThrow(
      '`deviceBound.path` is "/", but must be a path that no rule has, as "home" does',
    )
    for (const section of [{ deviceBound: true }, { deviceBound: { path: '/pay' } }]) {
      const app = make(section, rules())
      await app.ready()
      await app.close()
    }
  })

  test('for a value that is no setting', () => {
    expect(() => make({ deviceBound: 'yes' })).toThrow(/deviceBound/)
  })

  test("for a rule with deviceBound: 'required' where no session is bound", async () => {
    const rule = () => new Rule('/admin', { endpoint: 'admin', deviceBound: 'required' })
    await expect(make({}, [rule()]).ready()).rejects.toMatchObject({ code: 'TIPFY_E_RULE_DEVICE' })
    const app = make({ deviceBound: true }, [rule()])
    await app.ready()
    await app.close()
  })

  test('for a rule whose sessions are not loaded, or whose value is another', () => {
    const code = 'TIPFY_E_RULE_DEVICE_OPTION'
    expect(() => new Rule('/', { deviceBound: 'required', session: false })).toThrow(expect.objectContaining({ code }))
    expect(() => new Rule('/', { deviceBound: true as never })).toThrow(/cannot have deviceBound: true\./)
    expect(new Rule('/', { deviceBound: 'required' }).copy({ path: '/a' }).deviceBound).toBe('required')
  })
})

test('nothing of it is loaded where it is off', () => {
  const script = `
    import { registerHooks } from 'node:module'
    const seen = []
    registerHooks({ load(url, context, next) { seen.push(url); return next(url, context) } })
    const { makeApp } = await import('tipfy')
    const config = { tipfy: { dev: false, urls: () => [], hooks: { posInitApp: 'tipfy/ext/session:setSecureCookieSession' } } }
    config['tipfy/ext/session'] = { secretKey: '${key}', deviceBound: process.argv[1] === 'on' }
    await makeApp(config, { root: process.cwd() }).ready()
    console.log(seen.filter((url) => url.includes('/session/device/')).length)`
  const root = join(import.meta.dirname, '../../../..')
  const count = (mode: string) => {
    const args = ['-C', 'tipfy-source', '--input-type=module', '-e', script, mode]
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    return stdout.trim() || stderr
  }
  expect([count('off'), count('on')]).toEqual(['0', '4'])
})

test("the application's own merge leaves the device to be merged by structure", async () => {
  const merge = (_base: object, mine: object, theirs: object) => ({ ...theirs, ...mine })
  const site = await openShop('datastore', { session: { merge } })
  const { repository } = site.sessions
  const first = await repository!.create('an-id-of-the-test', { data: '{"a":1,"$device":{"offer":"x"}}' })
  const device = { id: 'i', key: 'k', alg: 'ES256', since: 1 }
  await repository!.update('an-id-of-the-test', (data) => {
    data.$device = device
  })
  const saved = await repository!.save('an-id-of-the-test', first, { data: '{"a":2,"$device":{"offer":"x"}}' })
  expect(saved.state === 'saved' && JSON.parse(saved.record.data)).toEqual({ a: 2, $device: device })
})
