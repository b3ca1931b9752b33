import { describe, expect, it } from '@jest/globals'
import { isEnglish } from '../../../src/server/session/messages-language.js'
import { foreignMessage, foreignParts, foreignText } from '../../../src/telling/foreign.js'

describe('foreignMessage', () => {
  it.each([
    [
      'pg_restore: error: COPY failed for table "c": FEHLER:  neue Zeile für Relation »c« verletzt Check-Constraint »c_id_check«\nDETAIL:  Fehlgeschlagene Zeile enthält (1, S3cret\nS3cret).\nCONTEXT:  COPY c, Zeile 1: »1\tS3cret«',
      'pg_restore: error: COPY failed for table "c": FEHLER:  neue Zeile für Relation …\nDETAIL: …\nCONTEXT: …',
    ],
    [
      'pg_restore: error: could not execute query: ERREUR:  syntaxe en entrée invalide pour le type integer : « S3cret\nS3cret »\nLINE 1: …\n   ^\nHINT:  Vérifiez « S3cret ».\nCommand was: ALTER TABLE ONLY "public"."o" ADD CONSTRAINT "o_fkey";',
      'pg_restore: error: could not execute query: ERREUR:  syntaxe en entrée invalide pour le type integer : …\nLINE 1: …\nHINT:  Vérifiez ….\nCommand was: ALTER TABLE ONLY "public"."o" ADD CONSTRAINT "o_fkey";',
    ],
    [
      'psql:/tmp/dump.sql:82: ОШИБКА:  неверный синтаксис для типа integer: "S3cret" S3cret"',
      'psql:/tmp/dump.sql:82: ОШИБКА:  неверный синтаксис для типа integer: …',
    ],
    [
      'pg_restore: エラー:  integer型の入力構文が不正です: 「S3cret」 (x)=(S3cret)',
      'pg_restore: エラー:  integer型の入力構文が不正です: … (x)=(…)',
    ],
    [
      'pg_restore: error: x: FEHLER:  der Typ mag „S3cret',
      'pg_restore: error: x: FEHLER:  der Typ mag …',
    ],
    ['S3cret, the rest of a row that is too long', '…'],
    ['HINWEIS:  S »S3cret«', 'HINWEIS:  S …'],
    ["pg_restore: error: x: ERREUR:  l'index n'existe pas d'ici", undefined],
    ['pg_restore: from TOC entry 3213; 0 16389 TABLE DATA "c" postgres', undefined],
    ['pg_restore: creating TABLE "public.c"', undefined],
  ])('keeps what cannot be a value of %j', (text, told = text) => {
    expect(foreignMessage(text)).toBe(told)
  })
})

describe('foreignParts', () => {
  it('puts the names that are sent apart in place of the detail', () => {
    const error = {
      message: 'Einfügen in Tabelle »o« verletzt Fremdschlüssel-Constraint »o_fkey«',
      code: '23503',
      detail: 'Schlüssel (mail)=(S3cret) ist nicht in Tabelle »k« vorhanden.',
      where: 'COPY o, Zeile 1: »S3cret«',
      table: 'o',
      constraint: 'o_fkey',
    }
    expect({ ...error, ...foreignParts(error) }).toMatchObject({
      message: 'Einfügen in Tabelle …',
      detail:
        '(details are left out, because the server does not speak English; table "o"; constraint "o_fkey")',
      where: undefined,
    })
  })

  it.each([
    ['42501', true],
    ['2BP01', true],
    ['53100', true],
    ['22P02', false],
    ['42601', false],
    ['P0001', false],
    ['XX000', false],
    [undefined, false],
  ])('of SQLSTATE %s, tells the message as it is: %p', (code, isTold) => {
    const error = {
      message: 'keine Berechtigung für »t«',
      detail: '»t«',
      where: 'COPY »S3cret«',
      code,
    }
    const told = { ...error, ...foreignParts(error) }
    expect([told.message === error.message, told.detail === error.detail]).toEqual([isTold, isTold])
    expect(told.where).toBeUndefined()
    expect(foreignText(error.message, code) === error.message).toBe(isTold)
  })
})

describe('isEnglish', () => {
  const english = ['function now()', 'language sql', 'operator =(integer,integer)']
  it.each([
    [english, false, [], true],
    [['Funktion now()', 'Sprache sql', 'Operator =(integer,integer)'], false, [], false],
    [['funktion now()', 'språk sql', 'operator =(integer,integer)'], false, [], false],
    [['now() 함수', '프로시주얼 언어 sql', '=(integer,integer) 연산자'], false, [], false],
    // Of other databases nothing but the setting is known.
    [english, true, [], false],
    [english, false, ['lc_messages=C', 'lc_messages=en_US.UTF-8', 'lc_messages=POSIX'], true],
    [english, false, ['lc_messages=de_DE.UTF-8'], false],
    [english, false, ['lc_messages='], false],
  ])('is known from %j', (described, isOfDatabase, elsewhere, expected) => {
    expect(isEnglish({ described, isOfDatabase, elsewhere })).toBe(expected)
  })
})

// A rule that looked at the same characters again and again would need hours.
it.each(['‘ ', " 'x", ' `x'])('a long text of %j is looked at once', (part) => {
  const long = part.repeat(500_000)
  expect(foreignText(long, undefined)).toBe(long)
})
