import { describe, expect, it } from '@jest/globals'
import { readArguments } from '../../../src/command-line/arguments.js'
import { readOptions } from '../../../src/command-line/options.js'

const options = readOptions()

const valuesOf = (...given: string[]) => {
  const { values, problems } = readArguments(given, options)
  return { values: Object.fromEntries(values), problems }
}

describe('readArguments', () => {
  it('takes a value after a space or an equals sign, whatever is in it', () => {
    expect(
      valuesOf('--mode', 'check', '--databases=a=b, c', '--pg-dump-args', '--no-comments'),
    ).toEqual({
      values: { mode: 'check', databases: 'a=b, c', 'pg-dump-args': '--no-comments' },
      problems: [],
    })
  })

  it('takes a flag without a value for true', () => {
    expect(valuesOf('--freeze-source', '--analyze', 'false', '--mode=check').values).toEqual({
      'freeze-source': 'true',
      analyze: 'false',
      mode: 'check',
    })
  })

  it('collects the items of a list that is given several times, and refuses to guess elsewhere', () => {
    const { values, problems } = valuesOf('--databases=a', '--databases=b', '--jobs=1', '--jobs=2')
    expect(values['databases']).toBe('a\nb')
    expect(problems).toEqual(['--jobs is given twice.'])
  })

  it('does not take an option for the value of the one before', () => {
    expect(valuesOf('--mode', '--jobs', '2')).toEqual({
      values: { jobs: '2' },
      problems: ['--mode needs a value.'],
    })
  })

  it.each([
    ['--source-password', 's3cret'],
    ['--target-password=s3cret'],
    ['--source-url=postgresql://u:s3cret@h/d'],
    ['--source-url', 'host=h user=u password=s3cret'],
    ['--target-url=postgresql://h/d?password=s3cret'],
    ['--target-url=postgresql://u@h/d?sslpassword=s3cret'],
    ['--sorce-password', 's3cret'],
    ['s3cret'],
    ['-p', 's3cret'],
  ])('refuses %s without repeating what may be a password', (...given) => {
    const { problems } = valuesOf(...given)
    expect(problems).not.toEqual([])
    expect(problems.join('\n')).not.toContain('s3cret')
  })
})
