// A mail in a store that people can correct, and what they say of it.

import { type Features, featureReader, stemReader } from "../../src/classify/features.ts";
import { hear } from "../../src/classify/hear.ts";
import { refOf } from "../../src/store/ref.ts";
import type { SqliteStore } from "../../src/store/sqlite/sqlite.ts";
import type { Correction } from "../../src/store/teaching.ts";
import { messageSaying } from "./blank.ts";
import { decidedOf, NOW, newMail, outcomeOf } from "./store-samples.ts";

const stems = stemReader();

export function featuresOf(text: string, key = "any"): Features {
  return featureReader(key).features(stems(hear(messageSaying(text)), "en"));
}

/** A mail decided for the billing desk (each alias); answers its message id. */
export async function decidedMail(
  store: SqliteStore,
  aliases: readonly string[] = ["billing"],
  text = "Subject: a\r\n\r\nb",
): Promise<number> {
  const accepted = await store.accept(newMail(text, aliases));
  const messageId = accepted.messageId ?? 0;
  const outcomes = accepted.routings.map((routing, place) => ({
    routingId: routing.kind === "new" ? routing.routingId : 0,
    outcome: outcomeOf(aliases[place] ?? "", "billing-desk"),
    leaseTo: null,
  }));
  await store.record(decidedOf(messageId, outcomes));
  return messageId;
}

export function correction(messageId: number, over: Partial<Correction> = {}): Correction {
  return {
    messageId,
    alias: null,
    at: NOW + 100,
    by: "maria",
    reason: "a rash is no bill",
    queue: "clinical-triage",
    department: "Nurse triage",
    type: "clinical",
    urgency: null,
    features: featuresOf("a rash on my arm"),
    writer: null,
    lies: null,
    pin: null,
    ...over,
  };
}

/** The last act is taken back. */
export function undo(store: SqliteStore, messageId: number, alias: string | null = null) {
  return store.undoCorrection({ messageId, alias, at: NOW + 300, by: "maria", reason: "no" });
}

export function claim(store: SqliteStore, queue: string) {
  return store.claim({ queue, owner: "me", now: NOW + 1000, leaseUntil: NOW + 2000, limit: 10 });
}

export async function caseOf(store: SqliteStore, messageId: number) {
  const found = await store.find(refOf(messageId));
  if (found === null) throw new Error("there is no case");
  return found;
}
