// A note of staff on top of a forward, such as "billing pls" or "#billing": a person says whose it is.

import type { RuleSet } from "../config/rules.ts";
import type { Message } from "../message.ts";
import type { Evidence } from "../outcome.ts";
import { wordsOf } from "./words.ts";

/** What the note of somebody who is not proven to be staff counts: no more than one rule. */
const HINT_POINTS = 3;
/** A line longer than this many words says more than whose it is. */
const NOTE_WORDS_MAX = 8;

/** Words that may stand beside the name without saying anything else; normalised, as `wordsOf` makes them. */
const FILLERS = new Set(
  wordsOf(
    `pls plz please thanks thank you thx ty fyi to for the this is goes belongs route send forward fwd fw team dept
     department desk queue mailbox inbox hi hello all
     buenas buenos días tardes por favor porfa gracias para el la es esto va al a equipo departamento reenviar hola`,
  ),
);

/**
 * What the first line of the forwarder's note orders: the name of a request type, or of an alias that stands for one,
 * and nothing else but words of politeness. Sure when `proven`, else a hint. null: no forward, or another note.
 */
export function readOverride(message: Message, proven: boolean, rules: RuleSet): Evidence | null {
  if (message.forward === null) return null;
  const line = message.forward.note.split("\n", 1)[0]?.trim() ?? "";
  const words = wordsOf(line);
  if (words.length === 0 || words.length > NOTE_WORDS_MAX) return null;
  const names = typeNames(rules);
  const named = new Set(words.flatMap((word) => names.get(word) ?? []));
  const [type] = named;
  if (type === undefined || named.size > 1) return null;
  if (!words.every((word) => names.has(word) || FILLERS.has(word))) return null;
  const start = Math.max(
    0,
    message.text.indexOf(line, message.sections.find(({ kind }) => kind === "own")?.start ?? 0),
  );
  return {
    kind: "override",
    type,
    points: proven ? 0 : HINT_POINTS,
    sure: proven,
    phrase: line,
    span: { field: "text", start, end: start + line.length },
  };
}

/** Request types by every single word that means them: their own names, and the aliases'. */
function typeNames(rules: RuleSet): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const add = (name: string, type: string) => {
    const [word, ...more] = wordsOf(name);
    if (word !== undefined && more.length === 0 && !names.has(word)) names.set(word, type);
  };
  for (const { name } of rules.types) add(name, name);
  for (const { name, type, also } of rules.aliases) {
    if (type !== null) for (const each of [name, ...also]) add(each, type);
  }
  return names;
}
