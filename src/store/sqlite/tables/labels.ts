// Statements of `labels`, `model_trials` and `model_snapshots`: what people taught, and the model it made.

import { createHash } from "node:crypto";
import type { Connection } from "../open.ts";
import type { LessonRow, SnapshotRow, TaughtRow, TrialRow } from "../teaching-calls.ts";

type NewRow = {
  readonly at: number;
  readonly by: string;
  readonly source: "override" | "import" | "undo";
  readonly messageId: number | null;
  readonly undoes: number | null;
  readonly type: string;
  readonly rows: Uint8Array;
  readonly words: Uint8Array;
  readonly print: Uint8Array | null;
  readonly writer: Uint8Array | null;
};

export function labelStatements(db: Connection) {
  const insert = db.prepare(`
    insert into labels (id, at, by, source, message_id, undoes, type, rows, words, print, writer, chain)
    values (:id, :at, :by, :source, :messageId, :undoes, :type, :rows, :words, :print, :writer, :chain)`);
  const newest = db.prepare<[], { id: number; chain: string }>("select id, chain from labels order by id desc limit 1");
  const standing = (what: string) => `
    select * from labels l where ${what} and not exists (select 1 from labels u where u.undoes = l.id)
    order by id desc limit 1`;
  const ofMessage = db.prepare<[number], LessonRow>(standing("message_id = ? and source = 'override'"));
  const ofPrint = db.prepare<[Uint8Array], LessonRow>(standing("print = ?"));
  const add = (row: NewRow): number => {
    const before = newest.get();
    const id = (before?.id ?? 0) + 1;
    const told = JSON.stringify([before?.chain ?? "", row.source, row.undoes, row.type]);
    const chain = createHash("sha256").update(told).update(row.rows).update(row.words).digest("hex").slice(0, 8);
    insert.run({ ...row, id, chain });
    return id;
  };
  return {
    add,
    /** The label of a mail that stands; null when there is none. */
    ofMessage: (messageId: number): LessonRow | null => ofMessage.get(messageId) ?? null,
    /** The import of a sorted mail that stands; null when there is none. */
    ofPrint: (print: Uint8Array): LessonRow | null => ofPrint.get(print) ?? null,
    takeBack({ id, type, rows, words, writer, message_id: messageId }: LessonRow, at: number, by: string): void {
      add({ at, by, source: "undo", messageId, undoes: id, type, rows, words, print: null, writer });
    },
  };
}

export function modelStatements(db: Connection) {
  const last = db.prepare("select coalesce(max(id), 0) from labels").pluck();
  const live = db
    .prepare("select coalesce(max(label_id), 0) from model_trials where passed = 1 and label_id <= ?")
    .pluck();
  const pinned = db.prepare("select coalesce(max(id), 0) from pins").pluck();
  const trial = db.prepare<[number], TrialRow>(
    "select label_id, at, passed, found from model_trials where label_id <= ? order by id desc limit 1",
  );
  const calibrated = db
    .prepare<[number], string>(
      "select found from model_trials where label_id = ? and passed = 1 order by id desc limit 1",
    )
    .pluck();
  const keepTrial = db.prepare(
    "insert into model_trials (label_id, at, passed, found) values (:label_id, :at, :passed, :found)",
  );
  const lessons = db.prepare<[number, number], LessonRow>(`
    select id, chain, source, type, rows, words, writer, message_id, undoes from labels where id > ? order by id limit ?`);
  const snapshot = db.prepare<[], SnapshotRow>("select label_id, starter, classes, numbers from model_snapshots");
  const keepSnapshot = db.prepare(
    "insert or replace into model_snapshots (id, label_id, starter, classes, numbers) values (1, ?, ?, ?, ?)",
  );
  const refuse = db.prepare("insert or ignore into refused_proposals (print, at, by) values (:print, :at, :by)");
  const refused = db.prepare("select print from refused_proposals").pluck();
  return {
    taught(upTo: number): TaughtRow {
      const liveId = live.get(upTo) as number;
      return {
        last: last.get() as number,
        live: liveId,
        pins: pinned.get() as number,
        trial: trial.get(upTo) ?? null,
        liveFound: calibrated.get(liveId) ?? null,
      };
    },
    lessons: (after: number, limit: number): readonly LessonRow[] => lessons.all(after, limit),
    keepTrial: (row: TrialRow): void => void keepTrial.run(row),
    snapshot: (): SnapshotRow | null => snapshot.get() ?? null,
    keepSnapshot: (labelId: number, starter: string, classes: string, numbers: Uint8Array): void =>
      void keepSnapshot.run(labelId, starter, classes, numbers),
    refuse: (row: { readonly print: string; readonly at: number; readonly by: string }): void => void refuse.run(row),
    refused: (): readonly string[] => refused.all() as string[],
  };
}
