// The types of a session's keys, which an application declares in one place for all its files.

/**
 * The keys of your sessions and their values. Declare your own:
 *
 * @example
 * declare module 'tipfy/ext/session' { interface SessionData { products: string[] } }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is here to be extended
export interface SessionData {}

/** The value of a declared key; unknown for others. */
export type ValueOf<Key extends string> = Key extends keyof SessionData ? SessionData[Key] : unknown
