/** What the inventory compares of the large objects of a range: that they exist, owners, privileges. */
import { isInRange, type OidRange } from '../../server/index.js'
import { role, type Kind } from '../inventory/kind.js'
import { exploded } from '../inventory/kinds/privileges.js'

/** The kinds of the inventory for large objects of that range alone. */
export function kindsIn(range: OidRange): readonly Kind[] {
  return [owners(range), privileges(range)]
}

function owners(range: OidRange): Kind {
  return {
    kind: 'large object',
    sql: () =>
      `select l.oid::pg_catalog.text as object,
              pg_catalog.jsonb_build_object('owner', ${role('l.lomowner')}) as facts
         from pg_catalog.pg_largeobject_metadata l where ${isInRange(range)} order by l.oid`,
  }
}

function privileges(range: OidRange): Kind {
  const acl = `coalesce(l.lomacl, pg_catalog.acldefault('L', l.lomowner))`
  return {
    kind: 'privilege',
    sql: (versions) =>
      `select 'large object ' || l.oid as object,
              coalesce(${exploded(acl, 'l.lomowner', versions)}, '{}') as facts
         from pg_catalog.pg_largeobject_metadata l where ${isInRange(range)} order by l.oid`,
  }
}
