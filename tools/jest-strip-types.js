// jest's transform: Node's own type stripping, so that the tests run the very source text that `npm start` runs.
// Columns and lines stay where they were, hence no source maps.
import { createHash } from 'node:crypto'
import { stripTypeScriptTypes } from 'node:module'

export default {
  getCacheKey: (source) => createHash('sha256').update(process.version).update(source).digest('hex'),
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
}
