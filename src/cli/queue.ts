// `mailward queue`: what waits or is held, and the three verbs an operator has: hold, release, retry.

import { Command } from "commander";
import type { DeliveryRow, QueueFilter, Store } from "../store/store.ts";
import { CannotDo, type OperatorFlags, parseCount, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { urgencyPaint } from "./outcomes.ts";
import { dateTime, table } from "./terminal.ts";

type QueueFlags = OperatorFlags & { readonly queue?: string; readonly all?: boolean; readonly limit: number };

export function queueCommand(): Command {
  return new Command("queue")
    .description("deliveries that wait or are held, and what to do with them")
    .addCommand(listCommand())
    .addCommand(verb("hold", "keep waiting deliveries back until they are released", hold))
    .addCommand(verb("release", "let held deliveries and held messages go on", release))
    .addCommand(verb("retry", "try waiting and held deliveries now instead of at their next time", retry));
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

type Verb = (store: Store, filter: QueueFilter) => Promise<string>;

function verb(name: string, description: string, act: Verb): Command {
  return withStoreFlags(new Command(name))
    .description(description)
    .argument("[ref...]", "references, such as MW-00038W")
    .option("--queue <name>", "all of this queue")
    .option("--all", "all there are")
    .action((refs: string[], flags: QueueFlags) =>
      withStore(flags, async (store) => {
        for (const filter of filtersFrom(refs, flags)) {
          const done = await act(store, filter);
          if (flags.json) printJson({ verb: name, ...filter, result: done });
          else print(`${filter.ref ?? filter.queue ?? "all"}: ${done}`);
        }
      }),
    );
}

/** Nothing is done to everything by leaving a word out. */
function filtersFrom(refs: readonly string[], { queue, all }: QueueFlags): readonly QueueFilter[] {
  const chosen = [refs.length > 0, queue !== undefined, all === true].filter(Boolean).length;
  if (chosen !== 1) throw new CannotDo("Say which: references, or --queue NAME, or --all.");
  if (refs.length > 0) return refs.map((ref) => ({ ref }));
  return [queue === undefined ? {} : { queue }];
}

async function hold(store: Store, filter: QueueFilter): Promise<string> {
  return changed(await store.holdDeliveries(filter, "operator"), "held");
}

async function release(store: Store, filter: QueueFilter): Promise<string> {
  const now = Date.now();
  const messages =
    filter.queue === undefined
      ? await store.releaseMessages(filter.ref === undefined ? {} : { ref: filter.ref }, now)
      : 0;
  return changed(messages + (await store.releaseDeliveries(filter, now)), "released");
}

async function retry(store: Store, filter: QueueFilter): Promise<string> {
  return changed(await store.retryDeliveries(filter, Date.now()), "due now");
}

function changed(count: number, what: string): string {
  if (count === 0) process.exitCode = 1;
  return count === 0 ? "nothing fits" : `${count} ${what}`;
}
