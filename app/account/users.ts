// The users of the example: any name is one, all have the same password. Yours would be in a database, as would their passkeys.
import { hashPassword, type Passkey } from 'tipfy/ext/auth'

export interface User {
  id: string
  name: string
}

declare module 'tipfy/ext/auth' {
  interface AuthTypes {
    user: User
  }
}

export const password = 'open sesame'
let passwordHash: Promise<string> | undefined

export const loadUser = (id: string): User => ({ id, name: id })

/** Finds the user of a name, with the hash of the password. */
export async function findByName(name: string): Promise<(User & { passwordHash: string }) | null> {
  passwordHash ??= hashPassword(password)
  return /^.{1,80}$/.test(name) ? { ...loadUser(name), passwordHash: await passwordHash } : null
}

/** Passkeys by id. */
export const passkeys = new Map<string, Passkey>()

export const passkeysOf = ({ id }: User): Passkey[] => [...passkeys.values()].filter(({ userId }) => userId === id)
