/** The front door of the client room. */
export { prepareClientTools, type PrepareOptions } from './prepare.js'
export { isSafePsql } from './safe-psql.js'
