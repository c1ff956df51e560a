// A stored case worked out again, by the rules of now or by those that decided it, and compared with what was recorded.

import { type Adviser, adviser } from "../classify/adviser.ts";
import { type CompiledRules, compileRules } from "../classify/compile.ts";
import { rulesFromSources } from "../config/rules.ts";
import { printProblems } from "../config/yaml.ts";
import { learnedOfCase } from "../decider/facts-of-case.ts";
import { withHouse } from "../decider/learn.ts";
import { modelOfThen } from "../decider/model-in-use.ts";
import type { Outcome } from "../outcome.ts";
import { parse } from "../parse/parse.ts";
import { decideMessage } from "../pipeline.ts";
import { type Answer, answerOf } from "../rulebook/replay.ts";
import type { Case, OutcomeRow, Store } from "../store/store.ts";
import type { Explained } from "./explain-why.ts";
import { CannotDo } from "./operator.ts";
import { safe } from "./terminal.ts";

/** What is another than recorded, for one alias; `recorded` and `now` as people read them. */
export type Difference = {
  readonly alias: string;
  readonly what: string;
  readonly recorded: string;
  readonly now: string;
};

export type ExplainedCase = { readonly explained: Explained; readonly differences: readonly Difference[] };

/** A reference as people write it; whether there is such a case the store knows. */
export function isReference(text: string): boolean {
  return /^mw-\w+$/i.test(text.trim());
}

/**
 * The case by these rules, or, when they are null, by the rule sets that decided it: one explanation for each rule set
 * that decided some of its aliases, nearly always one.
 */
export async function explainCase(
  store: Store,
  ref: string,
  rules: CompiledRules | null,
  adviserNow: Adviser,
): Promise<readonly ExplainedCase[]> {
  const found = await store.find(ref);
  if (found === null)
    throw new CannotDo(`There is no case ${safe(ref)} in this store. \`mailward outcomes\` lists the newest.`);
  if (found.outcomes.length === 0)
    throw new CannotDo(`${found.ref} is not decided yet. \`mailward show ${found.ref}\` says where it is.`);
  const raw = await wholeBody(store, found);
  if (rules !== null) return [await decideAgain(store, found, raw, { rules, adviser: adviserNow }, found.outcomes)];
  const done: ExplainedCase[] = [];
  const groups = Map.groupBy(found.outcomes, ({ rulesHash, modelVersion }) => `${rulesHash} ${modelVersion}`);
  for (const rows of groups.values()) {
    const [{ rulesHash, modelVersion } = { rulesHash: "", modelVersion: null }] = rows;
    const rulesThen = await rulesOfThen(store, found.ref, rulesHash);
    const by = { rules: rulesThen, adviser: await adviserOfThen(store, found.ref, modelVersion) };
    done.push(await decideAgain(store, found, raw, by, rows));
  }
  return done;
}

async function wholeBody(store: Store, { messageId }: Case): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readBody(messageId)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function rulesOfThen(store: Store, ref: string, hash: string): Promise<CompiledRules> {
  const sources = await store.rulesOf(hash);
  if (sources === null)
    throw new CannotDo(
      `${ref} was decided by rule set ${hash}, which is not kept in this store: it is of a time before rule sets were kept. Without --then it is explained by the rules of now.`,
    );
  const loaded = rulesFromSources(sources, "");
  if (loaded.kind === "problems")
    throw new CannotDo(
      `Rule set ${hash}, which decided ${ref}, cannot be read by this version:\n${printProblems(loaded.problems)}`,
    );
  return compileRules(loaded.rules);
}

async function adviserOfThen(store: Store, ref: string, version: string | null): Promise<Adviser | null> {
  if (version === null) return null;
  const model = await modelOfThen(store, version);
  if (model !== null) return adviser(model);
  throw new CannotDo(
    `${ref} was decided with model ${version}, whose starter this version of the program does not have. Without --then it is explained by the model of now.`,
  );
}

/** What a case is decided by again. */
type By = { readonly rules: CompiledRules; readonly adviser: Adviser | null };

async function decideAgain(
  store: Store,
  found: Case,
  raw: Uint8Array,
  { rules, adviser: asked }: By,
  rows: readonly OutcomeRow[],
): Promise<ExplainedCase> {
  const aliases = new Set(rows.map(({ alias }) => alias));
  const recipients = found.routings.flatMap(({ recipient, state }) =>
    state === "decided" && aliases.has(recipient.alias) ? [recipient] : [],
  );
  const threadKey = await store.threadKey();
  const learned = await learnedOfCase({ ...found, recipients }, raw, { store, threadKey });
  const facts = withHouse(rules.set)(learned);
  const message = await parse(raw);
  const decided = decideMessage(message, facts, rules, { adviser: asked });
  const explained: Explained = { name: found.ref, message, facts, aliasBy: null, decided, rules, adviser: asked };
  return { explained, differences: decided.outcomes.flatMap((outcome) => differencesOf(outcome, rows)) };
}

const COMPARED: readonly (readonly [keyof Answer, string])[] = [
  ["requestType", "type"],
  ["urgency", "urgency"],
  ["queue", "queue"],
  ["department", "department"],
  ["review", "review"],
  ["decidedBy", "decided by"],
  ["rules", "rules"],
];

function differencesOf(outcome: Outcome, rows: readonly OutcomeRow[]): readonly Difference[] {
  const row = rows.find(({ alias }) => alias === outcome.alias);
  if (row === undefined) return [];
  const recorded = answerOf(row.outcome);
  const now = answerOf(outcome);
  return COMPARED.flatMap(([key, what]) => {
    const [before, after] = [worded(recorded[key]), worded(now[key])];
    return before === after ? [] : [{ alias: outcome.alias, what, recorded: before, now: after }];
  });
}

function worded(value: Answer[keyof Answer]): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : value.join(", ") || "none";
}
