import { expect, test } from '@jest/globals'
import { importString, parseImportString } from '../../lib/internal/import-string.ts'

const root = import.meta.dirname
const importing = (text: string) =>
  importString(parseImportString(text, 'a hook'), { root, folders: [root], wantedBy: 'a hook' }).then(
    () => 'found',
    (error: Error) => error.message,
  )

test.each([
  ['tipfy.ext.session:set_datastore_session', 'tipfy/ext/session:setDatastoreSession'],
  ['tipfy.ext.session:set_securecookie_session', 'tipfy/ext/session:setSecureCookieSession'],
  ['tipfy/ext/session:setSecurecookieSession', 'tipfy/ext/session:setSecureCookieSession'],
  ['tipfy/ext/session:set_datastore_session', 'tipfy/ext/session:setDatastoreSession'],
  ['tipfy/ext/sesion:setDatastoreSession', 'tipfy/ext/session:setDatastoreSession'],
  ['tipfy.ext.sessions:set_datastore_session', 'tipfy/ext/session:setDatastoreSession'],
  ['handlers.home.HomeHandler', 'handlers.home:HomeHandler'],
])('%s leads to %s', async (given, right) => {
  const message = await Promise.resolve()
    .then(() => importing(given))
    .catch((error: Error) => error.message)
  expect(message).toContain(given)
  expect(message).toContain(`'${right}'`)
})

test('a name that is like none is an error that lists what there is', async () => {
  expect(await importing('tipfy/ext/session:setNothing')).toContain('tipfy/ext/session exports ')
  expect(await importing('tipfy.ext.jinja2:render')).toContain('"tipfy.ext.jinja2"')
  await expect(async () => parseImportString('home', 'a rule')).rejects.toThrow("like 'session_test:MyHandler'")
})
