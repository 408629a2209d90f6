// The choices of a new project, and how they are asked for at a terminal.
import { createInterface, type Interface } from 'node:readline/promises'
import { TipfyError } from '../../internal/errors.ts'

export interface Answers {
  example: 'cart' | 'bare'
  sessions: 'datastore' | 'cookie'
  /** Only datastore sessions have one. */
  cache?: 'none' | 'valkey' | 'memcached'
  login: 'none' | 'password' | 'google'
  language: 'ts' | 'js'
}

interface Question {
  key: keyof Answers
  /** The option of the command, and its description. */
  option: string
  text: string
  /** The possible answers, the default first, each with its text. */
  choices: Record<string, string>
  /** False where the answers so far leave nothing to ask. */
  isNeeded?: (answers: Partial<Answers>) => boolean
}

export const questions: readonly Question[] = [
  {
    key: 'example',
    option: '--example <name>  the example to begin with',
    text: 'Begin with',
    choices: { cart: 'a shopping cart', bare: 'one page' },
  },
  {
    key: 'sessions',
    option: '--sessions <kind>  the backend of the sessions',
    text: 'Keep sessions in',
    choices: { datastore: 'datastore sessions', cookie: 'cookie sessions' },
  },
  {
    key: 'cache',
    option: '--cache <kind>  the cache in front of datastore sessions',
    text: 'Cache them in',
    choices: { none: 'no cache', valkey: 'a cache in Valkey', memcached: 'a cache in memcached' },
    isNeeded: ({ sessions }) => sessions !== 'cookie',
  },
  {
    key: 'login',
    option: '--login <kind>  how users log in',
    text: 'Users log in',
    choices: { none: 'no login', password: 'login by password', google: 'login with Google' },
  },
  {
    key: 'language',
    option: '--language <name>  TypeScript or JavaScript',
    text: 'Write',
    choices: { ts: 'TypeScript', js: 'JavaScript' },
  },
]

/** The first choices, which `--yes` takes. */
export const defaults: string = questions.map(({ choices }) => Object.values(choices)[0]).join(', ')

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
 * Asks at `terminal` for the answers that are not `given`; without a terminal takes the first choices. A cache that is given
 * answers where the sessions are: in cookies they have none.
 *
 * @throws {TipfyError} TIPFY_E_INIT_BROKEN_OFF for Ctrl+C and Ctrl+D
 */
export async function askAll(
  given: Partial<Answers>,
  terminal: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream } | null,
): Promise<Answers> {
  const answers: Record<string, string> = {}
  const isCached = given.cache !== undefined && given.cache !== 'none'
  const known: Partial<Answers> = isCached ? { sessions: 'datastore', ...given } : given
  const open = terminal === null ? null : createInterface(terminal)
  try {
    for (const question of questions) {
      if (question.isNeeded?.(answers) === false) continue
      answers[question.key] =
        known[question.key] ?? (open === null ? Object.keys(question.choices)[0]! : await ask(question, open))
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
