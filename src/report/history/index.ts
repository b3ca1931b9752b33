/** The front door of the history: what is remembered of rehearsals, and what follows from it. */
export { compareWithLast, type HistoryChange } from './compare.js'
export { describeHistory } from './describe.js'
export { forecast, type Forecast } from './forecast.js'
export { addToHistory, emptyHistory, historyEntry } from './history.js'
export type { History, HistoryDatabase, HistoryEntry, HistoryFinding } from './history.js'
export { cacheStore, fileStore, parseHistory } from './store.js'
export type { CacheClient, CacheStoreOptions, HistoryStore } from './store.js'
