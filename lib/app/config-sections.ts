// What the configuration is known to hold, by module: for whoever types the sections of modules of their own.

/**
 * The sections of your own modules, by name: `getConfig` then knows their keys and types, and so does config.ts. It is there to
 * be augmented.
 *
 * @example
 * declare module 'tipfy' {
 *   interface ConfigSections {
 *     'shop/payment': { currency: string; retries: number }
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be augmented
export interface ConfigSections {}
