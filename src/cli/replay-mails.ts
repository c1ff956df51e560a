// Where the mails of a replay come from: the store, in the order they came, or a folder of files. Pages of them, so
// that memory does not grow with their number; a mail that cannot be read is named and passed over.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CaseFacts, learnedOfCase } from "../decider/facts-of-case.ts";
import type { ReplayQuestion } from "../decider/replay-worker.ts";
import type { Answer } from "../rulebook/replay.ts";
import type { PastMail } from "../store/past.ts";
import { refOf } from "../store/ref.ts";
import { type Store, StoreTrouble } from "../store/store.ts";
import { CannotDo } from "./operator.ts";

/** A mail to be decided again; `before` is what was decided, null where nobody has. */
export type ReplayMail =
  | {
      readonly kind: "mail";
      readonly ref: string;
      readonly question: ReplayQuestion;
      readonly before: readonly Answer[] | null;
    }
  | { readonly kind: "unreadable"; readonly ref: string; readonly why: string };

export type MailPages = {
  readonly total: number;
  /** The next mails; none at the end. */
  readonly next: () => Promise<readonly ReplayMail[]>;
};

/** Mails in one page: enough that waking a thread costs nothing, few enough that all threads have some. */
const PAGE_MAILS = 16;

/** Mails of the store decided from a moment on; with `limit` the newest so many. */
export async function storedMails(
  store: Store,
  { since, limit, known }: { readonly since: number; readonly limit: number | null; readonly known: CaseFacts },
): Promise<MailPages> {
  const all = await store.decidedSince(since);
  const ids = limit === null ? all : all.slice(-limit);
  let at = 0;
  return {
    total: ids.length,
    async next() {
      const wanted = ids.slice(at, at + PAGE_MAILS);
      if (wanted.length === 0) return [];
      const page = await pageOf(store, wanted, known);
      at += page.length;
      return page;
    },
  };
}

/** As many of these mails as the store gives at once; where it cannot give them together, the first alone. */
async function pageOf(store: Store, ids: readonly number[], known: CaseFacts): Promise<readonly ReplayMail[]> {
  try {
    const past = await store.pastMails(ids);
    return await Promise.all(past.map((each) => storedMail(store, each, known)));
  } catch (error) {
    if (error instanceof StoreTrouble && error.reason !== "broken") throw error;
    const [first = 0] = ids;
    if (ids.length > 1) return pageOf(store, [first], known);
    return [{ kind: "unreadable", ref: refOf(first), why: error instanceof Error ? error.message : String(error) }];
  }
}

async function storedMail(store: Store, past: PastMail, known: CaseFacts): Promise<ReplayMail> {
  const raw = past.raw ?? (await wholeBody(store, past));
  const learned = await learnedOfCase(past, raw, known);
  return { kind: "mail", ref: past.ref, question: { raw, learned, clock: "received" }, before: past.outcomes };
}

async function wholeBody(store: Store, { messageId }: PastMail): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readBody(messageId)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What is known of a file beside its bytes. */
export type FileFacts = (raw: Uint8Array) => { readonly learned: ReplayQuestion["learned"] };

/** Every `.eml` file of a folder and the folders below, in the order of their names. */
export function mailFiles(folder: string, limit: number | null, factsOf: FileFacts): MailPages {
  const names = emlNames(folder).slice(0, limit ?? undefined);
  let at = 0;
  return {
    total: names.length,
    next: async () => {
      const page = names.slice(at, at + PAGE_MAILS).map((name) => fileMail(folder, name, factsOf));
      at += page.length;
      return page;
    },
  };
}

function emlNames(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return names.filter((name) => name.toLowerCase().endsWith(".eml")).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CannotDo(`${folder}: this folder of mails cannot be read (${code ?? String(error)})`);
  }
}

function fileMail(folder: string, name: string, factsOf: FileFacts): ReplayMail {
  try {
    const raw = new Uint8Array(readFileSync(join(folder, name)));
    return {
      kind: "mail",
      ref: name,
      question: { raw, learned: factsOf(raw).learned, clock: "written" },
      before: null,
    };
  } catch (error) {
    return { kind: "unreadable", ref: name, why: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}
