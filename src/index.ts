/** The only file with effects on import: runs the main or the post step. */
import { failUnexpectedly, main } from './action/main.js'
import { post } from './action/post.js'
import { isPost } from './action/state.js'

process.on('uncaughtException', failUnexpectedly)
process.on('unhandledRejection', failUnexpectedly)

await (isPost() ? post() : main()).catch(failUnexpectedly)

// A dangling handle must not keep the step alive; what was written to stdout must have left before.
process.stdout.write('', () => {
  process.exit()
})
