#!/usr/bin/env node
/** The command `upgrade-postgres`: the action's own bundle, told that a command line has called it. */
process.argv.splice(2, 0, 'command-line')
await import('../dist/index.js')
