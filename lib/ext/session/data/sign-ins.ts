// Sign-ins that have begun and not ended, under the key `$signIn`: the state of one with another site, the challenge of a passkey.

/** Values of one sign-in, and the time it began, in ms. */
export interface SignIn {
  readonly values: Readonly<Record<string, string>>
  readonly at: number
}
export type StoredSignIns = Readonly<Record<string, SignIn>>

/** Milliseconds in which a sign-in has to end. */
const life = 600_000
/** One for each tab in which somebody tries; a session must not grow by trying. */
const maxBegun = 5
/** Characters of all of them as JSON: together they may take half of a cookie. */
const maxLength = 1500

/** Drops the oldest where they become too many, or too long together. */
export function addSignIn(begun: StoredSignIns, id: string, signIn: SignIn): StoredSignIns {
  const latest = Object.entries(begun).sort(([, one], [, other]) => other.at - one.at)
  const kept: [string, SignIn][] = [[id, signIn]]
  for (const older of latest.slice(0, maxBegun - 1)) {
    if (JSON.stringify([...kept, older]).length > maxLength) break
    kept.push(older)
  }
  return Object.fromEntries(kept)
}

/** `taken` is undefined if it began too long ago; `rest` if there is none. */
export function takeSignIn(
  begun: StoredSignIns,
  id: string,
  now: number,
): { taken: SignIn | undefined; rest: StoredSignIns | undefined } {
  const { [id]: found, ...others } = begun
  const rest = Object.entries(others).filter(([, { at }]) => now - at < life)
  return {
    taken: found !== undefined && now - found.at < life ? found : undefined,
    rest: rest.length === 0 ? undefined : Object.fromEntries(rest),
  }
}
