// Prints the packages whose code an application with stored sessions loads, up to its second response. Embedded data is in the folder
// given.
import { registerHooks } from 'node:module'

const packages = new Set<string>()
registerHooks({
  load(url, context, next) {
    const [, name] = url.match(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/) ?? []
    if (name !== undefined && !url.endsWith('.json')) packages.add(name)
    return next(url, context)
  },
})

const { makeApp, RequestHandler, Rule } = await import('tipfy')
const { session } = await import('tipfy/ext/session')
const { createClient } = await import('tipfy/testing')

class Count extends RequestHandler {
  get() {
    const count = ((session.get('count') as number | undefined) ?? 0) + 1
    session.set('count', count)
    return String(count)
  }
}
const app = makeApp({
  tipfy: {
    urls: () => [new Rule('/', { endpoint: 'count', handler: Count })],
    hooks: { posInitApp: 'tipfy/ext/session:setDatastoreSession' },
  },
  'tipfy/ext/session': {
    secretKey: 'Q7xkZ2mVb9Jr4TnLw8HcYp3Fd6Gs1Ae5',
    datastore: process.env['DATASTORE_EMULATOR_HOST'] ? 'cloud' : 'embedded',
    dataFolder: process.argv[2]!,
    storeTimeout: 60, // on a busy machine the first call may take long
  },
})
const client = createClient(app)
await client.get('/')
console.log(`response ${(await client.get('/')).text}`)
await app.close()
console.log(`loaded ${[...packages].join(' ')}`)
