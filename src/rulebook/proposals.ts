// Rules that people's corrections ask for: words that stand in several mails which were corrected to one type, in hardly
// any mail of another, and that are nobody's name. Pure; the mails are handed in.

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
  /** Which of them begin with a capital in the middle of a sentence, by stretch. */
  readonly capitals: readonly (readonly boolean[])[];
  /** Words of the names and addresses of those who wrote it. */
  readonly people: readonly string[];
};

/** What is proposed no more. */
export type Settled = {
  /** Phrases that rules of a type have already, as words with single spaces between. */
  readonly known: (type: string) => ReadonlySet<string>;
  /** Prints of phrases (`phrasePrint`) and of whole proposals that somebody has answered, with yes or no. */
  readonly answered: ReadonlySet<string>;
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
/** What few writers say may be somebody's name. Fewer only when fewer corrections are asked for, never one. */
const SENDERS_MIN = 3;
const SENDERS_LEAST = 2;
/** A word written with a capital so often, where no sentence begins, is taken for a name. */
const NAME_SHARE = 0.5;

type Candidate = { readonly phrase: string; readonly own: Set<SeenMail>; readonly all: SeenMail[] };

/** One proposal for each type with at least `corrections` corrected mails that some words tell from others. */
export function proposals(mails: readonly SeenMail[], corrections: number, settled: Settled): readonly Proposal[] {
  const isName = namesIn(mails);
  const types = [...new Set(mails.map(({ type }) => type))].sort();
  const asking = types.flatMap((type) => {
    const corrected = mails.filter(
      (mail) => mail.corrected && mail.type === type && !isSettled(mail, settled.answered),
    );
    if (corrected.length < corrections) return [];
    const senders = Math.max(SENDERS_LEAST, Math.min(SENDERS_MIN, corrections));
    const candidates = candidatesOf(corrected, isName, settled.known(type)).filter(
      ({ own }) => own.size >= corrections && new Set([...own].map(({ sender }) => sender)).size >= senders,
    );
    return [{ type, corrected, candidates }];
  });
  // Only candidates are looked for in the rest of the mail: all its phrases would not fit into memory.
  const byPhrase = Map.groupBy(
    asking.flatMap(({ candidates }) => candidates),
    ({ phrase }) => phrase,
  );
  for (const mail of byPhrase.size === 0 ? [] : mails) {
    for (const run of new Set(runsOf(mail))) for (const { all } of byPhrase.get(run) ?? []) all.push(mail);
  }
  return asking.flatMap(({ type, corrected, candidates }) => {
    const proposal = proposalFor(type, corrected, candidates);
    return proposal === null || settled.answered.has(proposal.print) ? [] : [proposal];
  });
}

/** Tells a phrase of a type again without its words, in 16 hex digits. */
export function phrasePrint(type: string, phrase: string): string {
  return printOf(["phrase", type, phrase]);
}

function proposalFor(type: string, corrected: readonly SeenMail[], candidates: readonly Candidate[]): Proposal | null {
  const precise = candidates.filter(
    ({ all }) => all.filter((mail) => mail.type === type).length >= PRECISION_MIN * all.length,
  );
  const chosen = choose(precise);
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
    print: printOf([type, ...phrases.toSorted()]),
  };
}

function printOf(told: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(told)).digest("hex").slice(0, 16);
}

/** Whether a phrase of this mail was proposed and answered: then it asks for nothing any more. */
function isSettled(mail: SeenMail, answered: ReadonlySet<string>): boolean {
  if (answered.size === 0) return false;
  for (const run of runsOf(mail)) if (answered.has(phrasePrint(mail.type, run))) return true;
  return false;
}

function candidatesOf(
  corrected: readonly SeenMail[],
  isName: (word: string) => boolean,
  known: ReadonlySet<string>,
): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const mail of corrected) {
    for (const phrase of runsOf(mail)) {
      const words = phrase.split(" ");
      if (known.has(phrase) || !speaks(words) || words.some(isName)) continue;
      const candidate = found.get(phrase) ?? { phrase, own: new Set(), all: [] };
      found.set(phrase, candidate);
      candidate.own.add(mail);
    }
  }
  return [...found.values()];
}

/** Words that are somebody's name: a writer's, or written as names are. */
function namesIn(mails: readonly SeenMail[]): (word: string) => boolean {
  const people = new Set(mails.flatMap((mail) => mail.people));
  const counts = new Map<string, { all: number; capital: number }>();
  for (const { words, capitals } of mails) {
    for (const [at, stretch] of words.entries()) {
      for (const [place, word] of stretch.entries()) {
        const count = counts.get(word) ?? { all: 0, capital: 0 };
        counts.set(word, count);
        count.all += 1;
        count.capital += Number(capitals[at]?.[place] === true);
      }
    }
  }
  return (word) => {
    if (isEveryday(word)) return false;
    const { all, capital } = counts.get(word) ?? { all: 0, capital: 0 };
    return people.has(word) || (capital > 0 && capital >= NAME_SHARE * all);
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

/** Every run of words that is short enough for a phrase. */
function* runsOf({ words }: SeenMail): Generator<string> {
  for (const stretch of words) {
    for (let from = 0; from < stretch.length; from++) {
      for (let length = 1; length <= PHRASE_WORDS_MAX && from + length <= stretch.length; length++) {
        yield stretch.slice(from, from + length).join(" ");
      }
    }
  }
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
