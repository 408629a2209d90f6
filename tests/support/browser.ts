// The cookies of a browser, as far as walks over plain HTTP need it: keeps them, sends them, drops deleted ones.
import { type Answer, type AskOptions, ask } from './application.ts'

export class Visitor {
  readonly cookies = new Map<string, string>()
  port: number

  constructor(port: number) {
    this.port = port
  }

  async ask(path: string, options: AskOptions = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await ask(this.port, path, {
      ...options,
      headers: { ...(cookie && { cookie }), ...options.headers },
    })
    for (const set of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = set.match(/^([^=]+)=([^;]*)/)!
      if (/; Max-Age=0(;|$)/.test(set)) this.cookies.delete(name!)
      else this.cookies.set(name!, value!)
    }
    return answer
  }

  post(path: string, fields: Record<string, string>): Promise<Answer> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return this.ask(path, { method: 'POST', headers, body: new URLSearchParams(fields).toString() })
  }
}
