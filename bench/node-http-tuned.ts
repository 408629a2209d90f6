// Bare node:http with the option that tipfy's server sets: what of the difference is Node's, and what is ours.
import type { Server } from 'node:http'
import type { ServerOptions } from './child.ts'
import { start as startBare } from './node-http.ts'

export const start = (options: ServerOptions): Promise<Server> => startBare(options, { optimizeEmptyRequests: true })
