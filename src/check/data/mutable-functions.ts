/** By extension: functions of PostgreSQL's own that are immutable in no major from 10 to 18, unless somebody has altered them. */
export const mutableFunctions: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>({
    pg_trgm: [
      'similarity_op(text, text)',
      'strict_word_similarity_commutator_op(text, text)',
      'strict_word_similarity_op(text, text)',
      'word_similarity_commutator_op(text, text)',
      'word_similarity_op(text, text)',
    ],
    unaccent: ['unaccent(regdictionary, text)', 'unaccent(text)'],
    xml2: ['xml_valid(text)', 'xslt_process(text, text, text)'],
  }),
)
