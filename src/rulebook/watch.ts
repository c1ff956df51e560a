// Looks after a rules folder: notices every save, waits until it is whole, has it looked at, and hands over what came of
// it. Half-written files, renames, swapped links and a folder that goes and comes back are nothing special to it, because
// it compares contents, and takes those that two snapshots in a row agree on.

import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Problem } from "../config/yaml.ts";
import type { Examined } from "./apart.ts";
import { type Snapshot, snapshot } from "./snapshot.ts";

/** The folder is looked at so often also when nothing tells of a change, as for files behind links. */
const POLL_MS = 1000;
/** What is the same for so long is taken for whole. */
const SETTLE_MS = 100;
/** When good rules could not be put to work, they are tried again after this. */
const RETRY_MS = 10_000;

export type GoodRules = Examined & { readonly kind: "good" };

export type WatchOptions = {
  /** Look at the files: schema, examples, everything. */
  readonly read: (taken: Taken, stop: AbortSignal) => Promise<Examined>;
  /** The print of the folder when it was last looked at; null: it was not. */
  readonly seen: string | null;
  /** Put rules to work; false: not now, try again. Must not reject. */
  readonly onRules: (good: GoodRules) => Promise<boolean>;
  readonly onProblems: (problems: readonly Problem[]) => void;
  /** Something of ours went wrong; the folder is looked at again later. */
  readonly onTrouble: (error: unknown) => void;
  /** Another way to take snapshots, in tests. */
  readonly snapshot?: (folder: string) => Promise<Snapshot>;
};

/** What is to be looked at: the folder, and its files where they could all be read. */
export type Taken = {
  readonly folder: string;
  readonly sources: Snapshot["sources"];
  /** Somebody asked for this look, and so means what stands there. */
  readonly isAsked: boolean;
};

export type RulesWatch = AsyncDisposable & {
  /** Look now, also when nothing has changed. */
  look(): void;
};

/** Watch a folder until disposed. One look at a time; what is saved meanwhile is the next. */
export function watchRules(folder: string, options: WatchOptions): RulesWatch {
  const stopping = new AbortController();
  const bell = newBell();
  const loop = { folder, options, bell, stop: stopping.signal, seen: options.seen, isAsked: false };
  if (options.seen === null) bell.ring();
  const ended = run(loop);
  return {
    look() {
      loop.seen = null;
      loop.isAsked = true;
      bell.ring();
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      bell.ring();
      await ended;
    },
  };
}

type Loop = {
  readonly folder: string;
  readonly options: WatchOptions;
  readonly bell: Bell;
  readonly stop: AbortSignal;
  seen: string | null;
  isAsked: boolean;
};

async function run(loop: Loop): Promise<void> {
  using listener = folderListener(loop.folder, loop.bell.ring);
  let pause = POLL_MS;
  while (!loop.stop.aborted) {
    await listener.renew();
    await loop.bell.wait(pause);
    pause = (await lookSafely(loop)) ? POLL_MS : RETRY_MS;
  }
}

/** A mistake of ours in one look must not end the watch. */
async function lookSafely(loop: Loop): Promise<boolean> {
  try {
    return await lookOnce(loop);
  } catch (error) {
    loop.seen = null;
    loop.options.onTrouble(error);
    return false;
  }
}

/** Answers false when good rules were not put to work. */
async function lookOnce(loop: Loop): Promise<boolean> {
  const { folder, options, bell, stop } = loop;
  const take = options.snapshot ?? snapshot;
  const { print } = await take(folder);
  if (print === loop.seen || stop.aborted) return true;
  await sleep(SETTLE_MS);
  const again = await take(folder);
  if (again.print !== print) {
    bell.ring(); // it is still being written
    return true;
  }
  loop.seen = print;
  const { isAsked } = loop;
  loop.isAsked = false;
  const examined = await options.read({ folder, sources: again.sources, isAsked }, stop);
  if (stop.aborted) return true;
  if (examined.kind === "bad") {
    options.onProblems(examined.problems);
    return true;
  }
  const taken = await Promise.race([options.onRules(examined), aborted(stop)]);
  if (!taken) loop.seen = null;
  return taken;
}

function aborted(stop: AbortSignal): Promise<true> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve(true);
    else stop.addEventListener("abort", () => resolve(true), { once: true });
  });
}

type Bell = {
  readonly ring: () => void;
  /** Resolves when it rings or has rung since the last wait, or after so many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
};

function newBell(): Bell {
  let rung = false;
  let wake: (() => void) | null = null;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      wake = null;
    },
  };
}

/** Hears of changes in a folder at once where the system tells of them; `renew` follows it when another takes its place. */
function folderListener(folder: string, onChange: () => void): Disposable & { renew(): Promise<void> } {
  let watcher: FSWatcher | null = null;
  let watched = "";
  const close = () => {
    watcher?.close();
    watcher = null;
    watched = "";
  };
  return {
    async renew() {
      const there = await stat(folder).catch(() => null);
      const now = there === null ? "" : `${there.dev}:${there.ino}`;
      if (now === watched) return;
      close();
      watcher = now === "" ? null : listen(folder, onChange, close);
      watched = watcher === null ? "" : now;
    },
    [Symbol.dispose]: close,
  };
}

/** null where the system has no listener left to give; looking every second is enough then. */
function listen(folder: string, onChange: () => void, onError: () => void): FSWatcher | null {
  try {
    return watch(folder, { persistent: false }, onChange).on("error", onError);
  } catch {
    return null;
  }
}
