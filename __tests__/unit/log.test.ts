import { expect, test } from '@jest/globals'
import { namedLog, silentLog } from '../../src/log.js'

test('lines begin with the name of whose they are, and what has several lines, as a remedy to be pasted, stands below it', () => {
  const lines: string[] = []
  const keep = (line: string) => lines.push(line)
  const log = namedLog({ ...silentLog, info: keep, warning: keep }, 'shop')
  log.info('moved')
  log.info('shop: moved already')
  log.warning('two lines\nof a warning')
  log.info('-- on the target\ndrop database "shop";')
  log.info('drop database "shop";')
  expect(lines).toEqual([
    'shop: moved',
    'shop: moved already',
    'shop: two lines\nof a warning',
    'shop:\n-- on the target\ndrop database "shop";',
    'shop:\ndrop database "shop";',
  ])
})
