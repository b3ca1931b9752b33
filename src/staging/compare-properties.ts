/** Which properties of a database differ between two servers. */
import { isListSetting, quoteIdentifier, splitNames } from '../server/index.js'
import { isConfidentialSetting, notShown } from '../telling/settings.js'
import type { DatabaseProperties } from './properties.js'
import { keyOf, type Property } from './property.js'

/** Null is for a side that has none. */
export interface ChangedProperty {
  readonly property: Property
  /** The values as they may be told. */
  readonly source: string | null
  readonly target: string | null
}

/** What differs between the source's properties and those read back; the encoding and locale are not compared here. */
export function compareProperties(
  source: DatabaseProperties,
  target: DatabaseProperties,
): ChangedProperty[] {
  const [left, right] = [facts(source), facts(target)]
  return [...new Map([...left, ...right])].flatMap(([key, { property }]) => {
    const [ours, theirs] = [left.get(key)?.value ?? null, right.get(key)?.value ?? null]
    if (comparable(property, ours) === comparable(property, theirs)) return []
    return [{ property, source: shown(property, ours), target: shown(property, theirs) }]
  })
}

interface Fact {
  readonly property: Property
  readonly value: string | null
}

function facts({
  owner,
  comment,
  connectionLimit,
  isTemplate,
  settings,
  privileges,
}: DatabaseProperties): Map<string, Fact> {
  const all: Fact[] = [
    { property: { kind: 'owner' }, value: owner },
    { property: { kind: 'comment' }, value: comment },
    { property: { kind: 'connection limit' }, value: String(connectionLimit) },
    { property: { kind: 'template' }, value: String(isTemplate) },
    ...settings.map(({ name, role, value }) => ({
      property: { kind: 'setting' as const, name, role },
      value,
    })),
    // Who granted does not matter; of several grants, the one that may be passed on counts.
    ...privileges
      .toSorted((one, other) => Number(one.isGrantable) - Number(other.isGrantable))
      .map(({ privilege, grantee, isGrantable }) => ({
        property: { kind: 'privilege' as const, privilege, grantee },
        value: isGrantable ? 'granted with grant option' : 'granted',
      })),
  ]
  return new Map(all.map((fact) => [keyOf(fact.property), fact]))
}

/** Names in a list may be quoted without need, where quote_all_identifiers was on. */
function comparable(property: Property, value: string | null): string | null {
  const isList = property.kind === 'setting' && isListSetting(property.name)
  return value === null || !isList ? value : splitNames(value).map(quoteIdentifier).join(', ')
}

function shown(property: Property, value: string | null): string | null {
  const isHidden = property.kind === 'setting' && isConfidentialSetting(property.name)
  return value === null || !isHidden ? value : notShown
}
