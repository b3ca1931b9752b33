/** Sets where a sequence stands. */
import { quoteLiteral } from '../quote.js'

/** The call of setval() for a sequence, given as `"schema"."name"`. */
export function setPosition(
  sequence: string,
  lastValue: bigint | string,
  isCalled: boolean,
): string {
  return `pg_catalog.setval(${quoteLiteral(sequence)}::pg_catalog.regclass, ${lastValue}, ${String(isCalled)})`
}
