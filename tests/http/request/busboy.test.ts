import { EventEmitter, once } from 'node:events'
import { expect, test } from '@jest/globals'
import { makeBusboy, partsOf } from '../../../lib/http/request/busboy.ts'

test('the private parser of this version of busboy is where busboy.ts looks for it, and reports parts that busboy skips', async () => {
  const busboy = await makeBusboy('multipart/form-data; boundary=x', {})
  const parser = partsOf(busboy)
  expect(parser).toBeInstanceOf(EventEmitter)
  let parts = 0
  let fields = 0
  parser.on('part', () => parts++)
  busboy.on('field', () => fields++)
  const named = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
  busboy.end(`${named}--x\r\n\r\nno headers\r\n--x--\r\n`)
  await once(busboy, 'finish')
  expect({ parts, fields }).toEqual({ parts: 2, fields: 1 })
})
