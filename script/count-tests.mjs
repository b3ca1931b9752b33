/** Reads jest's JSON result and prints "passed failed"; a suite that could not run, a skipped test or no test at all counts as failed. */
import { readFileSync } from 'node:fs'

const [file, exitCode] = process.argv.slice(2)
let counts = { passed: 0, failed: 1 }
try {
  const result = JSON.parse(readFileSync(file, 'utf8'))
  const skipped = result.numPendingTests + result.numTodoTests
  counts = {
    passed: result.numPassedTests,
    failed: result.numFailedTests + result.numRuntimeErrorTestSuites + skipped,
  }
  if (counts.passed === 0 || (exitCode !== '0' && counts.failed === 0)) counts.failed += 1
} catch (error) {
  process.stderr.write(`The result of the tests cannot be read: ${error.message}\n`)
}
process.stdout.write(`${counts.passed} ${counts.failed}\n`)
