// Rules whose handler is a function, for GET and POST.
import { RequestHandler, Rule, type RuleOptions } from 'tipfy'

export function rule(path: string, fn: () => unknown, auth?: RuleOptions['auth']): Rule {
  class Handler extends RequestHandler {
    override dispatch() {
      return fn() as string
    }
    get() {}
    post() {}
  }
  return new Rule(path, { endpoint: path, handler: Handler, auth })
}
