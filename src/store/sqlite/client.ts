// The near side of a store thread: collects the calls of one turn of the event loop and, while a batch is under way,
// those of all turns since, and posts them together. That is the group commit: the busier, the fewer fsyncs.

import { Worker } from "node:worker_threads";
import { StoreTrouble } from "../store.ts";
import type { Verb, Verbs } from "./calls.ts";
import type { Answer, Batch, FromThread, ThreadTask, ToThread, Trouble } from "./thread-words.ts";

/** Bytes of bodies in one batch; what comes above waits for the next, so memory and the log grow in small steps. */
const BATCH_BYTES_MAX = 2 * 1024 * 1024;
/** The smallest buffer made: room for a usual batch, so that the first one serves for long. */
const BUFFER_BYTES_MIN = 512 * 1024;
/** Calls in one batch: keeps the wait of the first call in it short. */
const BATCH_CALLS_MAX = 512;
/** A thread that has not answered for so long hangs in the disk; longer than any lock wait, in milliseconds. */
const ANSWER_MS_MAX = 120_000;

type Pending = {
  readonly verb: Verb;
  readonly args: unknown;
  readonly bytes: Uint8Array | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
};

type Args<V extends Verb> = Parameters<Verbs[V]> extends [infer A, ...unknown[]] ? A : null;

export type ThreadClient = {
  call<V extends Verb>(verb: V, args: Args<V>, bytes?: Uint8Array): Promise<ReturnType<Verbs[V]>>;
  /** Batches sent so far. */
  batches(): number;
  /** Refuses new calls, carries out the pending ones, waits for `others`, then closes the files and ends the thread. */
  close(others?: Promise<unknown>): Promise<void>;
  /** Settles with the reason when the thread has died or hangs; not when it was closed. */
  readonly gone: Promise<StoreTrouble>;
  /** Ends the thread at once, as a crash would. */
  crash(): Promise<void>;
};

type State = {
  readonly worker: Worker;
  readonly folder: string;
  waiting: Pending[];
  underWay: Pending[];
  scheduled: boolean;
  batches: number;
  /** The buffer of the last batch, free to be filled again. */
  spare: ArrayBuffer | null;
  /** Why calls are refused; null while they are not. */
  refusal: StoreTrouble | null;
  closing: (() => void) | null;
  deadline: NodeJS.Timeout | null;
  gone: (reason: StoreTrouble) => void;
};

/** Starts a thread; resolves when its files are open, rejects with `StoreTrouble` when they cannot be. */
export async function startThread(task: ThreadTask): Promise<ThreadClient> {
  const worker = new Worker(new URL("./thread.ts", import.meta.url), { workerData: task, name: `store ${task.role}` });
  await opened(worker, task.folder);
  const state: State = {
    worker,
    folder: task.folder,
    waiting: [],
    underWay: [],
    scheduled: false,
    batches: 0,
    spare: null,
    refusal: null,
    closing: null,
    deadline: null,
    gone: () => undefined,
  };
  const gone = Promise.withResolvers<StoreTrouble>();
  state.gone = gone.resolve;
  worker.on("message", (message: FromThread) => receive(state, message));
  worker.on("error", (error) => die(state, error));
  worker.on("exit", () => die(state, null));
  return {
    call: (verb, args, bytes) => call(state, verb, args, bytes ?? null) as never,
    batches: () => state.batches,
    gone: gone.promise,
    close: (others) => close(state, others),
    async crash() {
      await worker.terminate();
    },
  };
}

function opened(worker: Worker, folder: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onMessage = (message: FromThread): void => {
    if (message.kind === "refused") reject(storeTrouble(message.trouble));
    else resolve();
  };
  const onError = (error: unknown): void => reject(deadThread(folder, error));
  const onExit = (): void => reject(deadThread(folder, null));
  worker.on("message", onMessage).on("error", onError).on("exit", onExit);
  return promise.finally(() => worker.off("message", onMessage).off("error", onError).off("exit", onExit));
}

function call(state: State, verb: Verb, args: unknown, bytes: Uint8Array | null): Promise<unknown> {
  if (state.closing !== null) return Promise.reject(new StoreTrouble("closed", "The store is closed."));
  if (state.refusal !== null) return Promise.reject(state.refusal);
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  state.waiting.push({ verb, args, bytes, resolve, reject });
  schedule(state);
  return promise;
}

function schedule(state: State): void {
  if (state.scheduled || state.underWay.length > 0) return;
  state.scheduled = true;
  setImmediate(() => {
    state.scheduled = false;
    if (state.refusal === null) post(state);
  });
}

function post(state: State): void {
  if (state.underWay.length > 0 || state.waiting.length === 0) return;
  state.underWay = takeBatch(state);
  const batch = pack(state);
  state.batches++;
  state.deadline = setTimeout(() => hang(state), ANSWER_MS_MAX);
  const message: ToThread = { kind: "batch", batch };
  state.worker.postMessage(message, batch.bytes === null ? [] : [batch.bytes]);
}

function takeBatch(state: State): Pending[] {
  let bytes = 0;
  let count = 0;
  for (const pending of state.waiting) {
    bytes += pending.bytes?.byteLength ?? 0;
    if (count > 0 && (bytes > BATCH_BYTES_MAX || count >= BATCH_CALLS_MAX)) break;
    count++;
  }
  return state.waiting.splice(0, count);
}

/**
 * Copies all bodies of a batch into one buffer, which is then handed over and not copied again. Posting the views
 * themselves would copy the whole buffer behind each, and handing those over would take them from whoever shares it.
 * The buffer comes back with the answers: making one a batch would leave the heap in tatters after a few large mails.
 */
function pack(state: State): Batch {
  const total = state.underWay.reduce((sum, { bytes }) => sum + (bytes?.byteLength ?? 0), 0);
  const buffer = total === 0 ? null : bufferFor(state, total);
  const whole = new Uint8Array(buffer ?? new ArrayBuffer(0));
  let end = 0;
  const calls = state.underWay.map(({ verb, args, bytes }) => {
    const from = end;
    if (bytes !== null) {
      whole.set(bytes, from);
      end += bytes.byteLength;
    }
    return { verb, args, from, to: end };
  });
  return { calls, bytes: buffer };
}

function bufferFor(state: State, total: number): ArrayBuffer {
  const { spare } = state;
  state.spare = null;
  return spare !== null && spare.byteLength >= total ? spare : new ArrayBuffer(Math.max(total, BUFFER_BYTES_MIN));
}

function receive(state: State, message: FromThread): void {
  if (message.kind !== "answers") return;
  if (state.deadline !== null) clearTimeout(state.deadline);
  const asked = state.underWay;
  state.underWay = [];
  state.spare = message.bytes ?? state.spare;
  asked.forEach((pending, place) => {
    settle(pending, message.answers[place]);
  });
  if (state.waiting.length > 0) schedule(state);
  else state.closing?.();
}

function settle(pending: Pending, answer: Answer | undefined): void {
  if (answer?.kind === "ok") pending.resolve(answer.value);
  else if (answer?.kind === "trouble") pending.reject(storeTrouble(answer));
  else pending.reject(new Error(answer?.message ?? "the store gave no answer", { cause: answer?.detail }));
}

/** The thread is gone: nobody waits for it any longer. */
function die(state: State, error: unknown): void {
  if (state.deadline !== null) clearTimeout(state.deadline);
  state.refusal ??= deadThread(state.folder, error);
  const refused = [...state.underWay, ...state.waiting];
  state.underWay = [];
  state.waiting = [];
  for (const pending of refused) pending.reject(state.refusal);
  if (state.closing === null) state.gone(state.refusal);
  state.closing?.();
}

function hang(state: State): void {
  const sentence = `The disk under ${state.folder} has not answered for ${ANSWER_MS_MAX / 1000} seconds. Look at it, then start the gateway again.`;
  state.refusal = new StoreTrouble("broken", sentence);
  die(state, null);
  void state.worker.terminate();
}

async function close(state: State, others?: Promise<unknown>): Promise<void> {
  if (state.closing !== null) return;
  await new Promise<void>((resolve) => {
    state.closing = resolve;
    if (state.refusal !== null || (state.waiting.length === 0 && state.underWay.length === 0)) resolve();
  });
  await others;
  if (state.refusal !== null) return;
  const gone = new Promise<void>((resolve) => state.worker.once("exit", () => resolve()));
  const message: ToThread = { kind: "close" };
  state.worker.postMessage(message);
  await gone;
}

function deadThread(folder: string, error: unknown): StoreTrouble {
  return new StoreTrouble(
    "broken",
    `The thread of the store in ${folder} has died. Start the gateway again; nothing accepted is lost.`,
    error,
  );
}

function storeTrouble({ reason, message, detail }: Trouble): StoreTrouble {
  return new StoreTrouble(reason, message, detail);
}
