// What must stand before mail is let in: for every queue somebody who looks after it, a way, and an answer to P1; for
// every alias where its mail ends; for the rules examples, hours and guards.

import { type RuleSet } from "../config/rules.ts";
import { rulesWithExamples } from "../rulebook/examples.ts";
import { queuesOf } from "../rulebook/lint-queues.ts";
import { paint, table } from "./terminal.ts";

/** One thing to look at. `good` null: nothing can be said of it, or it is not asked for. */
type Item = { readonly item: string; readonly good: boolean | null; readonly text: string };

/** The same things for each queue or alias, by its name. */
type Row = { readonly name: string; readonly items: readonly Item[] };

export type Checklist = {
  readonly queues: readonly Row[];
  readonly aliases: readonly Row[];
  readonly rules: readonly Item[];
};

type Queue = RuleSet["queues"][number];

/** `delivered` are the queues that mail has been delivered to; null: nobody knows. */
export function checklist(rules: RuleSet, delivered: ReadonlySet<string> | null): Checklist {
  const urgent = queuesOf(rules, "P1");
  return {
    queues: rules.queues.map((queue) => ({ name: queue.name, items: queueItems(queue, rules, urgent, delivered) })),
    aliases: rules.aliases.map((alias) => ({ name: alias.name, items: aliasItems(alias, rules) })),
    rules: ruleItems(rules),
  };
}

/** The checklist as tables, each thing with its mark. */
export function checklistTables({ queues, aliases, rules }: Checklist): string {
  return [
    rowsTable("queue", queues),
    rowsTable("alias", aliases),
    table(
      ["rollout", ""],
      rules.map((each) => [each.item, marked(each)]),
    ),
  ].join("\n\n");
}

function rowsTable(head: string, rows: readonly Row[]): string {
  return table(
    [head, ...(rows[0]?.items.map(({ item }) => item) ?? [])],
    rows.map(({ name, items }) => [name, ...items.map(marked)]),
  );
}

function marked({ good, text }: Item): string {
  if (good === null) return text;
  return `${good ? paint("green", "✓") : paint("red", "✗")} ${text}`.trimEnd();
}

function queueItems(
  queue: Queue,
  rules: RuleSet,
  urgent: ReadonlySet<string>,
  delivered: ReadonlySet<string> | null,
): readonly Item[] {
  const { owner, backup, escalation, hours } = queue;
  const always = hours === "always";
  return [
    named("owner", owner, false),
    named("backup", backup, always),
    named("escalation", escalation.length === 0 ? null : escalation.join(" → "), false),
    { item: "hours", good: null, text: typeof hours === "string" ? hours : `${hours.size} days of its own` },
    { item: "delivered by", good: null, text: deliveryText(queue) },
    triedItem(queue, delivered),
    urgentItem(queue, rules, urgent.has(queue.name)),
  ];
}

function named(item: string, name: string | null, optional: boolean): Item {
  return { item, good: name === null && optional ? null : name !== null, text: name ?? (optional ? "-" : "none") };
}

/** A Maildir is a folder of ours; a far end is only known to take mail once it has. */
function triedItem({ name, deliver }: Queue, delivered: ReadonlySet<string> | null): Item {
  const has = delivered?.has(name) ?? false;
  if (deliver.kind === "maildir") return { item: "tried", good: has ? true : null, text: has ? "yes" : "-" };
  return { item: "tried", good: has, text: has ? "yes" : delivered === null ? "not known" : "not yet" };
}

/** What happens to a P1 mail here when nobody is there. */
function urgentItem({ hours }: Queue, { calendar }: RuleSet, reached: boolean): Item {
  const item = "P1";
  if (!reached) return { item, good: null, text: "never comes" };
  if (hours === "always") return { item, good: true, text: "always there" };
  if (hours === "business" && calendar.open === null) return { item, good: true, text: "never closed" };
  const instead = calendar.afterHours?.urgencies.includes("P1") ? calendar.afterHours.queue : null;
  if (instead === null) return { item, good: false, text: "waits while closed" };
  return { item, good: true, text: `closed: ${instead}` };
}

function aliasItems({ name, type, points, also }: RuleSet["aliases"][number], rules: RuleSet): readonly Item[] {
  const queues = type === null ? [rules.reviewQueue] : queuesFor(name, type, rules);
  return [
    { item: "type", good: null, text: type ?? "-" },
    { item: "points", good: null, text: type === null ? "-" : String(points) },
    { item: "also", good: null, text: also.length === 0 ? "-" : also.join(", ") },
    { item: "ends in", good: queues.length > 0, text: queues.length === 0 ? "none" : queues.join(", ") },
  ];
}

/** The queues that mail of a type to an alias can end in, most special first. */
function queuesFor(alias: string, type: string, { departments }: RuleSet): readonly string[] {
  const known = new Map([
    ["alias", alias],
    ["type", type],
  ]);
  const fits = departments.filter(({ when }) =>
    when.every(({ fact, values }) => !known.has(fact) || values.includes(known.get(fact) ?? "")),
  );
  const last = fits.findIndex(({ when }) => when.every(({ fact }) => known.has(fact)));
  return [...new Set(fits.slice(0, last + 1).map(({ queue }) => queue))];
}

function ruleItems(rules: RuleSet): readonly Item[] {
  const all = rulesWithExamples(rules);
  const shown = all.filter(({ examples }) => examples.match.length > 0 && examples.not.length > 0).length;
  const { open, timeZone, holidays, afterHours } = rules.calendar;
  const review = rules.queues.find(({ name }) => name === rules.reviewQueue);
  const days = `${timeZone}, open on ${open?.size ?? 7} days, ${holidays.size} holidays`;
  return [
    { item: "examples", good: shown === all.length, text: `${shown} of ${all.length} rules have both kinds` },
    { item: "calendar", good: open !== null, text: open === null ? "no `open` hours" : days },
    afterHours === null
      ? { item: "after hours", good: open === null ? null : false, text: "nothing stands in for a closed queue" }
      : { item: "after hours", good: true, text: `${afterHours.urgencies.join(", ")} to ${afterHours.queue}` },
    { item: "guards", good: rules.never.length > 0, text: `${rules.never.length} under \`never\`` },
    {
      item: "review queue",
      good: (review?.owner ?? null) !== null,
      text: `${rules.reviewQueue} (${review?.owner ?? "no owner"})`,
    },
  ];
}

function deliveryText({ deliver }: Queue): string {
  switch (deliver.kind) {
    case "maildir":
      return "maildir";
    case "smtp":
      return `smtp ${deliver.host}:${deliver.port} to ${deliver.to}`;
    case "imap":
      return `imap ${deliver.account}, folder ${deliver.folder}`;
    case "webhook":
      return `webhook (${deliver.format.kind}) to ${new URL(deliver.url).host}`;
  }
}
