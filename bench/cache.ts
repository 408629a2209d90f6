// `npm run bench:cache`: what the cache of sessions costs, on servers of its own; see printCosts and printFailovers.
import { parseArgs } from 'node:util'
import { printCosts } from './cache-costs.ts'
import { printFailovers } from './failover.ts'

const { values } = parseArgs({
  options: {
    /** Counts stale reads over that many minutes of failovers. */
    failover: { type: 'string' },
    /** With --failover: the servers' `cacheTimeout` in ms. */
    'cache-timeout': { type: 'string', default: '50' },
    /** redis-server or valkey-server. */
    server: { type: 'string', default: 'redis-server' },
  },
})
if (values.failover === undefined) await printCosts(values.server)
else await printFailovers(Number(values.failover), values.server, Number(values['cache-timeout']))
process.exit(0)
