// The scripts that Valkey runs for the cache: each carries and compares the server's replication id, its term. An entry
// of another term counts as none, so that nothing which came over by replication, promotion or a snapshot is served.
import { createHash } from 'node:crypto'

/** A script, and the digest by which the server knows it once it has seen the text. */
export interface Script {
  name: string
  text: string
  digest: string
}

// An entry is `<term> <token> <value>`; `s` is its part after the term, or false. A line `#!lua` makes a replica reject the
// script, which it would run without. Only what stores nothing may run when the server is out of memory.
const head = `
local i = redis.call('INFO','replication')
local t = string.find(i,'role:master',1,true) and string.match(i,'master_replid:(%x+)')
if not t then return redis.error_reply('NOTPRIMARY this server is a replica') end
local e = redis.call('GET',KEYS[1])
local s = e and string.sub(e,1,#t+1)==t..' ' and string.sub(e,#t+2)
local function is(token) return s and string.sub(s,1,#token+1)==token..' ' end
local function put(token,value,ms) redis.call('SET',KEYS[1],t..' '..token..' '..value,'PX',ms) return 1 end
`

function script(name: string, flags: string, body: string): Script {
  const text = `#!lua${flags}${head}${body}`
  return { name, text, digest: createHash('sha1').update(text).digest('hex') }
}

export const scripts = {
  /** The entry of this term; deletes one of another. */
  get: script('get', ' flags=allow-oom', `if e and not s then redis.call('DEL',KEYS[1]) end return s`),
  /** The entry of this term; 1 where there was none, and it stored one. ARGV: token, value, ms. */
  look: script('look', '', 'if s then return s end return put(ARGV[1],ARGV[2],ARGV[3])'),
  /** 1 where it stored; 0 where there is an entry of this term. ARGV: token, value, ms. */
  add: script('add', '', 'if s then return 0 end return put(ARGV[1],ARGV[2],ARGV[3])'),
  /** 1 where it stored over the entry with the old token. ARGV: token, value, ms, old token. */
  replace: script('cas', '', 'if is(ARGV[4]) then return put(ARGV[1],ARGV[2],ARGV[3]) end return 0'),
  /** 1 where it deleted the entry: with a token only the one that has it. ARGV: token, or nothing. */
  delete: script(
    'delete',
    ' flags=allow-oom',
    `if not ARGV[1] or is(ARGV[1]) then return redis.call('DEL',KEYS[1]) end return 0`,
  ),
}
