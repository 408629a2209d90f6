// A new project, as the texts of its files are written for.
import type { Answers } from './questions.ts'

export type Project = Answers & { name: string; ts: boolean }

/** Returns `text` for TypeScript, nothing for JavaScript. */
export const typed = ({ ts }: Project, text: string): string => (ts ? text : '')
