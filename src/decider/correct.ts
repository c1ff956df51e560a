// A person's correction of a decided mail, from what they say to what the store keeps: which type the queue means, what
// the model sees of the mail, and which later mails a pin is for. The command line and every other way in call this.

import { NONE, pinPrint } from "../classify/adviser.ts";
import { staffProof } from "../classify/staff.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Urgency } from "../outcome.ts";
import { parse } from "../parse/parse.ts";
import { provenSender } from "../pipeline.ts";
import { departmentOf } from "../route/route.ts";
import { watchedTypes } from "../rulebook/guards.ts";
import type { ImapOrigin } from "../store/imap.ts";
import type { Case, Store } from "../store/store.ts";
import type { Corrected } from "../store/teaching.ts";
import { learnedOfCase } from "./facts-of-case.ts";
import { withHouse } from "./learn.ts";
import { lessonReader } from "./lesson.ts";
import { type Trial, tryLessons } from "./trial.ts";

/** What a person says. */
export type Said = {
  readonly queue: string;
  /** null: as the queue says. */
  readonly type: string | null;
  /** Where the mail lies already, as people have put it there by hand; null: it is to be delivered. */
  readonly lies: ImapOrigin | null;
  readonly urgency: Urgency | null;
  readonly alias: string | null;
  readonly pin: boolean;
  readonly by: string;
  readonly reason: string;
};

/** A correction that cannot be understood; the message says what to write instead. */
export class Unclear extends Error {}

export type Answer = { readonly corrected: Corrected; readonly type: string | null; readonly trial: Trial | null };

/** Correct a case: route, record, teach, in one transaction; then try the model that has learnt it. Throws `Unclear`. */
export async function correctCase(store: Store, found: Case, said: Said, rules: RuleSet, at: number): Promise<Answer> {
  const { queue, urgency, alias, by, reason } = said;
  if (!rules.queues.some(({ name }) => name === queue)) {
    const known = rules.queues.map(({ name }) => name).join(", ");
    throw new Unclear(`There is no queue "${queue}". The rules know: ${known}.`);
  }
  const type = said.type ?? typeFor(queue, rules, said.lies !== null);
  const known = [...rules.types.map(({ name }) => name), NONE];
  if (type !== null && !known.includes(type))
    throw new Unclear(`There is no request type "${type}". Write one of ${known.join(", ")}.`);
  const key = await store.modelKey();
  const raw = await bodyOf(store, found);
  const message = await parse(raw);
  const pin = said.pin ? await pinFor(store, found, raw, message, rules, key) : null;
  const corrected = await store.correct({
    messageId: found.messageId,
    alias,
    at,
    by,
    reason,
    queue,
    lies: said.lies,
    department: departmentOf(queue, rules),
    type,
    urgency,
    ...lessonReader(key)(message),
    pin,
  });
  return { corrected, type, trial: await tryLessons(store, watchedTypes(rules), at) };
}

/** Take the last correction of a case back, and what it taught. */
export async function undoCase(
  store: Store,
  found: Case,
  said: Pick<Said, "alias" | "by" | "reason">,
  rules: RuleSet,
  at: number,
): Promise<Answer> {
  const { alias, by, reason } = said;
  const corrected = await store.undoCorrection({ messageId: found.messageId, alias, at, by, reason });
  return { corrected, type: null, trial: await tryLessons(store, watchedTypes(rules), at) };
}

/**
 * The only type whose mail goes to this queue. Of several a person must say which, or nothing is learnt (null) of one who
 * cannot be asked: what the gateway took it for is no label.
 */
function typeFor(queue: string, rules: RuleSet, isSilent: boolean): string | null {
  const [only, ...others] = rules.types.flatMap(({ name }) => (hasDepartmentIn(queue, name, rules) ? [name] : []));
  if (only !== undefined && others.length === 0) return only;
  if (isSilent) return null;
  const choice = [...rules.types.map(({ name }) => name), NONE].join(", ");
  throw new Unclear(
    `Queue ${queue} takes mail of more than one type, or of none. Say what this one is with --type: ${choice}.`,
  );
}

function hasDepartmentIn(queue: string, type: string, { departments }: RuleSet): boolean {
  return departments.some(
    (rule) => rule.queue === queue && rule.when.some(({ fact, values }) => fact === "type" && values.includes(type)),
  );
}

async function pinFor(
  store: Store,
  found: Case,
  raw: Uint8Array,
  message: Awaited<ReturnType<typeof parse>>,
  rules: RuleSet,
  key: string,
): Promise<Uint8Array> {
  const recipients = found.routings.map(({ recipient }) => recipient);
  const threadKey = await store.threadKey();
  const learned = await learnedOfCase({ ...found, recipients }, raw, { store, threadKey });
  const sender = provenSender(message, staffProof(message, withHouse(rules)(learned)));
  if (sender === "")
    throw new Unclear("This mail names no sender, so later mail cannot be told to be of the same. Leave --pin out.");
  return Buffer.from(pinPrint(key, sender, message.subject), "hex");
}

async function bodyOf(store: Pick<Store, "readBody">, { messageId }: Case): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readBody(messageId)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
