// The statements of a database, prepared once each.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

export class Sql {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Runs what gives no rows; tells the last row's id. */
  run(text: string, ...parameters: SQLInputValue[]): number {
    return Number(this.#prepared(text).run(...parameters).lastInsertRowid)
  }

  /** The columns of a SELECT's first row, if it has one. */
  first<Columns extends unknown[]>(text: string, ...parameters: SQLInputValue[]): Columns | undefined {
    return this.#prepared(text).get(...parameters) as unknown as Columns | undefined
  }

  /** The columns of each of a SELECT's rows. */
  all<Columns extends unknown[]>(text: string, ...parameters: SQLInputValue[]): Columns[] {
    return this.#prepared(text).all(...parameters) as unknown[] as Columns[]
  }

  #prepared(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (!statement) {
      statement = this.#db.prepare(text)
      // Objects with the columns' names cost more than all of the reading.
      if (text.startsWith('SELECT')) statement.setReturnArrays(true)
      // What writes also tells the last row's id, which history's numbers make too large for a number: Node 26 throws.
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
