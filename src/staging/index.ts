/** The front door of the room that fills a database under a temporary name and publishes it. */
export * from './analyze.js'
export { compareProperties, propertyStatements } from './apply.js'
export * from './create.js'
export { databaseBeside } from './elsewhere.js'
export { localeFindings } from './locale.js'
export * from './properties.js'
export * from './publish.js'
