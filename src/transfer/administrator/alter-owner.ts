/** The statement that gives an object to its owner. */
import { quoteIdentifier, type OwnedObject } from '../../server/index.js'
import type { Statement } from './privileges.js'

/** ALTER's word for what pg_identify_object calls the object. */
const alterWords: Readonly<Record<string, string>> = {
  function: 'routine',
  procedure: 'routine',
  aggregate: 'routine',
  'foreign-data wrapper': 'foreign data wrapper',
  'statistics object': 'statistics',
}

/** `alter table public.t owner to "app"`. */
export function alterOwner({ type, identity, owner }: OwnedObject): string {
  return `alter ${alterWords[type] ?? type} ${identity} owner to ${quoteIdentifier(owner)}`
}

/** The same, and what it is for. */
export function ownerStatement(object: OwnedObject): Statement {
  const name = `${object.type} ${object.identity}`
  return { sql: alterOwner(object), what: `the owner of ${name}`, object: name }
}
