// The users of a new project: in the Datastore of its sessions, or in a file where they are cookies.
import { type Project, typed } from './project.ts'

export function usersFile(project: Project): string {
  return project.sessions === 'datastore' ? inDatastore(project) : inFile(project)
}

const types = ({ login }: Project) => `export interface User {
  id: string
  name: string${login === 'password' ? '\n  passwordHash: string' : ''}
}

declare module 'tipfy/ext/auth' {
  interface AuthTypes {
    user: User
  }
}

`

function inDatastore(project: Project): string {
  const t = (type: string) => typed(project, type)
  const isByPassword = project.login === 'password'
  const byName = `
const idOf = (name${t(': string')}) => name.trim().toLowerCase()

/** Finds a user by the name as it was typed. */
export const findByName = async (name${t(': string')}) => (name.length > 100 ? null : findUser(idOf(name)))

/** Saves a new user; returns null if the name is taken. */
export function addUser(name${t(': string')}, passwordHash${t(': string')})${t(': Promise<User | null>')} {
  return transact(async (transaction, datastore) => {
    const user = { id: idOf(name), name, passwordHash }
    const [known] = await transaction.get(keyOf(datastore, user.id))
    if (known !== undefined) return null
    transaction.save({ key: keyOf(datastore, user.id), data: user })
    return user
  })
}
`
  return `// The users, in the Datastore that also keeps the sessions.
${t("import type { Datastore } from '@google-cloud/datastore'\n")}import { getDatastore${isByPassword ? ', transact' : ''} } from 'tipfy/datastore'

${t(types(project))}// With a word in front, since Datastore reserves some names, like __id__.
const keyOf = (datastore${t(': Datastore')}, id${t(': string')}) => datastore.key(['User', \`user \${id}\`])

export async function findUser(id${t(': string')})${t(': Promise<User | null>')} {
  const datastore = await getDatastore()
  const [user] = await datastore.get(keyOf(datastore, id))
  return user ?? null
}
${isByPassword ? byName : ''}
export async function saveUser(user${t(': User')})${t(': Promise<void>')} {
  const datastore = await getDatastore()
  await datastore.save({ key: keyOf(datastore, user.id), data: user })
}
`
}

function inFile(project: Project): string {
  const t = (type: string) => typed(project, type)
  const isByPassword = project.login === 'password'
  const byName = `
/** Finds a user by the name as it was typed. */
export const findByName = (name${t(': string')})${t(': User | null')} =>
  [...users.values()].find((user) => user.name.toLowerCase() === name.trim().toLowerCase()) ?? null

/** Saves a new user; returns null if the name is taken. */
export function addUser(name${t(': string')}, passwordHash${t(': string')})${t(': User | null')} {
  if (findByName(name) !== null) return null
  const user = { id: randomUUID(), name, passwordHash }
  saveUser(user)
  return user
}
`
  return `// The users, in a file: keep yours in a database.
${isByPassword ? "import { randomUUID } from 'node:crypto'\n" : ''}import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'

${t(types(project))}const file = '.tipfy/users.json'
const users = new Map${t('<string, User>')}(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [])

export const findUser = (id${t(': string')})${t(': User | null')} => users.get(id) ?? null
${isByPassword ? byName : ''}
export function saveUser(user${t(': User')})${t(': void')} {
  users.set(user.id, user)
  mkdirSync('.tipfy', { recursive: true, mode: 0o700 })
  writeFileSync(file, JSON.stringify([...users]), { mode: 0o600 })
}
`
}
