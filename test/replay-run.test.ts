// The run of a replay: threads that die or hang harm one mail, the order is that of the mails, and a stop ends it with
// what was found so far.

import { expect, test } from "vitest";
import type { MailPages, ReplayMail } from "../src/cli/replay-mails.ts";
import { progressLine } from "../src/cli/replay-progress.ts";
import { replayAll, type Trial } from "../src/cli/replay-run.ts";
import type { RuleSet } from "../src/config/rules.ts";
import { startCrew } from "../src/decider/replay-crew.ts";
import type { ReplayQuestion } from "../src/decider/replay-worker.ts";
import { starterSetup } from "../src/decider/taught.ts";
import type { Answer } from "../src/rulebook/replay.ts";
import { BLANK_RULES } from "./support/blank.ts";
import { facts } from "./support/facts.ts";

const RULES: RuleSet = {
  ...BLANK_RULES,
  aliases: [{ name: "billing", type: "billing", points: 3, also: [] }],
  types: [{ name: "billing", rules: [] }],
  departments: [
    {
      id: "to-billing",
      note: null,
      when: [{ fact: "type", values: ["billing"] }],
      queue: "billing-desk",
      department: "Billing",
      examples: { match: [], not: [] },
    },
  ],
};
const TRIAL: Trial = {
  rules: RULES,
  against: null,
  model: starterSetup(),
  labels: null,
  limitMs: 5_000,
  json: false,
  all: false,
};
const ODD_WORKER = new URL("./support/odd-replay-worker.ts", import.meta.url);

function question(head = "Subject: Hello"): ReplayQuestion {
  const raw = Buffer.from(`${head}\r\n\r\nA word.\r\n`);
  return { raw, learned: facts({ aliases: ["billing"] }), clock: "received" };
}

const WAS: Answer = {
  alias: "billing",
  requestType: "billing",
  urgency: "P4",
  queue: "old-desk",
  department: "Billing",
  review: false,
  decidedBy: "alias",
  rules: ["to-billing"],
};

function mail(ref: string): ReplayMail {
  return { kind: "mail", ref, question: question(), before: [WAS] };
}

/** Pages of one mail each; `onPage` sees each place as it is read. */
function pagesOf(mails: readonly ReplayMail[], onPage: (place: number) => void = () => undefined): MailPages {
  let at = 0;
  return {
    total: mails.length,
    next: async () => {
      onPage(at);
      return mails.slice(at, ++at);
    },
  };
}

test.each([
  ["dies", 60_000, "its thread ended"],
  ["hangs", 300, "it took too long"],
  ["throws", 60_000, "Error"],
])("a mail on which a thread %s is named, and the others are decided, in their order", async (mark, limitMs, why) => {
  await using crew = startCrew({
    ruleSets: [RULES],
    model: starterSetup(),
    threads: 2,
    limitMs,
    workerUrl: ODD_WORKER,
  });
  const poison = question(`X-Poison: ${mark}`);
  const batches = [[question(), poison, question()], [question()], [question(), question()], [question()]];
  const judged = await Promise.all(batches.map((batch) => crew.judge(batch)));
  expect(judged.map((each) => each.map(({ kind }) => kind))).toEqual([
    ["judged", "failed", "judged"],
    ["judged"],
    ["judged", "judged"],
    ["judged"],
  ]);
  expect(judged[0]?.[1]).toEqual({ kind: "failed", why });
});

test("threads that cannot start are told at once", async () => {
  const workerUrl = new URL("./support/dead-worker.ts", import.meta.url);
  await using crew = startCrew({ ruleSets: [RULES], model: starterSetup(), threads: 1, limitMs: 5_000, workerUrl });
  await expect(crew.judge([question()])).rejects.toThrow();
});

test("changes are told in the order of the mails, and a mail that cannot be read stops nothing", async () => {
  const mails: ReplayMail[] = Array.from({ length: 40 }, (_, place) => mail(`mail-${place}`));
  mails[7] = { kind: "unreadable", ref: "mail-7", why: "the disk is tired" };
  const found = await replayAll(TRIAL, pagesOf(mails), new AbortController().signal);
  const others = mails.flatMap(({ kind, ref }) => (kind === "mail" ? [ref] : []));
  expect(found.comparison).toMatchObject({ mails: 39, compared: 39, same: 0, changeQueue: 39 });
  expect(found.changes.others.count).toBe(39);
  expect(found.changes.others.shown.map(({ ref }) => ref)).toEqual(others.slice(0, 20));
  expect(found.failed).toEqual([{ ref: "mail-7", why: "the disk is tired" }]);
  const all = await replayAll({ ...TRIAL, all: true }, pagesOf(mails), new AbortController().signal);
  expect(all.changes.others.shown.map(({ ref }) => ref)).toEqual(others);
});

test("a stop ends it with what was begun", async () => {
  const stop = new AbortController();
  const mails = Array.from({ length: 1_000 }, (_, place) => mail(`mail-${place}`));
  const pages = pagesOf(mails, (place) => place === 30 && stop.abort());
  const found = await replayAll(TRIAL, pages, stop.signal);
  expect(found.comparison.mails).toBe(31);
  expect(found.total).toBe(1_000);
});

test("progress tells bar, count, rate and the time left", () => {
  expect(progressLine(1_200, 6_000, 1)).toBe("████▊                     1,200 of 6,000 mails  1,200/s  4 s left");
  expect(progressLine(1, 6_000, 1)).toContain("100 min left");
  expect(progressLine(0, 6_000, 0)).toContain("0 of 6,000 mails  0/s");
});
