// Hono with its context storage, which is what its users have for a global request.
import type { Server } from 'node:http'
import type { ServerOptions } from '../child.ts'
import { serve } from './hono.ts'

export function start(options: ServerOptions): Promise<Server> {
  return serve(options, true)
}
