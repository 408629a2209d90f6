// Names that other frameworks give to parts of a request and a response. Read on ours they would be undefined, in silence or with
// JavaScript's own error: "response.json is not a function".
import { TipfyError } from '../internal/errors.ts'

const readHeader = "`request.headers.get('Name')`"
const readQuery = "`request.args.get('name')`"
const setHeader = "`response.headers.set('Name', 'value')`"
const returned = 'the value that the handler returns: text, `` html`…` ``, or an object for JSON'
const pieces = 'what the handler returns, or yields piece by piece'

const names: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  request: {
    body: '`await request.json()`, or `await request.form()`',
    get: readHeader,
    header: readHeader,
    hostname: '`request.host`',
    ip: '`request.remoteAddr`',
    originalUrl: '`request.target`',
    params: 'the first parameter of the method, or `request.ruleArgs`',
    protocol: '`request.scheme`',
    query: readQuery,
    secure: '`request.isSecure`',
    values: readQuery,
  },
  response: {
    append: "`response.headers.add('Name', 'value')`",
    body: '`response.data`',
    clearCookie: "`response.deleteCookie('name')`",
    code: '`response.status = 404`',
    cookie: "`response.setCookie('name', 'value')`",
    download: '`response.sendFile(path, { download: true })`',
    end: pieces,
    header: setHeader,
    html: returned,
    json: returned,
    redirect: "`return redirect('/path')`, imported from 'tipfy'",
    render: returned,
    send: returned,
    sendStatus: '`response.status = 404`',
    set: setHeader,
    setHeader,
    text: returned,
    type: "`response.mimetype = 'text/plain'`",
    write: pieces,
  },
}

/** @throws {TipfyError} TIPFY_E_FOREIGN_NAME if `key`, which the object does not have, is the name of another framework for a part of it */
export function checkForeignName(name: string, key: string | symbol): void {
  const known = names[name]
  if (known === undefined || typeof key !== 'string' || !Object.hasOwn(known, key)) return
  throw new TipfyError('TIPFY_E_FOREIGN_NAME', { what: `${name}.${key}`, right: known[key]! })
}
