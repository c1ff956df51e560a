// Tells people what went wrong with their mail: the owner of the queue by mail, and the review queue. Each thing is told once,
// things of one moment together, with the null sender, so that nothing can answer and nothing can go round.

import { createHash } from "node:crypto";
import type { RuleSet } from "../config/rules.ts";
import type { Adapter } from "../deliver/adapter.ts";
import { nextAttemptAt } from "../deliver/retry.ts";
import { errorFields, type Log } from "../log.ts";
import { NO_PROOF } from "../message.ts";
import type { Job } from "../outcome.ts";
import type { Concern, Notice } from "../store/follow-up.ts";
import type { Store } from "../store/store.ts";
import { every } from "./every.ts";
import { writeNotice } from "./notice-text.ts";

const POLL_MS = 5_000;
/** What comes within this is told in one mail; with something urgent among it, at once. */
const GATHER_MS = 20_000;
/** Failures before this were told by a gateway that ran then. */
const FAILED_MS = 3 * 24 * 3600_000;
/** Whoever was told waits this long for the next mail, so that mail getting late one by one all day is a few mails, not thousands. */
const AGAIN_MS = 15 * 60_000;
/** The same with something urgent to tell. */
const URGENT_AGAIN_MS = 60_000;
/** Looked at in one go. */
const PAGE = 2_000;
/** Told in one mail, which names the first few and counts the others; what is beyond is told with the next. */
const TOLD_MAX = 20_000;
/** Stands for the recipient where nobody can be told: what happened is in the log. */
const NOBODY = "nobody";

export type NoticeOptions = {
  readonly store: Pick<Store, "concerns" | "addNotice" | "dueNotices" | "noticesSent" | "noticesFailed">;
  readonly rules: () => RuleSet;
  readonly hostname: string;
  /** Who our mails are from. */
  readonly from: string;
  /** The way to a person's mailbox; null: the configuration names no server for that. Disposed after use. */
  readonly person: ((address: string) => Adapter) | null;
  /** The way to a queue's people; undefined: there is no such queue any more. */
  readonly queue: (name: string) => Adapter | undefined;
  readonly log: Log;
  readonly now: () => number;
  readonly chance: () => number;
  /** Another pace, in tests; milliseconds. */
  readonly pollMs?: number | undefined;
  readonly gatherMs?: number | undefined;
};

/** Tells until disposed. */
export function startNotices(options: NoticeOptions): AsyncDisposable {
  const state: Sending = { adapter: null, isStopping: false, lastTold: new Map() };
  const loop = every(
    options.pollMs ?? POLL_MS,
    () => lookOnce(options, state),
    (error) => options.log.error("store-trouble", errorFields(error)),
  );
  return {
    async [Symbol.asyncDispose]() {
      state.isStopping = true;
      // A server may take ten minutes to answer: what is under way is given up, and told after the next start.
      await state.adapter?.[Symbol.asyncDispose]();
      await loop[Symbol.asyncDispose]();
    },
  };
}

type Sending = {
  /** The way that is being gone now. */
  adapter: Adapter | null;
  isStopping: boolean;
  /** When each recipient was told last. */
  readonly lastTold: Map<string, number>;
};

async function lookOnce(options: NoticeOptions, state: Sending): Promise<void> {
  const { store, now } = options;
  const at = now();
  for (let seen = 0, page = PAGE; page === PAGE && seen < TOLD_MAX && !state.isStopping; seen += page) {
    const concerns = await store.concerns({ now: at, since: at - FAILED_MS, limit: PAGE });
    page = concerns.length;
    await Promise.all(
      concerns.flatMap((concern) =>
        recipientsOf(concern, options).map((recipient) => store.addNotice(concern, recipient, at)),
      ),
    );
  }
  const due = Map.groupBy(await store.dueNotices(at, TOLD_MAX), ({ recipient }) => recipient);
  for (const [recipient, notices] of due) if (!state.isStopping) await tell(recipient, notices, options, state);
}

/** The owner of the queue, and the review queue unless it is that one which is in trouble. */
function recipientsOf({ queue, kind }: Concern, { rules, person }: NoticeOptions): readonly string[] {
  const set = rules();
  const owner = person === null ? null : ownerOf(queue, set);
  const people = owner === null ? [] : [`person:${owner}`];
  // A mail that is late is the owner's business; who looks at odd mail can do nothing about it.
  const review =
    queue === set.reviewQueue || (kind === "late" && people.length > 0) ? [] : [`queue:${set.reviewQueue}`];
  const all = [...people, ...review];
  return all.length === 0 ? [NOBODY] : all;
}

/** The key under `staff` of whom `owner` names, else of the first under `escalation` with an address. */
function ownerOf(queue: string, { queues, staff }: RuleSet): string | null {
  const found = queues.find(({ name }) => name === queue);
  const reachable = staff.filter(({ mail }) => mail !== null);
  const owner = reachable.find(
    ({ key, name, mail }) => found?.owner !== null && [key, name, mail].includes(found?.owner ?? ""),
  );
  const next = found?.escalation.find((key) => reachable.some((each) => each.key === key));
  return owner?.key ?? next ?? null;
}

async function tell(
  recipient: string,
  notices: readonly Notice[],
  options: NoticeOptions,
  state: Sending,
): Promise<void> {
  const { store, log, now, chance, gatherMs } = options;
  const isUrgent = notices.some(({ urgency }) => urgency === "P1" || urgency === "P2");
  const oldest = least(notices.map(({ at }) => at));
  if (!isUrgent && now() - oldest < (gatherMs ?? GATHER_MS)) return;
  const told = state.lastTold.get(recipient);
  if (told !== undefined && now() - told < (isUrgent ? URGENT_AGAIN_MS : AGAIN_MS)) return;
  const ids = notices.map(({ id }) => id);
  const adapter = wayTo(recipient, options);
  if (adapter === null) {
    log.error("notice-unsent", {
      count: ids.length,
      note: "nobody can be told: no owner with an address, and no queue to look",
    });
    return await store.noticesSent(ids, now());
  }
  state.adapter = adapter;
  const code = await send(recipient, adapter, notices, options);
  state.adapter = null;
  if (code === null) {
    state.lastTold.set(recipient, now());
    log.info("notice-sent", { count: ids.length, reason: recipient });
    return await store.noticesSent(ids, now());
  }
  const attempt = least(notices.map(({ attempts }) => attempts)) + 1;
  log.warn("notice-unsent", { count: ids.length, reason: recipient, attempt, code });
  await store.noticesFailed(ids, nextAttemptAt(attempt, now(), chance()));
}

/** Also of more numbers than a call can have arguments. */
function least(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b));
}

/** null: there is nobody, or nobody any more. */
function wayTo(recipient: string, options: NoticeOptions): Adapter | null {
  const [kind, name = ""] = recipient.split(":");
  if (kind === "queue") return options.queue(name) ?? null;
  const address = addressOf(recipient, options);
  return address === null ? null : (options.person?.(address) ?? null);
}

function addressOf(recipient: string, { rules }: NoticeOptions): string | null {
  return rules().staff.find(({ key }) => recipient === `person:${key}`)?.mail ?? null;
}

/** null: it arrived; else why not. */
async function send(
  recipient: string,
  adapter: Adapter,
  notices: readonly Notice[],
  options: NoticeOptions,
): Promise<string | null> {
  const { hostname, from, now } = options;
  const [kind, name = ""] = recipient.split(":");
  const to = addressOf(recipient, options) ?? `${name}@${hostname}`;
  const { bytes } = writeNotice(notices, { hostname, from, to, at: now() });
  const result = await adapter.deliver(jobOf(name, notices, bytes, now()), () => once(bytes), bytes);
  if (kind === "person") await adapter[Symbol.asyncDispose]();
  return result.kind === "delivered" ? null : result.code;
}

/** A delivery as adapters know it, of a mail that is no case: it has no number, and nobody's mail is touched for it. */
function jobOf(queue: string, notices: readonly Notice[], bytes: Buffer, at: number): Job {
  const [first] = notices;
  const urgency = notices.map((notice) => notice.urgency).sort()[0] ?? "P4";
  return {
    id: 0,
    messageId: 0,
    queue,
    attempt: 1,
    createdAt: at,
    inDoubt: false,
    mail: {
      door: "submission",
      receivedAt: at,
      client: { address: "127.0.0.1", helo: "localhost", tls: false, user: null },
      envelope: { mailFrom: "", smtpUtf8: false, body8Bit: false, dsnReturn: null, dsnEnvelopeId: null },
      sizeBytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      messageId: null,
    },
    recipients: [],
    label: {
      ref: first?.ref ?? "",
      queue,
      requestType: null,
      urgency,
      department: null,
      decidedBy: "review",
      rules: [],
      proof: NO_PROOF,
      standsInFor: null,
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
