// `mailward queue`: what waits or is held, and the three verbs an operator has: hold, release, retry, by
// reference or filter, tried with --dry-run, and on record.

import { userInfo } from "node:os";
import { Command, Option } from "commander";
import type { OperatorVerb, QueueFilter } from "../store/operator.ts";
import type { DeliveryRow, Store } from "../store/store.ts";
import {
  CannotDo,
  type OperatorFlags,
  parseCount,
  parseSince,
  print,
  printJson,
  withStore,
  withStoreFlags,
} from "./operator.ts";
import { urgencyPaint } from "./outcomes.ts";
import { dateTime, safe, table } from "./terminal.ts";

type QueueFlags = OperatorFlags & { readonly queue?: string; readonly limit: number };

export function queueCommand(): Command {
  return new Command("queue")
    .description("deliveries that wait or are held, and what to do with them")
    .addCommand(listCommand())
    .addCommand(verb("hold", "keep waiting deliveries back until they are released"))
    .addCommand(verb("release", "let held deliveries and held messages go on"))
    .addCommand(verb("retry", "try waiting and held deliveries now instead of at their next time"))
    .addCommand(logCommand());
}

function listCommand(): Command {
  return withStoreFlags(new Command("list"))
    .description("deliveries not done yet, most urgent first, and messages held before their decision")
    .option("--queue <name>", "only this queue")
    .option("--limit <count>", "at most this many", parseCount, 50)
    .action((flags: QueueFlags) => withStore(flags, (store) => list(store, flags)));
}

async function list(store: Store, flags: QueueFlags): Promise<void> {
  const queue = flags.queue === undefined ? {} : { queue: flags.queue };
  const found = await Promise.all(
    (["held", "leased", "waiting"] as const).map((state) => store.deliveries({ ...queue, state, limit: flags.limit })),
  );
  const rows = found.flat();
  const messages = flags.queue === undefined ? await store.heldMessages(flags.limit) : [];
  if (flags.json) {
    for (const row of messages) printJson({ kind: "message", ...row });
    for (const row of rows) printJson({ kind: "delivery", ...row });
    return;
  }
  if (messages.length > 0) {
    print(
      table(
        ["held message", "since", "why"],
        messages.map(({ ref, at, reason }) => [ref, dateTime(at), reason]),
      ),
    );
    print("Look at one with `mailward show REF`; `mailward queue release REF` has it decided again.\n");
  }
  print(rows.length === 0 ? "No delivery waits or is held." : deliveries(rows));
}

function deliveries(rows: readonly DeliveryRow[]): string {
  return table(
    ["reference", "queue", "urgency", "state", "attempts", "since", "next attempt", "why"],
    rows.map((row) => [
      row.ref,
      row.queue,
      urgencyPaint(row.urgency),
      row.state === "leased" ? "under way" : row.state,
      row.attempts,
      dateTime(row.createdAt),
      row.state === "waiting" ? dateTime(row.nextAt) : null,
      row.reason,
    ]),
  );
}

type VerbFlags = OperatorFlags &
  Omit<QueueFilter, "ref" | "state" | "reason"> & {
    readonly all?: boolean;
    readonly because?: string;
    readonly dryRun?: boolean;
    readonly by?: string;
    readonly why: string;
  };

/** Deliveries named in a dry run. */
const SHOWN_MAX = 20;

function verb(name: OperatorVerb, description: string): Command {
  return withStoreFlags(new Command(name))
    .description(description)
    .argument("[ref...]", "references, such as MW-00038W")
    .option("--queue <name>", "those of this queue")
    .option("--alias <name>", "those of mail to this alias")
    .addOption(new Option("--urgency <level>", "those so urgent").choices(["P1", "P2", "P3", "P4"]))
    .option("--because <reason>", "those with this reason, as `queue list` shows it")
    .option("--since <time>", "those that came since then: 2h, 3d or a date", parseSince)
    .option("--until <time>", "those that came before then", parseSince)
    .option("--all", "all there are")
    .option("--dry-run", "only say what would be done")
    .option("--why <text>", "why, for whoever asks later, without a patient's words", "")
    .option("--by <name>", "who says so (else the user of this terminal)")
    .action((refs: string[], flags: VerbFlags) => withStore(flags, (store) => run(store, name, refs, flags)));
}

async function run(store: Store, name: OperatorVerb, refs: readonly string[], flags: VerbFlags): Promise<void> {
  for (const filter of filtersFrom(refs, flags)) {
    if (flags.dryRun === true) {
      await foresee(store, name, filter, flags);
      continue;
    }
    const { by = userInfo().username, why: reason } = flags;
    const result = changed(await store.operate({ verb: name, filter, at: Date.now(), by, reason }), DONE[name]);
    if (flags.json) printJson({ verb: name, ...filter, result });
    else print(`${wordsOf(filter)}: ${result}`);
  }
}

const DONE = { hold: "held", release: "released", retry: "due now" } as const;
/** The states each verb takes. */
const TAKES = { hold: ["waiting"], release: ["held"], retry: ["waiting", "held"] } as const;

/** Nothing is done to everything by leaving a word out. */
function filtersFrom(refs: readonly string[], flags: VerbFlags): readonly QueueFilter[] {
  const { queue, alias, urgency, because: reason, since, until, all } = flags;
  const given = Object.entries({ queue, alias, urgency, reason, since, until }).filter(
    ([, value]) => value !== undefined,
  );
  const chosen = [refs.length > 0, given.length > 0, all === true].filter(Boolean).length;
  if (chosen !== 1) throw new CannotDo("Say which: references, or --queue NAME and other filters, or --all.");
  if (refs.length > 0) return refs.map((ref) => ({ ref }));
  return [Object.fromEntries(given)];
}

function wordsOf({ ref, ...filter }: QueueFilter): string {
  const words = Object.values(filter).map((value) => (typeof value === "number" ? dateTime(value) : value));
  return ref ?? (words.length === 0 ? "all" : words.join(" "));
}

async function foresee(store: Store, name: OperatorVerb, filter: QueueFilter, { json }: VerbFlags): Promise<void> {
  const counts = await store.countDeliveries(filter);
  const count = TAKES[name].reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  if (json) return printJson({ verb: name, ...filter, dryRun: true, count });
  const rows = await Promise.all(TAKES[name].map((state) => store.deliveries({ ...filter, state, limit: SHOWN_MAX })));
  const shown = rows.flat().slice(0, SHOWN_MAX);
  if (count === 0) process.exitCode = 1;
  if (shown.length > 0) print(deliveries(shown));
  if (count > shown.length) print(`and ${count - shown.length} more`);
  print(`${wordsOf(filter)}: ${count} would be ${DONE[name]}. Nothing was changed.`);
}

function changed(count: number, what: string): string {
  if (count === 0) process.exitCode = 1;
  return count === 0 ? "nothing fits" : `${count} ${what}`;
}

function logCommand(): Command {
  return withStoreFlags(new Command("log"))
    .description("what was held, released and retried: when, by whom, why")
    .option("--limit <count>", "at most this many", parseCount, 50)
    .action((flags: QueueFlags) =>
      withStore(flags, async (store) => {
        const acts = await store.acts(flags.limit);
        if (flags.json) for (const act of acts) printJson(act);
        else if (acts.length === 0) print("Nobody has held, released or retried anything yet.");
        else
          print(
            table(
              ["when", "who", "what", "which", "changed", "why"],
              acts.map((act) => [
                dateTime(act.at),
                safe(act.by),
                act.verb,
                safe(wordsOf(act.filter)),
                act.changed,
                safe(act.reason),
              ]),
            ),
          );
      }),
    );
}
