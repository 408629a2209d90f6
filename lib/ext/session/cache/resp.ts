// RESP2, the protocol of Valkey and Redis: https://valkey.io/topics/protocol. Requests are lists of texts; of the replies
// only those that have no parts are read, since no command that is sent here gets another one.

/** The server's own word that a command failed: `-CODE and why`. */
export class ReplyError extends Error {
  override name = 'ReplyError'
  /** `NOSCRIPT`, `OOM`, … */
  readonly code: string

  constructor(text: string) {
    super(text)
    this.code = /^[A-Z]+/.exec(text)?.[0] ?? 'ERR'
  }
}

export type Reply = string | number | null | ReplyError

/** The bytes of a command. */
export function encodeCommand(words: readonly string[]): string {
  let text = `*${words.length}\r\n`
  for (const word of words) text += `$${Buffer.byteLength(word)}\r\n${word}\r\n`
  return text
}

const maxLine = 16_384
const maxBulk = 16 * 1024 * 1024
const newline = 0x0a

/** Cuts a stream of bytes into replies, whatever the pieces it comes in. */
export class ReplyReader {
  #chunks: Buffer[] = []
  #length = 0
  /** Bytes that the next reply has at least: nothing is looked at before they are there. */
  #needed = 1

  /**
   * Takes what came in, and returns the replies that are whole by then.
   *
   * @throws {Error} for what is no RESP2, or longer than any reply to be expected
   */
  push(chunk: Buffer): Reply[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#length < this.#needed) return []
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#length)
    const replies: Reply[] = []
    let at = 0
    for (;;) {
      const [reply, next] = readReply(bytes, at)
      if (reply === undefined) {
        this.#needed = next - at
        break
      }
      replies.push(reply)
      at = next
    }
    this.#length = bytes.length - at
    this.#chunks = this.#length === 0 ? [] : [bytes.subarray(at)]
    return replies
  }
}

/** The reply that begins at `at` and where it ends; or undefined and where it ends at the earliest. */
function readReply(bytes: Buffer, at: number): [reply: Reply | undefined, end: number] {
  const end = bytes.indexOf(newline, at)
  if (end === -1) {
    if (bytes.length - at > maxLine) throw new Error('it does not speak RESP2: a line of its reply is too long')
    return [undefined, bytes.length + 1]
  }
  if (bytes[end - 1] !== 0x0d || end === at) throw new Error('it does not speak RESP2')
  const line = bytes.toString('utf8', at + 1, end - 1)
  switch (bytes[at]) {
    case 0x2b: // +
      return [line, end + 1]
    case 0x2d: // -
      return [new ReplyError(line), end + 1]
    case 0x3a: // :
      return [toInteger(line), end + 1]
    case 0x24: {
      // $
      const length = toInteger(line)
      if (length === -1) return [null, end + 1]
      if (length < 0 || length > maxBulk) throw new Error(`it does not speak RESP2: its reply is of ${length} bytes`)
      const next = end + 1 + length + 2
      if (bytes.length < next) return [undefined, next]
      if (bytes[next - 2] !== 0x0d || bytes[next - 1] !== newline) throw new Error('it does not speak RESP2')
      return [bytes.toString('utf8', end + 1, next - 2), next]
    }
    default:
      throw new Error('it does not speak RESP2')
  }
}

function toInteger(line: string): number {
  if (!/^-?\d{1,15}$/.test(line)) throw new Error('it does not speak RESP2')
  return Number(line)
}
