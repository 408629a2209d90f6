// What a developer is told of the host that an application serves.
import { afterEach, expect, jest, test } from '@jest/globals'
import { RequestHandler, Rule } from 'tipfy'
import { type Running, start } from '../support/application.ts'

class Home extends RequestHandler {
  get() {
    return 'home'
  }
}

let running: Running
afterEach(() => running.close())

const open = async (serverName: string | null) => {
  running = await start([new Rule('/', { endpoint: 'home', handler: Home })], { tipfy: { dev: true, serverName } })
}

test.each([
  ['shop.localhost', 'shop.localhost'],
  ['shop.localhost:8080', 'shop.localhost'],
  ['localhost', 'localhost'],
  ['shop.example', 'localhost'],
  [null, 'localhost'],
])('the address to open, with the serverName %s, is at %s', async (serverName, name) => {
  await open(serverName)
  expect(running.url).toBe(`http://${name}:${running.port}`)
})

test('in development the log names the host that was asked for, and the one that is served', async () => {
  await open('shop.localhost')
  const info = jest.spyOn(running.app.log, 'info').mockImplementation(() => {})
  expect((await running.ask('/', { headers: { host: 'localhost' } })).status).toBe(400)
  expect(info).toHaveBeenCalledWith(
    '400 for the host localhost: tipfy.serverName allows shop.localhost and names below it',
  )
  expect((await running.ask('/', { headers: { host: 'shop.localhost' } })).status).toBe(200)
})
