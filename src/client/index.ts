/** The front door of the client room. */
export { doubtOfTools, refuseUnfitTools } from './version-fit.js'
export { prepareClientTools, type PrepareOptions } from './prepare.js'
export { isSafePsql } from './safe-psql.js'
