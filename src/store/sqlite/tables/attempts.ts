// Statements of `attempts`: how each try to deliver ended.

import type { AttemptRowOut, FinishCall } from "../calls.ts";
import type { Connection } from "../open.ts";

export function attemptStatements(db: Connection) {
  const insert = db.prepare(`
    insert into attempts (delivery_id, attempt, started_at, ended_at, code, text) values (?, ?, ?, ?, ?, ?)
    on conflict do nothing`);
  return {
    insert({ deliveryId, attempt, startedAt, endedAt, code, text }: FinishCall): void {
      insert.run(deliveryId, attempt, startedAt, endedAt, code, text);
    },
  };
}

/** Questions about attempts, for the reading thread. */
export function attemptQuestions(db: Connection) {
  const ofMessage = db.prepare<unknown[], AttemptRowOut>(`
    select a.delivery_id, a.attempt, a.started_at, a.ended_at, a.code, a.text
    from deliveries d join attempts a on a.delivery_id = d.id
    where d.message_id = ? order by a.started_at, a.delivery_id, a.attempt`);
  return { ofMessage: (messageId: number): readonly AttemptRowOut[] => ofMessage.all(messageId) };
}
