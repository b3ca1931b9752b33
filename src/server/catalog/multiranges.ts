/** 14 brought multirange types, with an owner and privileges of their own; since 17 theirs are those of the range. */
export function ownsMultiranges(major: number): boolean {
  return major >= 14 && major < 17
}
