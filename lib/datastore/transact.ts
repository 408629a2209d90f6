// Runs a function in a transaction, again if another transaction came between.
import type { Datastore, Transaction } from '@google-cloud/datastore'
import { systemClock, withDeadline } from '../internal/clock.ts'
import { TipfyError } from '../internal/errors.ts'
import { typeOf } from '../internal/settings.ts'
import { setTimeout } from '../internal/timers.ts'
import { getDatastore } from './current.ts'
import { Code } from './engine/protocol/status.ts'

/** Options of `transact`. */
export interface TransactOptions {
  /** Default: that of `getDatastore()`. */
  datastore?: Datastore
  /** Tries in all. Default: 10 */
  attempts?: number
}

/** Milliseconds before the second try, doubled for each one after it; and at most. */
const [firstPause, maxPause] = [20, 1000]

/** Returns true if a transaction was aborted for another one; also where the function has wrapped the error. */
function isAborted(error: unknown): boolean {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 10; depth++) {
    if ((at as { code?: unknown }).code === Code.ABORTED) return true
    at = (at as { cause?: unknown }).cause
  }
  return false
}

/** Waits for a random part of a time that grows: transactions that met once must not meet again. */
function pause(attempt: number): Promise<void> {
  const longest = Math.min(firstPause * 2 ** (attempt - 1), maxPause)
  return new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)))
}

/** The end of the retry that came last, by client. */
const lastRetries = new WeakMap<Datastore, Promise<void>>()

/**
 * Runs the retries of a process one after another: at once, transactions on the same entity abort each other again and again. A
 * retry waits at most the longest pause, so that it waits for no slow function, and not forever for one that called `transact`.
 */
async function inTurn<T>(datastore: Datastore, retry: () => Promise<T>): Promise<T> {
  const before = lastRetries.get(datastore)
  const { promise: mine, resolve: end } = Promise.withResolvers<void>()
  lastRetries.set(datastore, mine)
  if (before !== undefined) await withDeadline(systemClock, maxPause, before).catch(() => {})
  return retry().finally(end)
}

async function attemptOnce<T>(datastore: Datastore, fn: TransactFunction<T>): Promise<T> {
  const transaction = datastore.transaction()
  await transaction.run()
  let result: T
  try {
    result = await fn(transaction, datastore)
  } catch (error) {
    // It would hold its locks until the Datastore gives up on it. The error that counts is the first.
    await transaction.rollback().catch(() => {})
    throw error
  }
  await transaction.commit()
  return result
}

/** The work of a transaction. */
export type TransactFunction<T> = (transaction: Transaction, datastore: Datastore) => T | Promise<T>

/**
 * Runs `fn` in a transaction that has begun, and commits it. If another transaction comes between (ABORTED), `fn` runs again in a
 * new one, after a random pause: it must do nothing that may not happen twice. An error of `fn` rolls the transaction back.
 *
 * @returns what `fn` returned in the try that was committed
 * @throws the error of `fn`, or of the last try; TipfyError TIPFY_E_TRANSACT for wrong arguments
 * @example
 * const left = await transact(async (transaction, datastore) => {
 *   const key = datastore.key(['Product', 'tea'])
 *   const [product] = await transaction.get(key)
 *   transaction.save({ key, data: { ...product, stock: product.stock - 1 } })
 *   return product.stock - 1
 * })
 */
export async function transact<T>(fn: TransactFunction<T>, options: TransactOptions = {}): Promise<T> {
  const { attempts = 10 } = options
  if (typeof fn !== 'function') {
    throw new TipfyError('TIPFY_E_TRANSACT', { key: 'the first argument', given: typeOf(fn), wanted: 'a function' })
  }
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    throw new TipfyError('TIPFY_E_TRANSACT', {
      key: 'attempts',
      given: String(attempts),
      wanted: 'a whole number from 1',
    })
  }
  const datastore = options.datastore ?? (await getDatastore())
  if (typeof datastore?.transaction !== 'function') {
    throw new TipfyError('TIPFY_E_TRANSACT', {
      key: 'datastore',
      given: typeOf(datastore),
      wanted: 'a Datastore client',
    })
  }
  const tryOnce = () => attemptOnce(datastore, fn)
  for (let attempt = 1; ; attempt++) {
    try {
      return await (attempt === 1 ? tryOnce() : inTurn(datastore, tryOnce))
    } catch (error) {
      if (attempt === attempts || !isAborted(error)) throw error
      await pause(attempt)
    }
  }
}
