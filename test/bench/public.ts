// npm run bench -- public: texts that none of us wrote, by their sources, as `../shared/data/routing-public.jsonl` maps them to
// queues. No alias speaks, so what neither rules nor model place with certainty goes to people. Nothing was tuned to it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { adviser, NONE } from "../../src/classify/adviser.ts";
import { compileRules } from "../../src/classify/compile.ts";
import { hear } from "../../src/classify/hear.ts";
import { loadRules } from "../../src/config/rules.ts";
import { printProblems } from "../../src/config/yaml.ts";
import { starterSetup } from "../../src/decider/taught.ts";
import { decideMessage, UNKNOWN_ALIAS } from "../../src/pipeline.ts";
import { messageSaying } from "../support/blank.ts";
import { corpus } from "../support/corpora.ts";
import { facts } from "../support/facts.ts";
import { printMachine, say } from "./machine.ts";

type Row = { readonly text: string; readonly source: string; readonly queue: string; readonly fit: string };

const SURE_FROM = 0.5;

export function publicBench(): void {
  printMachine();
  const file = corpus("routing-public.jsonl");
  if (file === null) return;
  const loaded = loadRules(join(import.meta.dirname, "../../rules"));
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  const compiled = compileRules(loaded.rules);
  const asked = adviser(starterSetup());
  const rows = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  for (const [name, own] of Map.groupBy(rows, ({ source, fit }) => `${source}, ${fit}`)) {
    const answers = own.map(({ text, queue }) => {
      const message = messageSaying(text);
      const [both] = decideMessage(message, facts({ aliases: [UNKNOWN_ALIAS] }), compiled, { adviser: asked }).outcomes;
      const advice = asked.advise(hear(message), message.language);
      const routed = both?.decision.kind === "route" ? both.requestType : null;
      return { queue, routed, sure: advice !== null && advice.probability >= SURE_FROM ? advice.type : null };
    });
    say(`${name}: ${own.length} texts, ${[...new Set(own.map(({ queue }) => queue))].join(", ")}`);
    for (const which of ["sure", "routed"] as const) {
      const spoken = answers.filter((each) => each[which] !== null);
      const right = spoken.filter((each) => each[which] === each.queue).length;
      const wrong = spoken.filter((each) => each[which] !== each.queue && each[which] !== NONE).length;
      const what = which === "sure" ? "model alone" : "rules and model";
      say(
        `  ${what}: abstains from ${share(own.length - spoken.length, own.length)}; of the rest right ${share(right, spoken.length)}; sent to a wrong queue, of all, ${share(wrong, own.length)}`,
      );
    }
  }
}

function share(part: number, whole: number): string {
  return whole === 0 ? "none" : `${((part / whole) * 100).toFixed(1)} %`;
}
