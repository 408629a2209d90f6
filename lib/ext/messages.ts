// tipfy/ext/messages: messages for the user, on this page or, after a redirect, on the next. As in tipfy 2009, on top of flash.
import type { Context } from '../app/context.ts'
import { makeGlobal } from '../app/globals.ts'
import { checkOptionNames } from '../internal/options.ts'
import { sessionStore } from './session/index.ts'

/** A message for the user. */
export interface Message {
  /** Like 'success', 'error', 'info', 'alert'. */
  level: string
  title: string | null
  body: string
  /** Milliseconds after which the page may remove it; null: it stays. */
  life: number | null
}

/** The options of a message. */
export interface MessageOptions {
  title?: string | null
  /** Milliseconds; null: it stays. Default: 5000 */
  life?: number | null
  /** Keeps it for the next page: before a redirect. Default: false */
  flash?: boolean
}

const box = 'messages'

/** The messages of one request. */
export class Messages {
  readonly #own: Message[] = []
  /** The number of those that this request has kept for the next page. */
  #kept = 0

  /** Adds a message to this page, or with `flash` to the next. */
  add(level: string, body: string, options: MessageOptions = {}): void {
    checkOptionNames('messages.add()', options, ['title', 'life', 'flash'])
    const { title = null, life = 5000, flash = false } = options
    const message: Message = { level, title, body, life }
    if (flash) this.#keep(message)
    else this.#own.push(message)
  }

  #keep(message: Message): void {
    sessionStore.flash(message, message.level, box)
    this.#kept++
  }

  /** Adds a message to the next page, even if this one calls `get()`. */
  setFlash(level: string, body: string, options: Omit<MessageOptions, 'flash'> = {}): void {
    this.add(level, body, { ...options, flash: true })
  }

  /** Adds a message about errors in a form. It stays. */
  addFormError(
    body = 'A problem occurred. Please correct the errors listed in the form.',
    { title = 'Error', life = null, ...options }: MessageOptions = {},
  ): void {
    this.add('error', body, { title, life, ...options })
  }

  /** Returns all messages for this page: those kept by the last one, each once, then its own. */
  async get(): Promise<Message[]> {
    const kept = await sessionStore.getFlashes(box)
    const all = kept.map(({ message }) => message as Message)
    // Those that this request has kept come last; they stay for the next page.
    const next = all.splice(Math.max(0, all.length - this.#kept))
    this.#kept = 0
    for (const message of next) this.#keep(message)
    this.#own.unshift(...all)
    return [...this.#own]
  }
}

const known = new WeakMap<Context, Messages>()

/**
 * The messages of the request being served.
 *
 * @example
 * messages.setFlash('success', 'Saved.')
 * return redirectTo('home')
 */
export const messages: Messages = makeGlobal<Messages>('messages', (context) => {
  let own = known.get(context)
  if (own === undefined) {
    own = new Messages()
    known.set(context, own)
  }
  return own
})
