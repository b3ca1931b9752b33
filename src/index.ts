/** The only file with effects on import: runs the main or the post phase. */
export {}
