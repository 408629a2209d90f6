// Explains the errors of a Valkey, with a remedy. The server's own words come first.
import { types } from 'node:util'
import { CacheUnusable, remediesOfAddress } from './ports.ts'
import { ReplyError } from './resp.ts'

const replica = 'it is a replica; name the primary'
const cluster =
  'it is part of a cluster of several shards; make an instance with cluster mode disabled, or with one shard, and name its primary'

const replicas = 'fewer replicas than its min-replicas-to-write follow it; start them, or lower that'

const full = 'raise its maxclients, or run fewer processes'

const byReply: Readonly<Record<string, string>> = {
  READONLY: replica,
  NOTPRIMARY: replica,
  MASTERDOWN: replica,
  MOVED: cluster,
  ASK: cluster,
  CROSSSLOT: cluster,
  CLUSTERDOWN: cluster,
  NOREPLICAS: replicas,
  NOAUTH: 'set cachePassword to its password, or to a function that returns it',
  WRONGPASS: 'correct cacheUser and cachePassword',
}

const rights =
  'its user needs the rights ~tipfy:* +get +set +del +eval +evalsha +info, and +select for valkey://host:port/database'

const commands =
  'it needs EVAL, EVALSHA, INFO, GET, SET and DEL, under these names: those of Valkey, or Redis 7 or later, and not of a sentinel'

const plainServer = 'a server without TLS is valkey://host:port'

/** Certificates: https://nodejs.org/api/tls.html, "X509 certificate error codes". */
const unknownAuthority = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_)/

/** Returns the error of a call, or of a connection that did not come about, with a remedy where there is one. */
export function explain(error: unknown, tls: boolean): Error {
  const cause = types.isNativeError(error) ? error : new Error(String(error))
  const remedy = cause instanceof ReplyError ? forReply(cause) : forSocket(cause, tls)
  const said = shorten(cause.message)
  if (remedy === undefined) return said === cause.message ? cause : new Error(said, { cause })
  const text = `${said}: ${remedy}`
  // A replica, a replica too few, and a connection that is cut may be the middle of a failover; clients come and go.
  const mayPass = [replica, replicas, full].includes(remedy) || (!(cause instanceof ReplyError) && !isPermanent(cause))
  return mayPass ? new Error(text, { cause }) : new CacheUnusable(text, { cause })
}

/** Leaves out the script that a server repeats, and the source lines of OpenSSL. */
function shorten(message: string): string {
  return message.replace(/, with args beginning with:.*/s, '').replace(/^.*SSL routines:[^:]*:([^:]+):.*$/s, 'TLS: $1')
}

const isPermanent = ({ message, code = '' }: NodeJS.ErrnoException) =>
  /RESP2/.test(message) || unknownAuthority.test(code) || code === 'ERR_TLS_CERT_ALTNAME_INVALID'

function forReply({ code, message }: ReplyError): string | undefined {
  // Inside a script a right that is missing is an error of another code.
  if (/can't (run this command|access)|NOPERM|no permissions/i.test(message)) return rights
  if (/without any password configured/.test(message)) return 'it asks for no password; leave out cachePassword'
  if (/max number of clients/.test(message)) return full
  if (/DB index is out of range|SELECT is not allowed/.test(message)) return 'name another database, or none'
  if (/unknown (\w+ )?command/i.test(message)) return commands
  if (/compiling script/i.test(message)) return 'it needs Valkey, or Redis 7 or later'
  return byReply[code]
}

function forSocket(error: Error, tls: boolean): string | undefined {
  const { message, code = '' } = error as NodeJS.ErrnoException
  if (code in remediesOfAddress) return remediesOfAddress[code]
  if (/RESP2/.test(message)) return 'memcached is memcached://host:port, a Valkey with TLS valkeys://host:port'
  if (unknownAuthority.test(code)) return 'set cacheCa to the authority that signed it, as PEM'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'name the server as its certificate does'
  const isSilent = /^no response within/.test(message)
  if (!tls) {
    if (isSilent) return 'see that a Valkey listens there, and that no firewall is between'
    return isCut(message, code) ? 'a server with TLS is valkeys://host:port' : undefined
  }
  if (/alert certificate required/.test(message))
    return 'it wants certificates of its clients, which are not supported; set tls-auth-clients to no there'
  if (/alert protocol version|unsupported protocol/.test(message)) return 'it has to speak TLS 1.2 or later'
  const isNoTls = /wrong version number|packet length too long/.test(message)
  return isNoTls || isSilent || isCut(message, code) ? plainServer : undefined
}

const isCut = (message: string, code: string) =>
  code === 'ECONNRESET' || code === 'EPIPE' || /connection was lost|before secure TLS/.test(message)
