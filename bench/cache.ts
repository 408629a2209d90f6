// `npm run bench:cache`: what the cache of sessions costs, on servers of its own; see printCosts and printFailovers.
import { parseArgs } from 'node:util'
import { printFailovers } from './failover.ts'

const { values } = parseArgs({
  options: {
    /** Counts stale reads over that many minutes of failovers. */
    failover: { type: 'string' },
    /** redis-server or valkey-server. */
    server: { type: 'string', default: 'redis-server' },
  },
})
if (values.failover !== undefined) await printFailovers(Number(values.failover), values.server)
process.exit(0)
