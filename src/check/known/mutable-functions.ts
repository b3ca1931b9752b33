/** Functions of PostgreSQL's own extensions that are not immutable, in any version of 10 to 18, and that somebody may have altered to be. */
export const mutableFunctions: Readonly<Record<string, readonly string[]>> = {
  // Read by extension, and by name and types.
  pg_trgm: [
    'similarity_op(text, text)',
    'strict_word_similarity_commutator_op(text, text)',
    'strict_word_similarity_op(text, text)',
    'word_similarity_commutator_op(text, text)',
    'word_similarity_op(text, text)',
  ],
  unaccent: ['unaccent(regdictionary, text)', 'unaccent(text)'],
  xml2: ['xml_valid(text)', 'xslt_process(text, text)', 'xslt_process(text, text, text)'],
}
