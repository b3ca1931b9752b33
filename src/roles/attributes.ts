/** The attributes of a role as words of CREATE ROLE and ALTER ROLE: only those that have to be said. */
import { quoteLiteral } from '../server/index.js'
import type { Role, RoleAttributes } from './role.js'

type Attribute = keyof RoleAttributes

const words: Readonly<Record<Attribute, string>> = {
  superuser: 'superuser',
  createDatabase: 'createdb',
  createRole: 'createrole',
  inherit: 'inherit',
  login: 'login',
  replication: 'replication',
  bypassRowSecurity: 'bypassrls',
}

/** What CREATE ROLE gives when nothing is said. */
const defaults: RoleAttributes = {
  superuser: false,
  createDatabase: false,
  createRole: false,
  inherit: true,
  login: false,
  replication: false,
  bypassRowSecurity: false,
}

/** Every administrator with CREATEROLE may say these, on every version. */
const harmless: ReadonlySet<Attribute> = new Set(['inherit', 'login'])

export interface AttributeWords {
  /** For one statement: attributes, connection limit and expiry. */
  readonly together: readonly string[]
  /** Each for a statement of its own, because a target that refuses one may accept the others. */
  readonly apart: readonly { readonly word: string; readonly attribute: Attribute }[]
  /** SUPERUSER has to be given, and only a superuser could. */
  readonly lacksSuperuser: boolean
}

/**
 * The words that make `existing` (or a new role, when undefined) like `wanted`. To say NOSUPERUSER,
 * NOREPLICATION or NOBYPASSRLS is an error for most administrators even where it changes nothing.
 */
export function attributeWords(
  wanted: Role,
  existing: Role | undefined,
  asSuperuser: boolean,
): AttributeWords {
  const current = existing?.attributes ?? defaults
  const together: string[] = []
  const apart: { word: string; attribute: Attribute }[] = []
  let lacksSuperuser = false
  for (const attribute of Object.keys(words) as Attribute[]) {
    if (wanted.attributes[attribute] === current[attribute]) continue
    const word = `${wanted.attributes[attribute] ? '' : 'no'}${words[attribute]}`
    if (asSuperuser || harmless.has(attribute)) together.push(word)
    else if (attribute === 'superuser') lacksSuperuser = true
    else apart.push({ word, attribute })
  }
  if (wanted.connectionLimit !== (existing?.connectionLimit ?? -1)) {
    together.push(`connection limit ${wanted.connectionLimit}`)
  }
  const expiry = expiryWords(wanted.validUntil, existing)
  return { together: [...together, ...expiry], apart, lacksSuperuser }
}

/** A role without an expiry and one that is valid until infinity are the same to a login. */
function expiryWords(validUntil: string | null, existing: Role | undefined): string[] {
  if (existing === undefined) {
    return validUntil === null ? [] : [`valid until ${quoteLiteral(validUntil)}`]
  }
  const wanted = validUntil ?? 'infinity'
  return wanted === (existing.validUntil ?? 'infinity')
    ? []
    : [`valid until ${quoteLiteral(wanted)}`]
}
