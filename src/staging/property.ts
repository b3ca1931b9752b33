/** What can be said of a database besides its contents: each of it as a value, what it is called, and what says it. */
import type { Privilege } from '../server/index.js'
import type { DatabaseSetting } from './properties.js'

export type Property =
  | { readonly kind: 'owner' | 'comment' | 'connection limit' | 'template' }
  | ({ readonly kind: 'setting' } & Pick<DatabaseSetting, 'name' | 'role'>)
  | ({ readonly kind: 'privilege' } & Pick<Privilege, 'privilege' | 'grantee'>)
  /** All that one grantee has, which is said at once. */
  | ({ readonly kind: 'privileges' } & Pick<Privilege, 'grantee'>)

/** As people read it. */
export function nameOf(property: Property): string {
  switch (property.kind) {
    case 'setting':
      return property.role === null
        ? `setting ${property.name}`
        : `setting ${property.name} of role ${property.role}`
    case 'privilege':
      return `privilege ${property.privilege} for ${nameGrantee(property.grantee)}`
    case 'privileges':
      return `privileges for ${nameGrantee(property.grantee)}`
    case 'owner':
    case 'comment':
    case 'connection limit':
    case 'template':
      return property.kind
  }
}

/** A role may be called `PUBLIC`, and is not everybody. */
function nameGrantee(grantee: string | null): string {
  return grantee === 'PUBLIC' ? '"PUBLIC"' : (grantee ?? 'PUBLIC')
}

/** Whether what says the one says the other. */
export function covers(said: Property, property: Property): boolean {
  if (said.kind === 'privileges' && property.kind === 'privilege') {
    return said.grantee === property.grantee
  }
  return keyOf(said) === keyOf(property)
}

/** The same for two that are one, and for no others. */
export function keyOf(property: Property): string {
  return JSON.stringify(property, ['kind', 'name', 'role', 'privilege', 'grantee'])
}
