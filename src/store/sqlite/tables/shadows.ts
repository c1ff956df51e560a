// Statements of `shadows`: what rules that are only tried out would have decided.

import type { Column } from "../calls.ts";
import type { Connection } from "../open.ts";
import type { ComparedColumns, ShadowCountsOut, ShadowRowOut } from "../shadow-columns.ts";
import { ROUTINGS_PER_MESSAGE } from "./routings.ts";

/** Messages named for each pair of answers. */
const EXAMPLES_MAX = 5;

export function shadowStatements(db: Connection) {
  const insert = db.prepare(`
    insert into shadows (routing_id, decided_at, rules_hash, request_type, urgency, queue, review, decided_by, rules,
      only_rules, live_type, live_urgency, live_queue, live_review, same)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  return {
    insert(routingId: number, decidedAt: number, columns: readonly Column[]): void {
      insert.run(routingId, decidedAt, ...columns);
    },
  };
}

/** Questions about shadows, for the reading thread. */
export function shadowQuestions(db: Connection) {
  const ofMessage = db.prepare<unknown[], ShadowRowOut>(`
    select o.alias, s.rules_hash, s.request_type, s.urgency, s.queue, s.review, s.decided_by, s.rules
    from shadows s join outcomes o on o.routing_id = s.routing_id
    where s.routing_id >= ? and s.routing_id < ? order by s.routing_id`);
  const asked = db.prepare<unknown[], Omit<ShadowCountsOut, "groups">>(`
    select count(*) as asked, min(decided_at) as first, max(decided_at) as last
    from shadows indexed by shadows_by_time where decided_at >= ?`);
  const differing = db
    .prepare(`
      select routing_id, request_type, urgency, queue, review, live_type, live_urgency, live_queue, live_review, only_rules
      from shadows indexed by shadows_that_differ where same = 0 and decided_at >= ?
      order by decided_at desc, routing_id desc`)
    .raw();
  return {
    ofMessage(messageId: number): readonly ShadowRowOut[] {
      return ofMessage.all(messageId * ROUTINGS_PER_MESSAGE, (messageId + 1) * ROUTINGS_PER_MESSAGE);
    },
    /** Answers that differ from then on, grouped; both questions see one state of the table. */
    counts: db.transaction((since: number): ShadowCountsOut => {
      const totals = asked.get(since) ?? { asked: 0, first: null, last: null };
      const rows = differing.iterate(since) as IterableIterator<readonly [number, ...ComparedColumns]>;
      return { ...totals, groups: grouped(rows) };
    }),
  };
}

function grouped(rows: Iterable<readonly [number, ...ComparedColumns]>): ShadowCountsOut["groups"] {
  const groups = new Map<string, { columns: ComparedColumns; count: number; messageIds: number[] }>();
  for (const [routingId, ...columns] of rows) {
    const key = columns.join("\0");
    let group = groups.get(key);
    if (group === undefined) {
      group = { columns, count: 0, messageIds: [] };
      groups.set(key, group);
    }
    group.count += 1;
    const messageId = Math.floor(routingId / ROUTINGS_PER_MESSAGE);
    if (group.messageIds.length < EXAMPLES_MAX && group.messageIds.at(-1) !== messageId)
      group.messageIds.push(messageId);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
