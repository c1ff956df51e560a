// Rules that people's corrections ask for: words that stand in several mails which were corrected to one type, and in
// hardly any mail of another. Pure; the mails are handed in.

import { createHash } from "node:crypto";
import { isEveryday } from "./everyday-words.ts";

/** A mail as the proposals see it. */
export type SeenMail = {
  readonly ref: string;
  /** What it is: as people have corrected it, else as it was decided. */
  readonly type: string;
  readonly corrected: boolean;
  readonly sender: string;
  /** Its words, by the stretches they stand side by side in. */
  readonly words: readonly (readonly string[])[];
};

export type Proposal = {
  readonly type: string;
  readonly phrases: readonly string[];
  /** Corrected mails of the type, and those of them that the phrases find. */
  readonly corrections: number;
  readonly found: number;
  /** All mails that the phrases find, and those of them that are of the type. */
  readonly hits: number;
  readonly right: number;
  /** References of mails of other types that the phrases find too. */
  readonly collisions: readonly string[];
  /** Tells the same proposal again, in 16 hex digits. */
  readonly print: string;
};

/** Words in a phrase, at most; single words are taken from this length on. */
const PHRASE_WORDS_MAX = 4;
const WORD_CHARS_MIN = 6;
const PHRASES_MAX = 4;
/** Of the mails a phrase finds, this share is of the type. */
const PRECISION_MIN = 0.9;
/** What one writer says alone may be a name. */
const SENDERS_MIN = 2;

type Candidate = { readonly phrase: string; readonly own: ReadonlySet<SeenMail>; readonly all: readonly SeenMail[] };

/** One proposal for each type with at least `corrections` corrected mails that some words tell from others. */
export function proposals(mails: readonly SeenMail[], corrections: number): readonly Proposal[] {
  const phrasesOfMail = new Map(mails.map((mail) => [mail, phrasesOf(mail)]));
  const types = [...new Set(mails.map(({ type }) => type))].sort();
  return types.flatMap((type) => {
    const corrected = mails.filter((mail) => mail.corrected && mail.type === type);
    if (corrected.length < corrections) return [];
    const proposal = proposalFor(type, corrected, phrasesOfMail, corrections);
    return proposal === null ? [] : [proposal];
  });
}

function proposalFor(
  type: string,
  corrected: readonly SeenMail[],
  phrasesOfMail: ReadonlyMap<SeenMail, ReadonlySet<string>>,
  corrections: number,
): Proposal | null {
  const counts = new Map<string, Set<SeenMail>>();
  for (const mail of corrected) {
    for (const phrase of phrasesOfMail.get(mail) ?? []) counts.set(phrase, (counts.get(phrase) ?? new Set()).add(mail));
  }
  const candidates = [...counts]
    .filter(([, own]) => own.size >= corrections && new Set([...own].map(({ sender }) => sender)).size >= SENDERS_MIN)
    .map(([phrase, own]): Candidate => {
      const all = [...phrasesOfMail].flatMap(([mail, phrases]) => (phrases.has(phrase) ? [mail] : []));
      return { phrase, own, all };
    })
    .filter(({ all }) => all.filter((mail) => mail.type === type).length >= PRECISION_MIN * all.length);
  const chosen = choose(candidates);
  if (chosen.length === 0) return null;
  const hits = [...new Set(chosen.flatMap(({ all }) => all))];
  const phrases = chosen.map(({ phrase }) => phrase);
  return {
    type,
    phrases,
    corrections: corrected.length,
    found: new Set(chosen.flatMap(({ own }) => [...own])).size,
    hits: hits.length,
    right: hits.filter((mail) => mail.type === type).length,
    collisions: hits.flatMap((mail) => (mail.type === type ? [] : [mail.ref])),
    print: createHash("sha256")
      .update(JSON.stringify([type, ...phrases.toSorted()]))
      .digest("hex")
      .slice(0, 16),
  };
}

/** Phrases that find the most, longer ones first among equals, each for mails that those before it do not find. */
function choose(candidates: readonly Candidate[]): readonly Candidate[] {
  const chosen: Candidate[] = [];
  const found = new Set<SeenMail>();
  const rest = candidates.toSorted(
    (a, b) => b.own.size - a.own.size || b.phrase.length - a.phrase.length || (a.phrase < b.phrase ? -1 : 1),
  );
  for (const candidate of rest) {
    if (chosen.length >= PHRASES_MAX) break;
    if ([...candidate.own].every((mail) => found.has(mail))) continue;
    chosen.push(candidate);
    for (const mail of candidate.own) found.add(mail);
  }
  return chosen;
}

/** Every run of words that could be a phrase, once. */
function phrasesOf({ words }: SeenMail): ReadonlySet<string> {
  const phrases = new Set<string>();
  for (const stretch of words) {
    for (let from = 0; from < stretch.length; from++) {
      for (let length = 1; length <= PHRASE_WORDS_MAX && from + length <= stretch.length; length++) {
        const run = stretch.slice(from, from + length);
        if (speaks(run)) phrases.add(run.join(" "));
      }
    }
  }
  return phrases;
}

/** An everyday word alone says nothing, nor does a phrase that begins or ends in the middle of a sentence's joints. */
function speaks(run: readonly string[]): boolean {
  const [first = "", last = ""] = [run[0], run.at(-1)];
  if (run.length === 1) return first.length >= WORD_CHARS_MIN && !isEveryday(first) && !/^\d+$/.test(first);
  return !isJoint(first) && !isJoint(last) && run.some((word) => !/^\d+$/.test(word));
}

const JOINTS = new Set(
  `a an and are as at be but by can do for from had has have he her hi hello i if in is it me my no not of on or our she so
  that the them they this to up was we were what when will with you your al como con de del el en es esta la las le lo los
  me mi no o para pero por que se si su sus te un una y ya`.split(/\s+/),
);

function isJoint(word: string): boolean {
  return JOINTS.has(word) || /^\d+$/.test(word);
}
