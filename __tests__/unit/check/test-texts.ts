/** Reads the tests of __tests__/integration as text, so that lists that name them can be held to them. */
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import type { Witness } from './witnesses.js'

interface FoundTest {
  readonly title: string
  /** The test's own text, its table of cases and the titles of what it stands in. */
  readonly text: string
}

/** The tests that a file declares, `test`, `it` and their `each` alike. */
function readTests(file: string): FoundTest[] {
  const path = `__tests__/integration/${file}.test.ts`
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const tests: FoundTest[] = []
  const visit = (node: ts.Node, surroundings: string): void => {
    let inside = surroundings
    if (ts.isCallExpression(node)) {
      const called = node.expression.getText()
      const title = node.arguments[0]
      if (title !== undefined && ts.isStringLiteralLike(title)) {
        if (/^(?:test|it)\b/.test(called)) {
          tests.push({ title: title.text, text: `${surroundings} ${node.getText()}` })
        }
        if (/^describe\b/.test(called)) inside = `${surroundings} ${title.text}`
      }
    }
    ts.forEachChild(node, (child) => {
      visit(child, inside)
    })
  }
  // What stands at the top of a file, such as a list of the findings that a test expects, belongs to all of them.
  const constants = source.statements.filter((statement) => ts.isVariableStatement(statement))
  visit(source, constants.map((statement) => statement.getText()).join(' '))
  return tests
}

const texts = new Map<string, FoundTest[]>()

/** The tests of that title, which may stand in the descriptions of several checks. */
export function textsOf([file, title]: Witness): string[] {
  const tests = texts.get(file) ?? readTests(file)
  texts.set(file, tests)
  return tests.filter((found) => found.title === title).map(({ text }) => text)
}
