import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { makeApp } from 'tipfy'
import { createClient } from 'tipfy/testing'
import { config } from '../../config.ts'

test('who signs in where somebody else is signed in finds nothing of theirs', async () => {
  const app = makeApp(
    {
      ...config,
      tipfy: {
        dev: false,
        logLevel: 'silent',
        hooks: { ...config.tipfy?.hooks, posInitApp: 'tipfy/ext/session:setSecureCookieSession' },
      },
      'tipfy/ext/session': { secretKey: 'an-adequate-key-of-the-tests-0123456789' },
    },
    { root: join(import.meta.dirname, '../..') },
  )
  const client = createClient(app)
  const post = async (path: string, fields: Record<string, string>) => {
    const page = (await client.get(path)).text
    const token = /name="_csrf" value="([^"]+)"/.exec(page)![1]!
    await client.post(path, { form: { _csrf: token, ...fields } })
  }
  await post('/account/login', { name: 'ann', password: 'open sesame' })
  await post('/account', { note: 'mine alone' })
  expect((await client.get('/account')).text).toContain('mine alone')
  await post('/account/login', { name: 'bob', password: 'open sesame' })
  const page = (await client.get('/account')).text
  expect(page).toContain('Hello, bob')
  expect(page).not.toContain('mine alone')
  await app.close()
})
