/** The post step of the action: the action's own bundle, told that nothing is to be begun, however early main was stopped. */
process.argv.splice(2, 0, 'post')
await import('../dist/index.js')
