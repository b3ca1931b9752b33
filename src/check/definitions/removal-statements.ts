/** Statements that take an object of the source out of the way, where it cannot be moved as it is. */

/** Kinds whose statement is their own name: `drop view public.v`. */
const dropped: Readonly<Record<string, string>> = {
  'access method': 'access method',
  cast: 'cast',
  domain: 'domain',
  'event trigger': 'event trigger',
  'foreign-data wrapper': 'foreign data wrapper',
  function: 'function',
  index: 'index',
  language: 'language',
  'materialized view': 'materialized view',
  operator: 'operator',
  'operator class': 'operator class',
  'operator family': 'operator family',
  policy: 'policy',
  procedure: 'procedure',
  publication: 'publication',
  range: 'type',
  'shell type': 'type',
  statistics: 'statistics',
  'text search parser': 'text search parser',
  'text search template': 'text search template',
  trigger: 'trigger',
  type: 'type',
  view: 'view',
}

/** Undefined for what has no such statement, as the key of a partitioned table. `object` is as pg_identify_object writes it. */
export function removalStatement(kind: string, object: string): string | undefined {
  if (kind === 'aggregate') return `drop aggregate ${object.replace(/\(\)$/, '(*)')};`
  const word = dropped[kind]
  if (word !== undefined) return `drop ${word} ${object};`
  if (kind === 'transform') return `drop transform ${object.replace(/ on (?=language )/, ' ')};`
  if (kind === 'default') {
    const { relation, column } = splitColumn(object)
    return `alter table ${relation} alter column ${column} drop default;`
  }
  const [, constraint = '', holder = ''] = /^("(?:[^"]|"")*"|[^"]+?) on (.*)$/s.exec(object) ?? []
  if (kind === 'check constraint') return `alter table ${holder} drop constraint ${constraint};`
  if (kind === 'domain constraint') return `alter domain ${holder} drop constraint ${constraint};`
  return undefined
}

/** `public.t.a` as the relation and the column, each quoted where it has to be. */
export function splitColumn(object: string): { relation: string; column: string } {
  const [, relation = '', column = ''] = /^(.*)\.("(?:[^"]|"")*"|[^."]+)$/s.exec(object) ?? []
  return { relation, column }
}

/** The remedy for an object that cannot be moved as it is because of `part`. */
export function removalRemedy(kind: string, object: string, part: string): string {
  const statement = removalStatement(kind, object)
  return statement === undefined
    ? `On the source, define the ${kind} of ${object} without ${part}.`
    : `-- on the source; create it again without ${part} after the upgrade\n${statement}`
}
