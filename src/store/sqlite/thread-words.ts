// What the client and the store's threads post to each other: batches of calls, their answers, and trouble.

import type { StoreTrouble } from "../store.ts";
import type { Verb } from "./calls.ts";

/** One call of a batch; its bytes, if any, lie from `from` to `to` in the batch's buffer. */
export type Call = { readonly verb: Verb; readonly args: unknown; readonly from: number; readonly to: number };
export type Batch = { readonly calls: readonly Call[]; readonly bytes: ArrayBuffer | null };

/** Trouble as it crosses threads. */
export type Trouble = {
  readonly kind: "trouble";
  readonly reason: StoreTrouble["reason"];
  readonly message: string;
  readonly detail: string;
};

export type Answer =
  | { readonly kind: "ok"; readonly value: unknown }
  | Trouble
  /** A mistake of the caller or of ours: no trouble of the machine. */
  | { readonly kind: "mistake"; readonly message: string; readonly detail: string };

/** What a thread is told when it starts. `write` owns the only connection that writes. */
export type ThreadTask = {
  readonly folder: string;
  readonly mode: "gateway" | "operator";
  readonly role: "write" | "read";
};

export type ToThread = { readonly kind: "batch"; readonly batch: Batch } | { readonly kind: "close" };
export type FromThread =
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly trouble: Trouble }
  /** `bytes` is the batch's own buffer, given back to be filled again. */
  | { readonly kind: "answers"; readonly answers: readonly Answer[]; readonly bytes: ArrayBuffer | null }
  | { readonly kind: "closed" };
