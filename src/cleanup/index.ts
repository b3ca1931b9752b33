/** The front door of the room that sees to it that nothing is left behind. */
export * from './clean-up.js'
export * from './journal.js'
export { sourceReleased } from './source-released.js'
export * from './work-directory.js'
