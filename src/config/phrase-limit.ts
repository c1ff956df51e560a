// A limit that the rule files' check and the matching share; alone, so that a worker need not load the whole schema.

/** Longest phrase in words: matching costs at most this many steps for each word of a mail. */
export const PHRASE_WORDS_MAX = 12;
