// `mailward rules new`: four questions become a rule with examples, tried before it is written.

import { createInterface } from "node:readline";
import { Command } from "commander";
import { type LoadedRules, loadRules } from "../config/rules.ts";
import { withEntry } from "../config/rules-format.ts";
import { printProblems } from "../config/yaml.ts";
import { rulebookFromSources } from "../rulebook/rulebook.ts";
import { CannotDo, configFrom, plainErrors, print, withConfigFlags } from "./operator.ts";
import { replaceFile } from "./rule-files.ts";
import { paint } from "./terminal.ts";

type NewFlags = {
  readonly words?: string;
  readonly for?: string;
  readonly strength?: string;
  readonly match?: readonly string[];
  readonly not?: readonly string[];
  readonly id?: string;
  readonly yes?: boolean;
  readonly rules?: string;
  readonly config?: string;
  readonly data?: string;
};

type GoodRules = LoadedRules & { readonly kind: "rules" };

/** A question: what is asked, and what is wrong with an answer, or null. */
type Question = { readonly text: string; readonly wrong: (answer: string) => string | null };

type Ask = (question: Question) => Promise<string>;

const STRENGTHS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  hint: { points: 2 },
  clear: { points: 3 },
  certain: { points: 4 },
  sure: { sure: true },
};
const LEVELS: readonly string[] = ["P1", "P2", "P3", "P4"];
const TRIES_MAX = 3;
const ID_CHARS_MAX = 41;

export function newRuleCommand(): Command {
  const more = (value: string, list: readonly string[] = []) => [...list, value];
  return withConfigFlags(new Command("new"))
    .description("write a rule by four questions; what an option says is not asked")
    .option("--words <phrases>", "the words people use, with commas between")
    .option("--for <name>", "the request type or the urgency (P1 to P4) it speaks for")
    .option(
      "--strength <how>",
      "hint, clear, certain or sure; for an urgency: none, or the request type it also speaks for",
    )
    .option("--match <sentence>", "a sentence it must find; may be given again", more)
    .option("--not <sentence>", "a sentence it must leave alone; may be given again", more)
    .option("--id <name>", "its name (else made of its first words)")
    .option("--yes", "write it without asking")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .action((flags: NewFlags) => plainErrors(() => newRule(flags)));
}

async function newRule(flags: NewFlags): Promise<void> {
  const folder = configFrom(flags).rulesFolder;
  const loaded = loadRules(folder);
  if (loaded.kind === "problems")
    throw new CannotDo(`${printProblems(loaded.problems)}\n\nFirst correct the rules there are.`);
  const asking = startAsking();
  try {
    const { rule, path } = await ruleFrom(flags, loaded, asking.ask);
    await propose(rule, path, loaded, folder, flags.yes === true ? null : asking.ask);
  } finally {
    asking.end();
  }
}

/** Asks on the terminal, or reads an answer a line from standard input. */
function startAsking(): { readonly ask: Ask; readonly end: () => void } {
  const reader = createInterface({ input: process.stdin });
  const answers = reader[Symbol.asyncIterator]();
  const ask: Ask = async ({ text, wrong }) => {
    for (let tries = 1; ; tries++) {
      process.stdout.write(`${paint("bold", text)}\n> `);
      const next = await answers.next();
      if (next.done === true) throw new CannotDo("\nThere are no more answers; nothing was written.");
      const answer = next.value.trim();
      const why = wrong(answer);
      if (why === null) return answer;
      print(why);
      if (tries >= TRIES_MAX) throw new CannotDo("Nothing was written.");
    }
  };
  return { ask, end: () => reader.close() };
}

type NewRule = { readonly rule: Readonly<Record<string, unknown>>; readonly path: readonly [string, string] };

async function ruleFrom(flags: NewFlags, loaded: GoodRules, ask: Ask): Promise<NewRule> {
  const given = (value: string | undefined, question: Question) => answerOr(value, question, ask);
  const types = loaded.rules.types.map(({ name }) => name);
  const words = phrases(
    await given(flags.words, {
      text: "Which words do people use for it? Two or more words are better than one; put commas between.",
      wrong: (answer) =>
        phrases(answer).length > 0 ? null : "Write at least one word, for example: payment plan, plan de pago",
    }),
  );
  const names = [...types, ...LEVELS];
  const speaksFor = await given(flags.for, {
    text: `What does it speak for: a request type (${types.join(", ")}) or an urgency (${LEVELS.join(", ")})?`,
    wrong: (answer) => (names.includes(answer) ? null : `Write one of ${names.join(", ")}.`),
  });
  const isLevel = LEVELS.includes(speaksFor);
  const strength = await given(flags.strength, isLevel ? alsoQuestion(types) : strengthQuestion());
  const match = await sentences(flags.match, "Write a sentence that it must find.", ask);
  const not = await sentences(flags.not, "Write a sentence with like words that it must leave alone.", ask);
  const also = strength === "none" ? {} : { type: strength, points: 3 };
  return {
    rule: {
      id: flags.id ?? freeId(words, loaded),
      ...(isLevel ? also : STRENGTHS[strength]),
      any: words,
      examples: { match, not },
    },
    path: [isLevel ? "urgency" : "request_types", speaksFor],
  };
}

async function answerOr(value: string | undefined, question: Question, ask: Ask): Promise<string> {
  if (value === undefined) return ask(question);
  const wrong = question.wrong(value);
  if (wrong !== null) throw new CannotDo(`"${value}": ${wrong}`);
  return value;
}

function strengthQuestion(): Question {
  const names = Object.keys(STRENGTHS);
  return {
    text: "How strongly? hint: a sign among others. clear: beats a wrong address. certain: nearly always. sure: decides alone.",
    wrong: (answer) => (names.includes(answer) ? null : `Write one of ${names.join(", ")}.`),
  };
}

function alsoQuestion(types: readonly string[]): Question {
  return {
    text: `Which request type do these words speak for as well (${types.join(", ")})? Write none if they do not.`,
    wrong: (answer) => ([...types, "none"].includes(answer) ? null : `Write none, or one of ${types.join(", ")}.`),
  };
}

async function sentences(given: readonly string[] | undefined, text: string, ask: Ask): Promise<readonly string[]> {
  if (given !== undefined) return given;
  return [await ask({ text, wrong: (answer) => (answer === "" ? "Write a sentence as a patient would." : null) })];
}

function phrases(answer: string): readonly string[] {
  return answer
    .split(",")
    .map((phrase) => phrase.trim())
    .filter((phrase) => /[\p{L}\p{N}]/u.test(phrase));
}

/** A name made of the first phrase that no rule has yet. */
function freeId(words: readonly string[], { paths }: GoodRules): string {
  const plain = (words[0] ?? "rule").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const base =
    plain
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^[^a-z]+|-$/g, "")
      .slice(0, ID_CHARS_MAX - 3)
      .replace(/-$/, "") || "rule";
  let id = base;
  for (let count = 2; paths.has(id); count++) id = `${base}-${count}`;
  return id;
}

/** A rule from elsewhere than the four questions, written without asking. */
export async function writeRule(rule: NewRule["rule"], path: NewRule["path"], folder: string): Promise<void> {
  const loaded = loadRules(folder);
  if (loaded.kind === "problems") throw new CannotDo(printProblems(loaded.problems));
  await propose(rule, path, loaded, folder, null);
}

/** A name for a rule of these phrases that no rule has yet. */
export function idFor(words: readonly string[], folder: string): string {
  const loaded = loadRules(folder);
  if (loaded.kind === "problems") throw new CannotDo(printProblems(loaded.problems));
  return freeId(words, loaded);
}

/** Try it in its file among the others, show it, and write it when all is well. */
async function propose(
  rule: NewRule["rule"],
  path: NewRule["path"],
  loaded: GoodRules,
  folder: string,
  ask: Ask | null,
): Promise<void> {
  const file = loaded.problem(path, "").file;
  const source = loaded.sources.find((each) => each.file === file) ?? loaded.problem([path[0]], "");
  const text = loaded.sources.find((each) => each.file === source.file);
  if (text === undefined) throw new CannotDo(`No rule file has \`${path[0]}:\`; add it to one first.`);
  const changed = withEntry(text, path, rule);
  if (changed.kind !== "text")
    throw new CannotDo(changed.kind === "refused" ? changed.why : printProblems(changed.problems));
  const sources = loaded.sources.map((each) => (each === text ? { ...each, text: changed.text } : each));
  const tried = rulebookFromSources(sources, folder, null);
  print(`\n${shown(rule)}\n`);
  if (tried.kind === "bad") {
    print(printProblems(tried.problems));
    print(`\n${paint("red", "Not written")}: with this rule the rule set has mistakes.`);
    process.exitCode = 1;
    return;
  }
  const news = tried.warnings.filter(({ message }) => message.includes(String(rule["id"])));
  if (news.length > 0) print(`${printProblems(news)}\n`);
  if (
    ask !== null &&
    !/^(?:y|yes|s|sí|si)$/i.test(await ask({ text: `Write it to ${text.file}? (yes or no)`, wrong: () => null }))
  ) {
    print("Nothing was written.");
    process.exitCode = 1;
    return;
  }
  replaceFile(text.file, changed.text);
  print(`${paint("green", "Written")} to ${text.file}. A running gateway uses it within two seconds.`);
}

/** The rule alone, as it will stand in the file. */
export function shown(rule: NewRule["rule"]): string {
  const alone = withEntry({ file: "", text: "rules: []\n" }, ["rules"], rule);
  return alone.kind === "text" ? alone.text.split("\n").slice(1).join("\n").trimEnd() : JSON.stringify(rule);
}
