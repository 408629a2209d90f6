// Prepares each statement of a database once.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

export class Sql {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Runs a statement without rows; returns the last row's id. */
  run(text: string, ...parameters: SQLInputValue[]): number {
    return Number(this.#prepared(text).run(...parameters).lastInsertRowid)
  }

  /** Returns the columns of the first row of a SELECT, or of what a write returns, if there is one. */
  first<Columns extends unknown[]>(text: string, ...parameters: SQLInputValue[]): Columns | undefined {
    return this.#prepared(text).get(...parameters) as unknown as Columns | undefined
  }

  /** Yields the columns of each row of a SELECT, as they are asked for. */
  each<Columns extends unknown[]>(text: string, ...parameters: SQLInputValue[]): Iterable<Columns> {
    return this.#prepared(text).iterate(...parameters) as unknown as Iterable<Columns>
  }

  /** Returns the columns of all rows of a SELECT. */
  all<Columns extends unknown[]>(text: string, ...parameters: SQLInputValue[]): Columns[] {
    return this.#prepared(text).all(...parameters) as unknown[] as Columns[]
  }

  #prepared(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (!statement) {
      statement = this.#db.prepare(text)
      // Objects with the columns' names would cost more than the rest of the read.
      if (/^SELECT|RETURNING/.test(text)) statement.setReturnArrays(true)
      // A write also returns the last row's id, which in `history` is too large for a number: Node 26 throws.
      else statement.setReadBigInts(true)
      this.#statements.set(text, statement)
    }
    return statement
  }

  close(): void {
    this.#statements.clear()
    this.#db.close()
  }
}
