// Queues: who looks after them, who stands in, who is told, which mail reaches them, and whether it could come back.

import { isInside } from "../config/addresses.ts";
import type { RuleSet } from "../config/rules.ts";
import { type Finding, type FindingCode, finding } from "./finding.ts";
import type { GoodRules } from "./lint.ts";

type Queue = RuleSet["queues"][number];

/** Findings about queues, where they deliver, and the hours they keep. */
export function lintQueues(loaded: GoodRules): readonly Finding[] {
  const urgent = queuesOf(loaded.rules, "P1");
  return [
    ...loaded.rules.queues.flatMap((queue) => people(queue, urgent.has(queue.name), loaded)),
    ...unreached(loaded),
    ...rings(loaded),
    ...deliveries(loaded),
    ...notVerified(loaded),
    ...afterHours(loaded),
  ];
}

/** The queues that mail can be routed to: of any level, or of one only. */
export function queuesOf({ departments, reviewQueue, calendar }: RuleSet, level: string | null): ReadonlySet<string> {
  const ways = departments.filter(({ when }) => {
    const urgency = when.find(({ fact }) => fact === "urgency");
    return level === null || urgency === undefined || urgency.values.includes(level);
  });
  const { afterHours: closed } = calendar;
  const instead =
    closed !== null && (level === null || closed.urgencies.some((each) => each === level)) ? [closed.queue] : [];
  return new Set([...ways.map(({ queue }) => queue), reviewQueue, ...instead]);
}

/** What a queue lacks. One that is always there needs no other to stand in. */
function people(queue: Queue, urgent: boolean, { problem }: GoodRules): readonly Finding[] {
  const lacks: readonly (readonly [boolean, FindingCode, string])[] = [
    [queue.owner === null, "queue-without-owner", "names nobody who looks after it; add `owner`"],
    [
      queue.backup === null && queue.hours !== "always",
      "queue-without-backup",
      "has no queue that stands in for it; add `backup`, or `hours: always` if somebody always looks",
    ],
    [
      queue.escalation.length === 0,
      "queue-without-escalation",
      "names nobody who is told when it does not answer; add `escalation`",
    ],
  ];
  const also = urgent ? " (P1 mail can come here)" : "";
  return lacks.flatMap(([is, code, words]) =>
    is ? [finding(code, problem(["queues", queue.name], `the queue \`${queue.name}\` ${words}${also}`, "key"))] : [],
  );
}

function unreached({ rules, problem }: GoodRules): readonly Finding[] {
  const reached = new Set([...queuesOf(rules, null), ...rules.queues.flatMap(({ backup }) => backup ?? [])]);
  return rules.queues
    .filter(({ name }) => !reached.has(name))
    .map(({ name }) => {
      const message = `no mail comes to \`${name}\`; name it in a department, or take it out`;
      return finding("queue-never-reached", problem(["queues", name], message, "key"));
    });
}

/** Rings of backups in which nobody is always there; each is told once, at its first queue. */
function rings({ rules, problem }: GoodRules): readonly Finding[] {
  const queues = new Map(rules.queues.map((queue) => [queue.name, queue]));
  const told = new Set<string>();
  return rules.queues.flatMap(({ name }) => {
    const chain = chainFrom(name, queues);
    if (chain === null || told.has(name)) return [];
    for (const each of chain) told.add(each);
    const message = `${[...chain, name].map((each) => `\`${each}\``).join(" → ")} stand in for each other; let one end with a queue of \`hours: always\``;
    return [finding("backup-ring", problem(["queues", name, "backup"], message))];
  });
}

/** The queues from one back to itself; null when the chain ends, or leads to one that is always there. */
function chainFrom(name: string, queues: ReadonlyMap<string, Queue>): readonly string[] | null {
  const chain: string[] = [];
  let here: string | null = name;
  while (here !== null && !chain.includes(here)) {
    chain.push(here);
    const queue = queues.get(here);
    if (queue?.hours === "always") return null;
    here = queue?.backup ?? null;
  }
  return here === name ? chain : null;
}

function deliveries({ rules, problem }: GoodRules): readonly Finding[] {
  const domains = new Set(rules.domains);
  const aliases = new Set(rules.aliases.flatMap(({ name, also }) => [name, ...also]));
  return rules.queues.flatMap(({ name, deliver }) => {
    if (deliver.kind !== "smtp") return [];
    const [local = "", domain = ""] = deliver.to.toLowerCase().split("@");
    if (!domains.has(domain)) return [];
    const path = ["queues", name, "deliver", "to"];
    // What stands after + is a note of the sender's; the mailbox is the same.
    if (aliases.has(local.split("+")[0] ?? "")) {
      const message = `\`${deliver.to}\` is one of our own aliases, so this mail would come back; write the address of the people's mailbox`;
      return [finding("delivery-loops", problem(path, message))];
    }
    const message = `\`${domain}\` is one of our own domains; be sure that \`${deliver.host ?? domain}\` has this mailbox and does not send its mail to us`;
    return [finding("delivery-to-own-domain", problem(path, message))];
  });
}

function notVerified({ rules, problem }: GoodRules): readonly Finding[] {
  return rules.queues.flatMap(({ name, deliver }) => {
    if (
      deliver.kind !== "smtp" ||
      deliver.tls === "verified" ||
      isInside(deliver.host ?? deliver.to.slice(deliver.to.lastIndexOf("@") + 1), rules.domains)
    )
      return [];
    const message = `\`${deliver.host ?? deliver.to}\` is outside the house, and with \`tls: ${deliver.tls}\` whoever stands between may read the mail; write \`tls: verified\``;
    return [finding("delivery-not-verified", problem(["queues", name, "deliver", "tls"], message))];
  });
}

function afterHours({ rules, problem }: GoodRules): readonly Finding[] {
  const { calendar, queues } = rules;
  if (calendar.afterHours === null) return [];
  const closes = queues.some(({ hours }) => (hours === "business" ? calendar.open !== null : hours !== "always"));
  if (closes) return [];
  const message = "no queue is ever closed, so this does nothing; add `open` under `calendar`";
  return [finding("after-hours-never", problem(["calendar", "after_hours"], message, "key"))];
}
