/**
 * Has a server parse, plan and start one statement without asking it for a row: all that a cursor does before its first one
 * (manual, "Extended Query"). Names, types and privileges of a query are found to be right or wrong by that.
 */
import type pg from 'pg'

/** What the driver's client does with a query object of ours (pg's `Submittable`). */
interface Submittable {
  submit(connection: pg.Connection): void
  callback(): void
  handleError(error: Error): void
  handleRowDescription(message: { fields: readonly unknown[] }): void
  handleReadyForQuery(): void
}

/** Resolves with whether the statement answers with rows. Rejects with the driver's error. */
export function startStatement(client: pg.Client, sql: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let hasRows = false
    const query: Submittable = {
      submit(connection) {
        connection.parse({ text: sql, name: '', types: [] }, true)
        connection.bind({ values: [] }, true)
        connection.describe({ type: 'P', name: '' }, true)
        connection.sync()
      },
      callback: () => undefined,
      handleError: reject,
      handleRowDescription() {
        hasRows = true
      },
      handleReadyForQuery() {
        resolve(hasRows)
      },
    }
    client.query(query as unknown as pg.Submittable)
  })
}
