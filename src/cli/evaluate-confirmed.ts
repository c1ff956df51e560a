// The mails of a store whose type people have told, as `evaluate --confirmed` asks about them: with the facts of then,
// and the model of the site as if it had not learnt them.

import { NONE } from "../classify/adviser.ts";
import { untrain, widened } from "../classify/bayes.ts";
import type { RuleSet } from "../config/rules.ts";
import { learnedOfCase } from "../decider/facts-of-case.ts";
import { withHouse } from "../decider/learn.ts";
import { TaughtModel } from "../decider/taught.ts";
import { calibrationOf, standingLessons } from "../decider/trial.ts";
import type { Base, KnownMail } from "../rulebook/evaluation.ts";
import type { Store } from "../store/store.ts";

export type Confirmed = {
  readonly mails: readonly KnownMail[];
  /** Mails whose type the rules do not have. */
  readonly leftOut: number;
  readonly base: Base;
};

/** A mail counts once, as the last correction that stands has it. */
export async function confirmedMails(store: Store, rules: RuleSet): Promise<Confirmed> {
  const rows = (await store.overrides(0)).filter(({ undone, isUndo, type }) => !undone && !isUndo && type !== null);
  const threadKey = await store.threadKey();
  const house = withHouse(rules);
  const types = [...rules.types.map(({ name }) => name), NONE];
  const mails: KnownMail[] = [];
  const asked = new Set<number>();
  let leftOut = 0;
  for (const { ref, type, alias, saidUrgency } of new Map(rows.map((each) => [each.ref, each])).values()) {
    const found = await store.find(ref);
    if (found === null || type === null) continue;
    asked.add(found.messageId);
    if (!types.includes(type)) {
      leftOut++;
      continue;
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.readBody(found.messageId)) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    const recipients = found.routings.map(({ recipient }) => recipient);
    const facts = house(await learnedOfCase({ ...found, recipients }, raw, { store, threadKey }));
    const voice = found.reading?.originalSender ?? found.mail.envelope.mailFrom;
    mails.push({ voice, type, alias, ...(saidUrgency === null ? {} : { urgency: saidUrgency }), raw, facts });
  }
  return { mails, leftOut, base: await baseWithout(store, asked, mails) };
}

/** The model in use, with what it was taught of these mails taken back, and a class for each of their types. */
async function baseWithout(store: Store, asked: ReadonlySet<number>, mails: readonly KnownMail[]): Promise<Base> {
  const known = await store.taught();
  const taught = await TaughtModel.open(store, known.live);
  for (const { id, messageId, type, features } of await standingLessons(store)) {
    if (id <= known.live && messageId !== null && asked.has(messageId)) untrain(taught.model, features, type);
  }
  const model = [...new Set(mails.map(({ type }) => type))].reduce(
    (wide, type) => (wide.classes.includes(type) ? wide : widened(wide, type)),
    taught.model,
  );
  return { model, key: taught.key, calibration: calibrationOf(known, taught), linear: taught.linear };
}
