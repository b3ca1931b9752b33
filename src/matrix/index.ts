/** The front door of the room that spreads a run over the jobs of a matrix, and puts their reports together again. */
export * from './find-reports.js'
export * from './merge.js'
export * from './plan.js'
