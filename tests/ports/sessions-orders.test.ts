// Every order of what one request may do to its session, held against a model of what other frameworks' suites expect of each of them:
// data that is written is there in the next request, what was destroyed is not, and an id that was given up leads nowhere.
import { describe, expect, test } from '@jest/globals'
import { request } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'
import { free, kinds, serveSite, setCookies } from '../ext/session/site.ts'

interface Model {
  data: Record<string, number>
  /** The keys that the request removes: an update() works on what is stored, and does not bring them back. */
  removed: Set<string>
  user: string | null
}

const add = (data: Record<string, unknown>, key: string) => {
  data[key] = Number(data[key] ?? 0) + 1
}

const acts: Record<string, { run: () => unknown; model: (model: Model) => void }> = {
  regenerate: { run: () => sessionStore.regenerate(), model: () => {} },
  destroy: {
    run: () => sessionStore.destroy(),
    model: (model) => Object.assign(model, { data: {}, removed: new Set(), user: null }),
  },
  write: { run: () => add(free, 'written'), model: ({ data }) => add(data, 'written') },
  update: {
    run: () => sessionStore.update((data) => add(data as Record<string, unknown>, 'updated')),
    model: ({ data, removed }) => removed.has('updated') || add(data, 'updated'),
  },
  user: {
    run: () => {
      sessionStore.user = 'ann'
    },
    model: (model) => {
      model.user = 'ann'
    },
  },
  clear: {
    run: () => free.clear(),
    model: (model) => {
      for (const key of Object.keys(model.data)) model.removed.add(key)
      model.data = {}
    },
  },
}

const names = Object.keys(acts)
const lives = ['regenerate', 'destroy', 'write', 'update']
const ordersOf = (size: number, of: readonly string[]): string[][] =>
  size === 0 ? [[]] : ordersOf(size - 1, of).flatMap((order) => of.map((name) => [...order, name]))
const orders = [...ordersOf(1, names), ...ordersOf(2, names), ...ordersOf(3, lives), ['update', 'clear', 'update']]

// An update() comes before what the request has not saved yet: the order of keys says nothing.
const describeState = (data: object, user: string | null) => JSON.stringify([Object.entries(data).sort(), user])
const described = () => describeState(Object.fromEntries(free), sessionStore.user)

describe.each(kinds)('in a %s session', (kind) => {
  test.each([
    ['a new', false],
    ['a stored', true],
  ])(
    'each order of up to three acts on %s session leaves what it says',
    async (_, isStored) => {
      const site = await serveSite(kind, {
        '/begin': () => {
          free.first = 1
          sessionStore.user = 'bob'
          return ''
        },
        '/do': async () => {
          for (const name of request.args.get('acts')!.split(' ')) await acts[name]!.run()
          return described()
        },
        '/look': described,
      })
      for (const order of orders) {
        const visitor = site.visitor()
        if (isStored) await visitor.ask('/begin')
        const former = visitor.cookies.get(site.cookie)
        const model: Model = { data: isStored ? { first: 1 } : {}, removed: new Set(), user: isStored ? 'bob' : null }
        for (const name of order) acts[name]!.model(model)
        const expected = describeState(model.data, model.user)
        const answer = await visitor.ask(`/do?acts=${order.join('+')}`)
        const found = [answer.text, (await visitor.ask('/look')).text]
        expect([order, ...found, setCookies(answer).length < 2]).toEqual([order, expected, expected, true])
        if (former === undefined || kind === 'securecookie') continue
        const isGivenUp = order.includes('regenerate') || order.includes('destroy')
        const late = await site.ask('/look', { headers: { cookie: `${site.cookie}=${former}` } })
        expect([order, late.text]).toEqual([order, isGivenUp ? '[[],null]' : expected])
      }
    },
    60_000,
  )
})
