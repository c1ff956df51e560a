// How many mails people get when very much is late at once: few that count, not many that name.

import { expect, test } from "vitest";
import type { Adapter } from "../src/deliver/adapter.ts";
import { startNotices } from "../src/follow-up/notices.ts";
import { openLog } from "../src/log.ts";
import type { Urgency } from "../src/outcome.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { defaultRules } from "./support/gateway.ts";
import { decidedOf, NOW, newMail, outcomeOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const HOUR = 3600_000;
const MINUTE = 60_000;

/** Mail that nobody takes from its queue. */
async function waiting(store: Store, count: number, urgency: Urgency = "P4"): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const { messageId, routings } = await store.accept(newMail("x"));
      const [routing] = routings;
      const routingId = routing?.kind === "new" ? routing.routingId : 0;
      const outcome = outcomeOf("billing", "billing-desk", urgency);
      await store.record(decidedOf(messageId ?? 0, [{ routingId, outcome, leaseTo: null }]));
    }),
  );
}

/** What a mailbox gets. */
function mailbox() {
  const mails: string[] = [];
  const adapter: Adapter = {
    concurrency: 1,
    destination: null,
    async deliver(_job, _body, raw) {
      mails.push(Buffer.from(raw ?? []).toString("latin1"));
      return { kind: "delivered", code: "250" };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { mails, adapter };
}

test("thousands of late mails are one mail that counts them; the next comes after a pause, shorter when it is urgent", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const rules = defaultRules();
  const queues = rules.queues.map((queue) => ({ ...queue, owner: "lead" }));
  const staff = [{ key: "lead", name: "Lead", mail: "lead@far.example", phone: null }];
  const { mails, adapter } = mailbox();
  const clock = { at: NOW + 3 * HOUR };
  await waiting(store, 5_000);
  await using _notices = startNotices({
    store,
    rules: () => ({ ...rules, queues, staff }),
    hostname: "mx.clinic.example",
    from: "mailward@clinic.example",
    person: () => adapter,
    queue: () => undefined,
    log: openLog({ level: "silent", style: "json", write: () => undefined }),
    now: () => clock.at,
    chance: () => 0.5,
    pollMs: 20,
    gatherMs: 1000,
  });
  await until("all are noted", async () => (await store.dueNotices(clock.at, 10_000)).length === 5_000);
  clock.at += 1000;
  const nothingDue = async () => (await store.dueNotices(clock.at, 10_000)).length === 0;
  await until("the owner is told", nothingDue);
  expect(mails).toHaveLength(1);
  expect(mails[0]).toContain("Subject: [Mailward] 5000 mails for billing-desk late\r\n");
  expect(mails[0]?.match(/^ {2}MW-/gm)).toHaveLength(50);
  expect(mails[0]).toContain("  and 4950 more\r\n");
  // More mail gets late, and the owner is left in peace for a while.
  await waiting(store, 10);
  await until("they are noted", async () => (await store.dueNotices(clock.at, 10_000)).length === 10);
  clock.at += 14 * MINUTE;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(mails).toHaveLength(1);
  await waiting(store, 1, "P1");
  await until("something urgent is told with them", nothingDue);
  expect(mails).toHaveLength(2);
  expect(mails[1]).toContain("11 mails for billing-desk late, 1 urgent");
});
