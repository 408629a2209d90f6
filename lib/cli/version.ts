// The version of this copy of tipfy, from its package.json, which lies above lib/ and dist/; and the versions of the tools that
// it is tested with, for new projects.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Package {
  version: string
  devDependencies: Record<'typescript' | '@types/node', string>
  peerDependencies: Record<'@google-cloud/datastore' | 'openid-client', string>
}

const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')

export const { version, devDependencies: testedWith, peerDependencies: optional } = JSON.parse(text) as Package
