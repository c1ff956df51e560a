// The sentences under `never:`: what a change of the rules must never bring about. Read here, judged when rules are
// replayed (rulebook/guards.ts).

import type { Urgency } from "../outcome.ts";
import type { RuleFiles } from "./rules-schema.ts";
import type { Locate, Problem } from "./yaml.ts";
import { oneOf } from "./yaml-mistakes.ts";

/** One sentence under `never:`; `text` is as written. */
export type Guard = { readonly text: string } & (
  | {
      /** Judged by confirmed labels: a share from 0 to 1 that must not fall below. */
      readonly kind: "measure";
      readonly measure: "recall" | "precision";
      readonly of:
        | { readonly kind: "type"; readonly type: string }
        | { readonly kind: "urgency"; readonly urgency: Urgency };
      readonly below: number;
    }
  /** The share of decisions that go to people first. */
  | { readonly kind: "review-share"; readonly above: number }
  /** So many decisions were of this type before and are not after. */
  | { readonly kind: "leave"; readonly type: string; readonly above: number }
  /** So many decisions are less urgent than before. */
  | { readonly kind: "lose-urgency"; readonly above: number }
);

/** A sentence as a guard, or what is wrong with it and what to write. */
export type GuardRead =
  | { readonly kind: "guard"; readonly guard: Guard }
  | { readonly kind: "mistake"; readonly message: string };

const URGENCIES: readonly string[] = ["P1", "P2", "P3", "P4"] satisfies readonly Urgency[];
const EXAMPLES =
  "write `clinical recall below 0.99`, `P1 precision below 0.9`, `review share above 0.15`, " +
  "`mails leave clinical above 0` or `mails lose urgency above 5`";

/** Reads one sentence; `types` are the request types there are. */
export function readGuard(text: string, types: readonly string[]): GuardRead {
  const words = text.trim().split(/\s+/);
  const [first = "", second = ""] = words;
  if (first === "mails") return second === "lose" ? loseUrgency(text, words) : leave(text, words, types);
  if (first === "review") return reviewShare(text, words);
  return measure(text, words, types);
}

/** Mistakes under `never:`. */
export function guardMistakes(files: RuleFiles, problem: Locate): readonly Problem[] {
  return files.never.flatMap((text, index) => {
    const read = readGuard(text, Object.keys(files.request_types));
    return read.kind === "mistake" ? [problem(["never", index], read.message)] : [];
  });
}

/** The guards of files without mistakes. */
export function guardsOf(files: Pick<RuleFiles, "never" | "request_types">): readonly Guard[] {
  return files.never.flatMap((text) => {
    const read = readGuard(text, Object.keys(files.request_types));
    return read.kind === "guard" ? [read.guard] : [];
  });
}

function measure(text: string, words: readonly string[], types: readonly string[]): GuardRead {
  const [subject = "", kind, , number] = words;
  const isUrgency = URGENCIES.includes(subject);
  const wrong =
    (isUrgency ? null : unexpected(subject, [...types, ...URGENCIES, "mails", "review"])) ??
    wrongWords(words, [subject, ["recall", "precision"], "below"]);
  const below = shareIn(number);
  if (wrong !== null || typeof below === "string") return mistake(wrong ?? String(below));
  return good({
    text,
    kind: "measure",
    measure: kind === "recall" ? "recall" : "precision",
    of: isUrgency ? { kind: "urgency", urgency: subject as Urgency } : { kind: "type", type: subject },
    below,
  });
}

function reviewShare(text: string, words: readonly string[]): GuardRead {
  const wrong = wrongWords(words, ["review", "share", "above"]);
  const above = shareIn(words[3]);
  if (wrong !== null || typeof above === "string") return mistake(wrong ?? String(above));
  return good({ text, kind: "review-share", above });
}

function leave(text: string, words: readonly string[], types: readonly string[]): GuardRead {
  const wrong = wrongWords(words, ["mails", ["leave", "lose"], types, "above"]);
  const above = countIn(words[4]);
  if (wrong !== null || typeof above === "string") return mistake(wrong ?? String(above));
  return good({ text, kind: "leave", type: words[2] ?? "", above });
}

function loseUrgency(text: string, words: readonly string[]): GuardRead {
  const wrong = wrongWords(words, ["mails", "lose", "urgency", "above"]);
  const above = countIn(words[4]);
  if (wrong !== null || typeof above === "string") return mistake(wrong ?? String(above));
  return good({ text, kind: "lose-urgency", above });
}

/** What is wrong with the words before the number: each must be the one, or one of those, expected; the number is the last. */
function wrongWords(words: readonly string[], expected: readonly (string | readonly string[])[]): string | null {
  for (const [place, options] of expected.entries()) {
    const wrong = unexpected(words[place], [options].flat());
    if (wrong !== null) return wrong;
  }
  const rest = words.slice(expected.length + 1);
  return rest.length === 0 ? null : `a guard ends with its number; leave out \`${rest.join(" ")}\``;
}

function unexpected(word: string | undefined, options: readonly string[]): string | null {
  if (word === undefined || word === "") return `this guard is not complete; ${EXAMPLES}`;
  if (options.includes(word)) return null;
  const instead = options.length === 1 ? `; write \`${options.join("")}\`` : oneOf(word, options);
  return `a guard cannot say \`${word}\` here${instead}`;
}

function shareIn(word: string | undefined): number | string {
  if (word === undefined) return `this guard ends without a number; ${EXAMPLES}`;
  const share = /^\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN;
  return share <= 1 ? share : `\`${word}\` is no share; write a number from 0 to 1, for example \`0.99\` for 99 %`;
}

function countIn(word: string | undefined): number | string {
  if (word === undefined) return `this guard ends without a number; ${EXAMPLES}`;
  return /^\d{1,9}$/.test(word)
    ? Number(word)
    : `\`${word}\` is no number of mails; write a whole number, for example \`0\``;
}

function mistake(message: string): GuardRead {
  return { kind: "mistake", message };
}

function good(guard: Guard): GuardRead {
  return { kind: "guard", guard };
}
