// What a new project depends on, and how a person at a terminal is asked.

import { createInterface, type Interface } from 'node:readline/promises'
import { TipfyError } from '../../internal/errors.ts'

export interface Answers {
  example: 'cart' | 'bare'
  sessions: 'datastore' | 'cookie'
  language: 'ts' | 'js'
}

interface Question {
  key: keyof Answers
  text: string
  /** What may be answered, the default first, and how it reads. */
  choices: Record<string, string>
}

export const questions: readonly Question[] = [
  { key: 'example', text: 'Begin with', choices: { cart: 'a shopping cart', bare: 'one page' } },
  {
    key: 'sessions',
    text: 'Keep sessions in',
    choices: { datastore: 'datastore sessions', cookie: 'cookie sessions' },
  },
  { key: 'language', text: 'Write', choices: { ts: 'TypeScript', js: 'JavaScript' } },
]

async function ask({ text, choices }: Question, terminal: Interface): Promise<string> {
  const names = Object.keys(choices)
  for (;;) {
    const answer = (await terminal.question(`${text} (${names.join(' or ')}) [${names[0]}]: `)).trim().toLowerCase()
    if (answer === '') return names[0]!
    const found = names.find((name) => name.startsWith(answer))
    if (found !== undefined) return found
  }
}

/**
 * The answers, asked for at `terminal` where they are not `given`; without one the first choice counts.
 *
 * @throws {TipfyError} TIPFY_E_INIT_BROKEN_OFF for Ctrl+C and Ctrl+D
 */
export async function askAll(
  given: Partial<Answers>,
  terminal: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream } | null,
): Promise<Answers> {
  const answers: Record<string, string> = {}
  const open = terminal === null ? null : createInterface(terminal)
  try {
    for (const question of questions) {
      const said = given[question.key]
      answers[question.key] = said ?? (open === null ? Object.keys(question.choices)[0]! : await ask(question, open))
    }
  } catch (cause) {
    if ((cause as Error).name !== 'AbortError') throw cause
    terminal?.output.write('\n')
    throw new TipfyError('TIPFY_E_INIT_BROKEN_OFF', undefined, { cause })
  } finally {
    open?.close()
  }
  return answers as unknown as Answers
}
