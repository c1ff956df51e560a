// The inside of a decider's worker thread: takes messages one by one, in order, and answers what `decide` says.

import { parentPort, workerData } from "node:worker_threads";
import { type Adviser, adviser, type ModelSetup } from "../classify/adviser.ts";
import { compileRules } from "../classify/compile.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Facts } from "../message.ts";
import type { Decided } from "../outcome.ts";
import { decide } from "../pipeline.ts";

export type Question = { readonly messageId: number; readonly raw: Uint8Array; readonly facts: Facts };

/** What a worker is told: messages to decide, or the model to ask from now on. */
export type Order = readonly Question[] | { readonly kind: "model"; readonly model: ModelSetup | null };

export type Answer =
  /** The rules are compiled; sent once, first. */
  | { readonly kind: "ready" }
  | { readonly kind: "decided"; readonly messageId: number; readonly decided: Decided; readonly micros: number }
  | { readonly kind: "failed"; readonly messageId: number; readonly error: unknown };

const port = parentPort;
if (port === null) throw new Error("decide-worker.ts runs as a worker thread");

/** Answers are sent together, but none waits for more than this many others. */
const ANSWERS_MAX = 8;

const LARGE_BYTES = 1024 * 1024;

export type WorkerSetup = {
  readonly rules: RuleSet;
  /** Decided beside the rules, never acted on. */
  readonly shadow: RuleSet | null;
  readonly model: ModelSetup | null;
  /** One number: how many messages were begun. It tells a hung or dead worker's message from those before and after. */
  readonly begun: Int32Array<SharedArrayBuffer>;
};

const setup = workerData as WorkerSetup;
const rules = compileRules(setup.rules);
const shadow = setup.shadow === null ? null : compileRules(setup.shadow);
let advising = adviserOf(setup.model);
const waiting: Question[] = [];
let busy = false;

port.postMessage([{ kind: "ready" }] satisfies Answer[]);
port.on("message", (order: Order) => {
  if ("kind" in order) {
    advising = adviserOf(order.model);
    return;
  }
  waiting.push(...order);
  if (!busy) void work();
});

function adviserOf(model: ModelSetup | null): Adviser | null {
  return model === null ? null : adviser(model);
}

async function work(): Promise<void> {
  busy = true;
  let answers: Answer[] = [];
  for (let question = waiting.shift(); question !== undefined; question = waiting.shift()) {
    Atomics.add(setup.begun, 0, 1);
    answers.push(await answer(question));
    if (waiting.length > 0 && answers.length < ANSWERS_MAX) continue;
    port?.postMessage(answers);
    answers = [];
  }
  busy = false;
}

/** Memory of a large mail is given back now: until the collector comes by, several of them would be waiting for it. */
function release({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > LARGE_BYTES) buffer.transfer(0);
}

/** What goes wrong here may be the shadow rules' doing; the live answer never waits for them to be right. */
function withShadow(raw: Uint8Array, facts: Facts): Promise<Decided> {
  return decide(raw, facts, rules, { adviser: advising, shadow });
}

async function answer(question: Question): Promise<Answer> {
  const { messageId } = question;
  const started = performance.now();
  try {
    const { raw, facts } = question;
    const decided = await withShadow(raw, facts).catch(() => decide(raw, facts, rules, { adviser: advising }));
    release(raw);
    return { kind: "decided", messageId, decided, micros: Math.round((performance.now() - started) * 1000) };
  } catch (error) {
    return { kind: "failed", messageId, error };
  }
}
