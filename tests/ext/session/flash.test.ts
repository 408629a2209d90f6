import { describe, expect, test } from '@jest/globals'
import { redirect } from 'tipfy'
import { messages } from 'tipfy/ext/messages'
import { sessionStore } from 'tipfy/ext/session'
import { count, kinds, serveSite } from './site.ts'

const show = async () => JSON.stringify(await sessionStore.getFlashes())

describe.each(kinds)('flash messages of a %s session', (kind) => {
  test('come once, after a redirect, in order, with their level, each box apart', async () => {
    const site = await serveSite(kind, {
      '/save': () => {
        sessionStore.flash('Saved.')
        sessionStore.flash({ any: new Map([['value', 1]]) }, 'success')
        sessionStore.flash('for the form', 'error', 'form')
        return redirect('/show')
      },
      '/show': show,
      '/form': async () => JSON.stringify(await sessionStore.getFlashes('form')),
      '/same': async () => {
        sessionStore.flash('own')
        return show()
      },
    })
    const visitor = site.visitor()
    expect((await visitor.ask('/save')).status).toBe(302)
    const shown = JSON.parse((await visitor.ask('/show')).text)
    expect(shown).toEqual([
      { message: 'Saved.', level: 'info' },
      { message: { any: {} }, level: 'success' },
    ])
    expect((await visitor.ask('/show')).text).toBe('[]')
    expect((await visitor.ask('/form')).text).toBe('[{"message":"for the form","level":"error"}]')
    expect((await visitor.ask('/form')).text).toBe('[]')
    expect((await visitor.ask('/same')).text).toBe('[{"message":"own","level":"info"}]')
    expect((await visitor.ask('/show')).text).toBe('[]')
  })

  test('cost no write and no cookie where there are none, or none that the next page needs', async () => {
    const site = await serveSite(kind, {
      '/show': show,
      '/n': count,
      '/at-once': () => {
        sessionStore.flash('now')
        return show()
      },
    })
    const visitor = site.visitor()
    await visitor.ask('/show')
    expect((await visitor.ask('/at-once')).text).toContain('now')
    expect(visitor.cookies.size).toBe(0)
    await visitor.ask('/n')
    const commits = () => site.sessions.repository?.stats.commits ?? 0
    const before = commits()
    expect((await visitor.ask('/at-once')).headers['set-cookie']).toBeUndefined()
    expect([before, commits()]).toEqual(kind === 'datastore' ? [1, 1] : [0, 0])
  })

  test('31: hold what they are given: line ends and quotes do no harm', async () => {
    const text = 'a\r\nSet-Cookie: x=1\0;"<b>'
    const site = await serveSite(kind, {
      '/save': () => sessionStore.flash(text, text, text) ?? '',
      '/show': async () => JSON.stringify(await sessionStore.getFlashes(text)),
    })
    const visitor = site.visitor()
    await visitor.ask('/save')
    expect([...visitor.cookies.keys()]).toEqual([site.cookie])
    expect(JSON.parse((await visitor.ask('/show')).text)).toEqual([{ message: text, level: text }])
  })

  test('messages: for this page or the next, with level, title and life, and for form errors', async () => {
    const site = await serveSite(kind, {
      '/save': () => {
        messages.add('success', 'Saved.', { flash: true, title: 'Done', life: 50 })
        messages.setFlash('alert', 'Look.', { life: null })
        return redirect('/show')
      },
      '/show': async () => {
        messages.add('info', 'Here.')
        messages.addFormError()
        await messages.get()
        return JSON.stringify(await messages.get())
      },
    })
    const visitor = site.visitor()
    await visitor.ask('/save')
    const own = [
      { level: 'info', title: null, body: 'Here.', life: 5000 },
      { level: 'error', title: 'Error', body: expect.stringContaining('form'), life: null },
    ]
    const kept = [
      { level: 'success', title: 'Done', body: 'Saved.', life: 50 },
      { level: 'alert', title: null, body: 'Look.', life: null },
    ]
    expect(JSON.parse((await visitor.ask('/show')).text)).toEqual([...kept, ...own])
    expect(JSON.parse((await visitor.ask('/show')).text)).toEqual(own)
  })

  test('messages: setFlash() is for the next page, though this one shows its own', async () => {
    const site = await serveSite(kind, {
      '/both': async () => {
        messages.setFlash('info', 'next')
        messages.add('info', 'now')
        await messages.get()
        return bodies()
      },
      '/late': async () => {
        await bodies()
        messages.setFlash('info', 'later')
        return bodies()
      },
      '/logout': async () => {
        messages.setFlash('info', 'lost')
        await sessionStore.destroy()
        messages.setFlash('info', 'bye')
        return bodies()
      },
      '/show': () => bodies(),
    })
    const bodies = async () => (await messages.get()).map(({ body }) => body).join()
    const visitor = site.visitor()
    expect((await visitor.ask('/both')).text).toBe('now')
    expect((await visitor.ask('/both')).text).toBe('next,now')
    expect((await visitor.ask('/late')).text).toBe('next')
    expect((await visitor.ask('/show')).text).toBe('later')
    expect((await visitor.ask('/show')).text).toBe('')
    await visitor.ask('/both')
    expect((await visitor.ask('/logout')).text).toBe('')
    expect((await visitor.ask('/show')).text).toBe('bye')
  })
})

describe('flash messages of a datastore session', () => {
  test('are read by one of two tabs that race, and those of two tabs are both kept', async () => {
    let waiting: (() => void)[] = []
    const site = await serveSite('datastore', {
      '/save': () => sessionStore.flash('one') ?? '',
      '/show': async () => {
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          if (waiting.length === 2) for (const go of waiting.splice(0)) go()
        })
        return show()
      },
      '/read': show,
    })
    const visitor = site.visitor()
    await visitor.ask('/save')
    const shown = await Promise.all([visitor.ask('/show'), visitor.ask('/show')])
    expect(shown.map(({ text }) => text).sort()).toEqual(['[]', '[{"message":"one","level":"info"}]'])
    waiting = []
    await Promise.all([visitor.ask('/save'), visitor.ask('/save')])
    expect(JSON.parse((await visitor.ask('/read')).text).length).toBe(2)
  })

  test('are given once, though another is added before or beside', async () => {
    const messagesOf = async () => (await sessionStore.getFlashes()).map(({ message }) => message).join()
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const site = await serveSite('datastore', {
      '/one': () => sessionStore.flash('one') ?? '',
      '/both': async () => {
        sessionStore.flash('two')
        return messagesOf()
      },
      '/slow': async () => {
        sessionStore.flash('three')
        await gate
        return ''
      },
      '/show': messagesOf,
    })
    const visitor = site.visitor()
    await visitor.ask('/one')
    expect((await visitor.ask('/both')).text).toBe('one,two')
    await visitor.ask('/one')
    const slow = visitor.ask('/slow')
    expect((await visitor.ask('/show')).text).toBe('one')
    release()
    await slow
    expect((await visitor.ask('/show')).text).toBe('three')
    expect((await visitor.ask('/show')).text).toBe('')
  })

  test('are kept when the read fails', async () => {
    const site = await serveSite('datastore', { '/save': () => sessionStore.flash('one') ?? '', '/show': show })
    const visitor = site.visitor()
    await visitor.ask('/save')
    const { repository: records } = site.sessions
    const { update } = records!
    records!.update = () => Promise.reject(new Error('out of order'))
    expect((await visitor.ask('/show')).status).toBe(500)
    records!.update = update
    expect((await visitor.ask('/show')).text).toContain('one')
  })
})
