// `mailward balance`: every accepted mail is somewhere. Exit code 1 when one is not.

import { Command, Option } from "commander";
import type { BalanceBy, BalanceRow } from "../store/figures.ts";
import { type OperatorFlags, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { paint, table } from "./terminal.ts";

type BalanceFlags = OperatorFlags & { readonly by: BalanceBy };

export function balanceCommand(): Command {
  return withStoreFlags(new Command("balance"))
    .description("accepted = delivered + waiting + held; exit code 1 when it is not so")
    .addOption(
      new Option("--by <what>", "a line for each alias, day (UTC), door or watched mailbox with its UIDs")
        .choices(["alias", "day", "door", "mailbox"])
        .default("alias"),
    )
    .action((flags: BalanceFlags) => withStore(flags, async (store) => show(await store.balance(flags.by), flags)));
}

function show(rows: readonly BalanceRow[], { json, by }: BalanceFlags): void {
  const missing = rows.reduce((sum, row) => sum + row.missing, 0);
  if (missing !== 0) process.exitCode = 1;
  if (json) {
    for (const row of rows) printJson(row);
    return;
  }
  const cells = (row: BalanceRow) => [row.alias, row.accepted, row.delivered, row.waiting, row.held, row.missing];
  const sum = (key: Exclude<keyof BalanceRow, "alias">) => rows.reduce((total, row) => total + row[key], 0);
  const total = ["all", sum("accepted"), sum("delivered"), sum("waiting"), sum("held"), missing];
  print(table([by, "accepted", "delivered", "waiting", "held", "missing"], [...rows.map(cells), total]));
  print(
    missing === 0
      ? paint("green", "Exact: every accepted mail is delivered, waiting or held.")
      : paint("red", `${missing} accepted mails are nowhere. Stop nothing, keep the data folder, and look at the log.`),
  );
}
