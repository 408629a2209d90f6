// The version of this copy of tipfy, from its package.json, which lies above lib/ and above dist/.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')

export const version: string = (JSON.parse(text) as { version: string }).version
