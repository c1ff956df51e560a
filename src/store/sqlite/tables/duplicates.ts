// Statements of `duplicates`: each time a mail came again that we had already.

import type { Connection } from "../open.ts";

export function duplicateStatements(db: Connection) {
  const insert = db.prepare("insert into duplicates (routing_id, message_id, alias, at) values (?, ?, ?, ?)");
  return {
    insert(routingId: number, messageId: number, alias: string, at: number): void {
      insert.run(routingId, messageId, alias, at);
    },
  };
}

/** Questions about duplicates, for the reading thread. */
export function duplicateQuestions(db: Connection) {
  const count = db.prepare("select count(*) from duplicates").pluck();
  const ofMessage = db.prepare<unknown[], { alias: string; at: number }>(
    "select alias, at from duplicates where message_id = ? order by id",
  );
  return {
    count: (): number => count.get() as number,
    ofMessage: (messageId: number): readonly { readonly alias: string; readonly at: number }[] =>
      ofMessage.all(messageId),
  };
}
