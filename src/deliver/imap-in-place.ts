// Mail that lies in the account already, because it was fetched there, is brought to its queue by the server: copied, moved
// or given keywords where it lies. Nothing is deleted. What is not to be found there any more is for APPEND.

import { Identity } from "../accept/identity.ts";
import type { ImapFlow } from "../mailbox/session.ts";
import type { AttemptResult, Job } from "../outcome.ts";
import type { DeskStore, ImapSource } from "../store/desk.ts";
import type { ImapOrigin } from "../store/imap.ts";

export type InPlace = {
  readonly account: string;
  readonly folder: string;
  readonly how: "copy" | "move" | "tag";
  /** Keywords it is to have, and those of other queues, which it has no more once it is no longer theirs. */
  readonly keywords: readonly string[];
  readonly otherKeywords: readonly string[];
  readonly places: DeskPlaces;
  readonly now: () => number;
};

/** What the store knows of places in accounts. */
export type DeskPlaces = Pick<DeskStore, "imapSources" | "keepImapPlace" | "imapPlacesGone">;

/** null: it does not lie in the account any more. Rejects as imapflow does. */
export async function bringThere(
  client: ImapFlow,
  job: Job,
  raw: Uint8Array,
  goal: InPlace,
): Promise<AttemptResult | null> {
  const sources = await goal.places.imapSources(job.messageId, goal.account);
  if (job.inDoubt || job.attempt > 1) {
    const known = goal.how === "tag" ? null : await lyingThere(client, raw, goal.folder);
    if (known !== null) return await done(job, goal, known, "already-there");
  }
  for (const source of usable(sources, goal)) {
    if (!(await isThere(client, source))) continue;
    const brought = await bring(client, job, source, goal);
    if (brought !== null) return brought;
  }
  return null;
}

/** A tag stays with the original; where another queue has the mail in a folder of its own, that is not ours to tag. */
function usable(sources: readonly ImapSource[], { how }: InPlace): readonly ImapSource[] {
  if (how !== "tag") return sources;
  const originals = new Set(sources.filter(({ kind }) => kind === "original").map(({ folder }) => folder));
  return sources.filter(({ folder }) => originals.has(folder));
}

async function isThere(client: ImapFlow, { folder, uidValidity, uid }: ImapSource): Promise<boolean> {
  const box = await client.mailboxOpen(folder).catch((error: unknown) => {
    if (isRefusal(error)) return null; // the folder is gone
    throw error;
  });
  if (box === null || String(box.uidValidity) !== uidValidity) return false;
  return (await searched(client, { uid: String(uid) })).includes(uid);
}

async function bring(client: ImapFlow, job: Job, source: ImapSource, goal: InPlace): Promise<AttemptResult | null> {
  const range = String(source.uid);
  const flagged = await tag(client, range, source, goal);
  const suffix = flagged ? "" : "-without-keyword";
  if (goal.how === "tag") return await done(job, goal, source, `tag${suffix}`);
  await client.mailboxCreate(goal.folder.split("/")).catch(() => undefined); // the copy tells what is wrong with it
  const path = goal.folder.split("/");
  // Another queue has it there: it gets a copy. imapflow would delete the original where the server cannot move.
  const moves = goal.how === "move" && source.kind !== "current" && client.capabilities.has("MOVE");
  const carried = await (moves
    ? client.messageMove(range, path, { uid: true })
    : client.messageCopy(range, path, { uid: true }));
  if (carried === false || carried === undefined) throw Object.assign(new Error("not carried"), { code: "COPY" });
  const uid = carried.uidMap?.get(source.uid);
  const { folder, uidValidity } = source;
  if (moves)
    await goal.places
      .imapPlacesGone(goal.account, folder, uidValidity, [source.uid], goal.now())
      .catch(() => undefined);
  const place =
    uid === undefined || carried.uidValidity === undefined
      ? null
      : { account: goal.account, folder: carried.destination, uidValidity: String(carried.uidValidity), uid };
  return await done(job, goal, place, `${moves ? "move" : "copy"}${suffix}`);
}

/** Whether it has all its keywords. They are set before it is carried, and go with it. */
async function tag(client: ImapFlow, range: string, { kind }: ImapSource, goal: InPlace): Promise<boolean> {
  const allowed = client.mailbox === false ? undefined : client.mailbox.permanentFlags;
  const takes = (flag: string) => allowed === undefined || allowed.has("\\*") || allowed.has(flag);
  const stale = kind === "current" ? [] : goal.otherKeywords;
  if (stale.length > 0) await client.messageFlagsRemove(range, [...stale], { uid: true });
  const wanted = goal.keywords.filter(takes);
  const set = wanted.length === 0 || (await client.messageFlagsAdd(range, wanted, { uid: true }));
  return set && wanted.length === goal.keywords.length;
}

async function done(job: Job, goal: InPlace, place: ImapOrigin | null, code: string): Promise<AttemptResult> {
  if (place !== null) {
    const { account, folder, uidValidity, uid } = { ...place, account: goal.account };
    const lies = { account, folder, uidValidity, uid, deliveryId: job.id };
    // What is not written down now is found there by those who look after the folder.
    await goal.places.keepImapPlace(lies, job.messageId, goal.now()).catch(() => undefined);
  }
  return { kind: "delivered", code };
}

/** After a crash: the mail in the queue's folder, by its Message-ID and then by all of it; null when it is not there. */
async function lyingThere(client: ImapFlow, raw: Uint8Array, folder: string): Promise<ImapOrigin | null> {
  const id = /^message-id[ \t]*:\s*(<[^<>\s]+>)/im.exec(Buffer.from(raw.subarray(0, 65_536)).toString("latin1"))?.[1];
  const box = await client.mailboxOpen(folder.split("/")).catch((error: unknown) => {
    if (isRefusal(error)) return null;
    throw error;
  });
  if (box === null || id === undefined) return null;
  await client.noop();
  const wanted = identityOf(raw);
  for (const uid of await searched(client, { header: { "message-id": id } })) {
    const message = await client.fetchOne(String(uid), { source: true }, { uid: true });
    if (message === false || message === undefined || message.source === undefined) continue;
    if (identityOf(message.source) === wanted)
      return { account: "", folder: box.path, uidValidity: String(box.uidValidity), uid };
  }
  return null;
}

/** imapflow answers false for a refusal, which is not the same as "nothing there". */
async function searched(client: ImapFlow, query: Parameters<ImapFlow["search"]>[0]): Promise<readonly number[]> {
  const found = await client.search(query, { uid: true });
  if (found === false || found === undefined) throw Object.assign(new Error("not searched"), { code: "SEARCH" });
  return found;
}

function identityOf(bytes: Uint8Array): string {
  const identity = new Identity();
  identity.add(bytes);
  return identity.digest();
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && "responseStatus" in error && error.responseStatus === "NO";
}
