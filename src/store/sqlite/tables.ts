// The statements of all tables, prepared once for the connection that writes.

import type { Connection } from "./open.ts";
import { attemptStatements } from "./tables/attempts.ts";
import { bodyStatements } from "./tables/bodies.ts";
import { bounceStatements } from "./tables/bounces.ts";
import { dedupeStatements } from "./tables/dedupe.ts";
import { deliveryStatements } from "./tables/deliveries.ts";
import { deskStatements } from "./tables/desk.ts";
import { duplicateStatements } from "./tables/duplicates.ts";
import { followUpStatements } from "./tables/follow-up.ts";
import { imapStatements } from "./tables/imap.ts";
import { labelStatements, modelStatements } from "./tables/labels.ts";
import { messageStatements } from "./tables/messages.ts";
import { operatorStatements } from "./tables/operator.ts";
import { outcomeStatements } from "./tables/outcomes.ts";
import { overrideStatements } from "./tables/overrides.ts";
import { pinStatements } from "./tables/pins.ts";
import { readingStatements } from "./tables/readings.ts";
import { routingStatements } from "./tables/routings.ts";
import { ruleSetStatements } from "./tables/rule-sets.ts";
import { secretStatements } from "./tables/secrets.ts";
import { shadowStatements } from "./tables/shadows.ts";
import { threadStatements } from "./tables/threads.ts";

export type Tables = ReturnType<typeof openTables>;

export function openTables(db: Connection) {
  const bodies = bodyStatements(db);
  const firstBodyId = bodies.nextId();
  let nextBodyId = firstBodyId;
  return {
    bodies,
    messages: messageStatements(db),
    routings: routingStatements(db),
    dedupe: dedupeStatements(db),
    readings: readingStatements(db),
    threads: threadStatements(db),
    outcomes: outcomeStatements(db),
    shadows: shadowStatements(db),
    deliveries: deliveryStatements(db),
    attempts: attemptStatements(db),
    bounces: bounceStatements(db),
    duplicates: duplicateStatements(db),
    secrets: secretStatements(db),
    labels: labelStatements(db),
    model: modelStatements(db),
    pins: pinStatements(db),
    overrides: overrideStatements(db),
    ruleSets: ruleSetStatements(db),
    imap: imapStatements(db),
    operator: operatorStatements(db),
    desk: deskStatements(db),
    followUp: followUpStatements(db),
    /** Open bodies below this id are of an earlier run. */
    firstBodyId,
    /** A body id never used; one that a failed call took stays unused. */
    takeBodyId: (): number => nextBodyId++,
  };
}
