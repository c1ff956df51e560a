// Marks the originals of mails that are ours: keyword, copy or move, as the configuration says. Nothing is deleted. A server
// that refuses stops nothing else: it is told, and tried again at the next look.

import type { Unmarked } from "../store/imap.ts";
import { isRefused, searched, within } from "./imap-command.ts";
import type { Fetching } from "./imap-fetch.ts";

/** Originals marked with one command. */
const MARK_MAILS = 200;
/** After so many single refusals the rest waits for the next look. */
const REFUSALS_MAX = 3;

/** Why originals stay as they are. */
export type MarkTrouble = "keyword-refused" | "copy-refused" | "move-refused";

/** Marks what is waiting for it, that of an earlier run too; answers what the server refused last, null when nothing. */
export async function markOriginals(marking: Fetching): Promise<MarkTrouble | null> {
  const { options, uidValidity } = marking;
  const { account, folder, store, onAlive } = options;
  for (;;) {
    const waiting = await store.imapUnmarked(account.name, folder, uidValidity, MARK_MAILS);
    if (waiting.length === 0) return null;
    const trouble = await markAll(marking, waiting);
    if (trouble !== null) return trouble;
    onAlive();
  }
}

async function markAll(marking: Fetching, waiting: readonly Unmarked[]): Promise<MarkTrouble | null> {
  const uids = waiting.map(({ uid }) => uid);
  const trouble = await mark(marking, uids);
  if (trouble === null) return null;
  // Some servers refuse when a mail is gone, and one mail too many for its target must not hold up the others.
  const { client } = marking;
  await within(client.noop());
  const lying = new Set(await searched(client, { uid: uids.join(",") }));
  const there = uids.filter((uid) => lying.has(uid));
  await written(
    marking,
    uids.filter((uid) => !lying.has(uid)),
  );
  if (there.length === uids.length && uids.length === 1) return trouble;
  let last: MarkTrouble | null = null;
  let refusals = 0;
  for (const uid of there) {
    const refused = await mark(marking, [uid]);
    if (refused === null) continue;
    last = refused;
    refusals += 1;
    if (refusals === REFUSALS_MAX) return last;
  }
  return last;
}

async function mark(marking: Fetching, uids: readonly number[]): Promise<MarkTrouble | null> {
  const { client, options } = marking;
  const { keyword, place } = options.account.done;
  const range = uids.join(",");
  if (keyword !== null && !takes(marking, keyword)) options.onCannot("keyword");
  else if (keyword !== null) {
    const flagged = await within(client.messageFlagsAdd(range, [keyword], { uid: true }));
    const refused = isRefused(client, flagged);
    if (refused && place === null) return "keyword-refused";
    // Where it is brought to another folder, that is mark enough.
    if (refused) options.onCannot("keyword-refused");
  }
  const trouble = place === null ? null : await carry(marking, range, place.folder, place.kind === "move");
  if (trouble === null) await written(marking, uids);
  return trouble;
}

/** RFC 9051 7.1: \* in PERMANENTFLAGS says that new keywords may be made. */
function takes({ client }: Fetching, keyword: string): boolean {
  const allowed = client.mailbox === false ? undefined : client.mailbox.permanentFlags;
  return allowed === undefined || allowed.has("\\*") || allowed.has(keyword);
}

/** Without the MOVE extension a move would have to delete, so the mail is copied and stays. */
async function carry(
  { client, options }: Fetching,
  range: string,
  goal: string,
  isMove: boolean,
): Promise<MarkTrouble | null> {
  const moves = isMove && client.capabilities.has("MOVE");
  if (isMove && !moves) options.onCannot("move");
  const isCarried = async (): Promise<boolean> => {
    const run = moves ? client.messageMove(range, goal, { uid: true }) : client.messageCopy(range, goal, { uid: true });
    return !isRefused(client, await within(run));
  };
  if (await isCarried()) return null;
  // The folder may be missing. Whether it could be made is told by the second try, as servers word "it exists" in many ways.
  await within(client.mailboxCreate(goal).catch(() => undefined));
  if (await isCarried()) return null;
  return moves ? "move-refused" : "copy-refused";
}

async function written({ options, uidValidity }: Fetching, uids: readonly number[]): Promise<void> {
  const { account, folder, store, now } = options;
  if (uids.length > 0) await store.imapMarked(account.name, folder, uidValidity, uids, now());
}
