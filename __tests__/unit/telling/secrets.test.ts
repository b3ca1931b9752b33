import { describe, expect, it } from '@jest/globals'
import { withoutSecrets } from '../../../src/telling/secrets.js'

describe('withoutSecrets', () => {
  it.each([
    `Command was: CREATE USER MAPPING FOR app SERVER s OPTIONS (password 'hunter2', "user" 'u');`,
    `Command was: CREATE SUBSCRIPTION s CONNECTION 'host=x password=hunter2' PUBLICATION p`,
    `Command was: CREATE SUBSCRIPTION s CONNECTION 'host=x password=''hunter2'' user=y' PUBLICATION p`,
    `ALTER ROLE x PASSWORD 'hunter2'`,
    `could not connect to postgresql://u:hunter2@h/d`,
    `OPTIONS (sslpassword 'it''s hunter2')`,
  ])('takes the password out of %s', (line) => {
    expect(withoutSecrets(line)).not.toContain('hunter2')
    expect(withoutSecrets(line)).toContain('***')
  })

  it.each([
    'pg_restore: creating TABLE "public.password_resets"',
    'pg_dump: error: query failed: ERROR:  permission denied for table t',
  ])('leaves %s as it is', (line) => {
    expect(withoutSecrets(line)).toBe(line)
  })
})
