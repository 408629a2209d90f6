// The types of a session's keys, which an application declares once for all its files.

/**
 * The keys of your sessions and the types of their values. Declare your own:
 *
 * @example
 * declare module 'tipfy/ext/session' { interface SessionData { products: string[] } }
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications extend it
export interface SessionData {}

/** The type of a declared key's value; unknown for others. */
export type ValueOf<Key extends string> = Key extends keyof SessionData ? SessionData[Key] : unknown
