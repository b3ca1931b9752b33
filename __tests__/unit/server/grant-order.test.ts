import { expect, test } from '@jest/globals'
import { grantRounds, type Privilege } from '../../../src/server/index.js'

/** `create: bob* by zed`, with a star where it may be passed on. */
function parse(text: string): Privilege {
  const [, privilege = '', grantee = '', star = '', grantor = ''] =
    /^(\w+): (\w+)(\*?) by (\w+)$/.exec(text) ?? []
  return { privilege, grantee, grantor, isGrantable: star !== '' }
}

function show({ privilege, grantee, grantor, isGrantable }: Privilege): string {
  return `${privilege}: ${grantee ?? 'public'}${isGrantable ? '*' : ''} by ${grantor}`
}

test.each([
  [
    'a chain, whatever the names',
    ['create: adam by bob', 'create: bob* by zed', 'create: zed* by own'],
    [['create: zed* by own'], ['create: bob* by zed'], ['create: adam by bob']],
  ],
  [
    'each privilege by itself',
    ['update: adam by bob', 'select: adam by bob', 'select: bob* by own', 'update: bob* by zed'],
    [
      ['select: bob* by own', 'update: bob* by zed'],
      ['update: adam by bob', 'select: adam by bob'],
    ],
  ],
  [
    'a grantor who has the right from elsewhere first',
    ['select: adam by bob', 'select: bob* by eve'],
    [['select: bob* by eve'], ['select: adam by bob']],
  ],
  ['a circle as it is', ['a: x* by y', 'a: y* by x'], [['a: x* by y', 'a: y* by x']]],
])('puts %s', (_, grants, rounds) => {
  const ordered = grantRounds(grants.map(parse), (grantor) => grantor === 'own')
  expect(ordered.map((round) => round.map(show))).toEqual(rounds)
})
