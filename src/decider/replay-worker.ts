// The inside of a thread that replays: reads each mail once and decides it by every rule set it was given.

import { parentPort, workerData } from "node:worker_threads";
import { adviser, type ModelSetup } from "../classify/adviser.ts";
import { compileRules } from "../classify/compile.ts";
import type { RuleSet } from "../config/rules.ts";
import { parse } from "../parse/parse.ts";
import { decideMessage } from "../pipeline.ts";
import { type Answer, answerOf } from "../rulebook/replay.ts";
import { type Learned, withHouse } from "./learn.ts";

export type ReplayQuestion = {
  readonly raw: Uint8Array;
  readonly learned: Learned;
  /** Whose time rules on dates and hours see: that of the door, or, for a file, that the writer wrote. */
  readonly clock: "received" | "written";
};

export type Judged =
  /** By each rule set, in their order, one answer for each alias. */
  | { readonly kind: "judged"; readonly answers: readonly (readonly Answer[])[] }
  | { readonly kind: "failed"; readonly why: string };

export type ReplayAnswer =
  /** The rules are compiled; sent once, first. */
  { readonly kind: "ready" } | { readonly kind: "batch"; readonly judged: readonly Judged[] };

export type ReplaySetup = { readonly ruleSets: readonly RuleSet[]; readonly model: ModelSetup };

const port = parentPort;
if (port === null) throw new Error("replay-worker.ts runs as a worker thread");

const { ruleSets, model } = workerData as ReplaySetup;
const advising = adviser(model);
const judges = ruleSets.map((set) => ({ compiled: compileRules(set), house: withHouse(set) }));

let last: Promise<void> = Promise.resolve();
port.on("message", (questions: readonly ReplayQuestion[]) => {
  last = last.then(async () => {
    const judged: Judged[] = [];
    for (const question of questions) judged.push(await judge(question));
    send({ kind: "batch", judged });
  });
});
send({ kind: "ready" });

async function judge(question: ReplayQuestion): Promise<Judged> {
  try {
    const { raw, learned, clock } = question;
    const message = await parse(raw);
    const receivedAt = clock === "received" ? learned.receivedAt : message.date;
    const answers = judges.map(({ compiled, house }) => {
      const facts = house({ ...learned, receivedAt: receivedAt ?? 0 });
      const known = receivedAt === null ? { ...facts, localTime: null } : facts;
      return decideMessage(message, known, compiled, { adviser: advising }).outcomes.map(answerOf);
    });
    return { kind: "judged", answers };
  } catch (error) {
    return { kind: "failed", why: error instanceof Error ? error.name : "Error" };
  }
}

function send(answer: ReplayAnswer): void {
  port?.postMessage(answer);
}
