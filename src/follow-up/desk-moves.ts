// What people mean who move mail between queues' folders. Told from where a mail lies, not from what was seen to happen:
// so the gateway's own work, other orders of events and restarts in between need no cases of their own.

import type { DeskCase } from "../store/desk.ts";
import type { ImapOrigin } from "../store/imap.ts";

export type Lying = DeskCase["places"][number];

/** People have put mail of these aliases into the folder of another queue. */
export type DeskMove = { readonly aliases: readonly string[]; readonly queue: string; readonly lies: ImapOrigin };

/**
 * A queue's mail that lies nowhere in its folder any more, and has come into the folder of another queue since it lay
 * there, was moved. One that is gone and lies in no other queue's folder was thrown away or archived, which means nothing;
 * one that lies in both was copied, which means nothing as long as the first is there.
 * @param queueOf the only queue whose folder this is; null: none or several
 */
export function movesOf(
  { routings, places }: Pick<DeskCase, "routings" | "places">,
  queueOf: (folder: string) => string | null,
): readonly DeskMove[] {
  const held = new Set(routings.map(({ queue }) => queue));
  const byDelivery = new Map(routings.map((routing) => [routing.deliveryId, routing.queue]));
  return [...byDelivery].flatMap(([deliveryId, queue]) => {
    const own = places.filter((place) => place.deliveryId === deliveryId || queueOf(place.folder) === queue);
    if (own.length === 0 || own.some(({ goneAt }) => goneAt === null)) return [];
    const lastSeen = Math.max(...own.map(({ seenAt }) => seenAt));
    const goal = places
      .filter(({ goneAt, seenAt }) => goneAt === null && seenAt > lastSeen)
      .flatMap((place) => {
        const to = queueOf(place.folder);
        return to === null || held.has(to) ? [] : [{ to, place }];
      })
      .at(-1);
    if (goal === undefined) return [];
    const aliases = routings.filter((routing) => routing.deliveryId === deliveryId).map(({ alias }) => alias);
    const { account, folder, uidValidity, uid } = goal.place;
    return [{ aliases, queue: goal.to, lies: { account, folder, uidValidity, uid } }];
  });
}
