// Statements of `pins`: mail of a sender with a subject of some shape that people want at one queue.

import type { Connection } from "../open.ts";
import type { PinRow } from "../teaching-calls.ts";

type StandingPin = { readonly type: string | null; readonly queue: string | null; readonly override_id: number | null };

export function pinStatements(db: Connection) {
  const pin = db.prepare(`
    insert into pins (at, by, print, type, queue, override_id) values (:at, :by, :print, :type, :queue, :overrideId)`);
  const pins = db.prepare<[], PinRow>(`
    select print, type, queue from pins where id in (select max(id) from pins group by print) and queue is not null
    order by id`);
  const pinnedTo = db.prepare("select queue from pins where print = ? order by id desc limit 1").pluck();
  const standingPin = db.prepare<[Uint8Array], StandingPin>(`
    select type, queue, override_id from pins p
    where print = ? and queue is not null and not exists (select 1 from overrides u where u.undoes = p.override_id)
    order by id desc limit 1`);
  const pinsOf = db.prepare<[number], { print: Uint8Array }>(`
    select print from pins where override_id = ? and id in (select max(id) from pins group by print)`);
  return {
    /** Pins, or, without a queue, takes a pin out. */
    add(row: {
      readonly at: number;
      readonly by: string;
      readonly print: Uint8Array;
      readonly type: string | null;
      readonly queue: string | null;
      readonly overrideId: number | null;
    }): void {
      pin.run(row);
    },
    isPinned: (print: Uint8Array, queue: string): boolean => pinnedTo.get(print) === queue,
    all: (): readonly PinRow[] => pins.all(),
    /** The newest pin of such mail whose correction stands; null when there is none. */
    standing: (print: Uint8Array): StandingPin | null => standingPin.get(print) ?? null,
    /** The pins that a correction made and that still count. */
    of: (overrideId: number): readonly Uint8Array[] => pinsOf.all(overrideId).map(({ print }) => print),
  };
}
