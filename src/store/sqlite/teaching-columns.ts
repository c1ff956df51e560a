// Teaching, the near side: the words of the gateway to rows and back.

import type { Features } from "../../classify/features.ts";
import type { Urgency } from "../../outcome.ts";
import { refOf } from "../ref.ts";
import type { Lesson, OverrideRow, TeachingStore } from "../teaching.ts";
import type { ThreadClient } from "./client.ts";
import { ROUTINGS_PER_MESSAGE } from "./tables/routings.ts";
import type { LessonRow, OverrideRowOut } from "./teaching-calls.ts";

export function teachingVerbs(writer: ThreadClient): TeachingStore {
  return {
    modelKey: async () => Buffer.from(await writer.call("modelKey", null)).toString("hex"),
    correct: ({ features, ...correction }) =>
      writer.call("correct", {
        ...correction,
        rows: features === null ? null : bytesOf(features.rows),
        words: features === null ? null : bytesOf(features.words),
      }),
    undoCorrection: (undo) => writer.call("undoCorrection", undo),
    teach: (labels, at, by) => {
      const rows = labels.map(({ type, features, print, writer }) => {
        return { type, rows: bytesOf(features.rows), words: bytesOf(features.words), print, writer };
      });
      return writer.call("teach", { labels: rows, at, by });
    },
    async lessons(after, limit) {
      const rows = await writer.call("lessons", { after, limit });
      return rows.map(lessonOf);
    },
    async taught(upTo) {
      const { trial, ...taught } = await writer.call("taught", upTo ?? null);
      if (trial === null) return { ...taught, trial };
      const { label_id: labelId, at, passed, found } = trial;
      return { ...taught, trial: { labelId, at, passed: passed === 1, found } };
    },
    keepTrial: ({ labelId, at, passed, found }) =>
      writer.call("keepTrial", { label_id: labelId, at, passed: Number(passed), found }),
    pins: () => writer.call("pins", null),
    async snapshot() {
      const row = await writer.call("snapshot", null);
      if (row === null) return null;
      const { label_id: labelId, starter, classes, numbers } = row;
      return { labelId, starter, classes: JSON.parse(classes) as string[], numbers: numbersOf(numbers) };
    },
    keepSnapshot: ({ labelId, starter, classes, numbers }) =>
      writer.call("keepSnapshot", { label_id: labelId, starter, classes: JSON.stringify(classes) }, bytesOf(numbers)),
    async overrides(since) {
      const rows = await writer.call("overrides", since);
      return rows.map(overrideOf);
    },
    refuseProposal: (print, at, by) => writer.call("refuseProposal", { print, at, by }),
    refusedProposals: () => writer.call("refusedProposals", null),
  };
}

function lessonOf({ id, chain, source, type, rows, words, writer, message_id: messageId, undoes }: LessonRow): Lesson {
  const features: Features = { rows: numbersOf(rows), words: numbersOf(words) };
  return {
    id,
    chain,
    by: source === "undo" ? -1 : 1,
    type,
    features,
    writer: writer && Buffer.from(writer).toString("hex"),
    messageId,
    undoes,
  };
}

export function overrideOf(row: OverrideRowOut): OverrideRow {
  const { id, alias, at, by, reason, type, department, queue } = row;
  const ref = refOf(Math.floor(row.routing_id / ROUTINGS_PER_MESSAGE));
  const urgency = row.urgency as Urgency;
  const saidUrgency = row.said_urgency as Urgency | null;
  return {
    id,
    ref,
    alias,
    at,
    by,
    reason,
    type,
    urgency,
    saidUrgency,
    department,
    queue,
    undone: row.undone === 1,
    isUndo: row.undoes !== null,
  };
}

/** Numbers as they stand in memory, little end first: every machine Node runs on. */
function bytesOf(numbers: Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).slice();
}

function numbersOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
