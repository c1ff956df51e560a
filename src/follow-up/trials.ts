// Trials ("canary mails"): mails of our own that take the whole way of a patient's, by every door and for every alias, and end in
// a queue nobody reads. One that does not arrive is an alarm before a patient's mail is.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { canaryLocal } from "../intake/canary.ts";
import type { FollowUpStore } from "../store/follow-up.ts";

/** A way in. `send` answers why it could not be sent, in words without addresses; null: it was taken. */
export type TrialDoor = {
  readonly name: string;
  readonly send: (address: string, mail: Buffer) => Promise<string | null>;
};

export type TrialResult = { readonly alias: string; readonly door: string } & (
  | { readonly kind: "arrived"; readonly afterMs: number }
  | { readonly kind: "missing" }
  | { readonly kind: "not-sent"; readonly why: string }
);

export type TrialOptions = {
  readonly aliases: readonly string[];
  readonly doors: readonly TrialDoor[];
  /** One of our domains. */
  readonly domain: string;
  readonly hostname: string;
  /** `canaryKey` of the store. */
  readonly key: string;
  readonly store: Pick<FollowUpStore, "trials">;
  readonly now: () => number;
  /** How long a trial may take, and how often is looked; milliseconds. */
  readonly waitMs: number;
  readonly pollMs: number;
  readonly signal?: AbortSignal;
};

/** Sends a trial by each door for each alias and waits for them; a result for each, in that order. */
export async function runTrials(options: TrialOptions): Promise<readonly TrialResult[]> {
  const { aliases, doors, store, now, waitMs, pollMs, signal } = options;
  const begun = now();
  const sent: Sent[] = [];
  for (const door of doors) for (const alias of aliases) sent.push(await sendOne(door, alias, options));
  const arrived = new Map<string, number>();
  for (;;) {
    for (const { tag, arrivedAt } of await store.trials(begun)) if (arrivedAt !== null) arrived.set(tag, arrivedAt);
    const missing = sent.some(({ why, tag }) => why === null && !arrived.has(tag));
    if (!missing || now() - begun >= waitMs || signal?.aborted === true) break;
    await sleep(pollMs);
  }
  return sent.map(({ alias, door, tag, at, why }): TrialResult => {
    const arrivedAt = arrived.get(tag);
    if (why !== null) return { alias, door, kind: "not-sent", why };
    if (arrivedAt === undefined) return { alias, door, kind: "missing" };
    return { alias, door, kind: "arrived", afterMs: Math.max(0, arrivedAt - at) };
  });
}

type Sent = {
  readonly alias: string;
  readonly door: string;
  readonly tag: string;
  readonly at: number;
  readonly why: string | null;
};

async function sendOne(door: TrialDoor, alias: string, { key, domain, hostname, now }: TrialOptions): Promise<Sent> {
  const number = randomUUID().replaceAll("-", "").slice(0, 16);
  const at = now();
  const address = `${canaryLocal(key, alias, number)}@${domain}`;
  const why = await door.send(address, trialMail(address, hostname, number, at));
  return { alias, door: door.name, tag: `${alias}:${number}`, at, why };
}

function trialMail(to: string, hostname: string, number: string, at: number): Buffer {
  const lines = [
    `Delivered-To: ${to}`,
    `From: Mailward <mailward@${hostname}>`,
    `To: <${to}>`,
    "Subject: A trial of Mailward by itself",
    `Date: ${new Date(at).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <trial-${number}@${hostname}>`,
    "Auto-Submitted: auto-generated",
    "X-Auto-Response-Suppress: All",
    "",
    "This mail was sent by the mail gateway to itself, to see that mail comes through. There is nothing to do.",
    "",
  ];
  return Buffer.from(lines.join("\r\n"), "ascii");
}
