// `mailward imap`: the mailboxes that are watched, how far they are read, and a look for mail that was missed.

import { userInfo } from "node:os";
import { Command } from "commander";
import type { Config } from "../config/config.ts";
import { isGatewayRunning } from "../store/sqlite/open.ts";
import type { Store } from "../store/store.ts";
import { CannotDo, type OperatorFlags, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { dateTime, safe, table } from "./terminal.ts";

export function imapCommand(): Command {
  return new Command("imap")
    .description("mailboxes watched by IMAP")
    .addCommand(
      withStoreFlags(new Command("list"))
        .description(
          "how far each watched folder is read, how many originals are still to be marked, and how a long fetch goes",
        )
        .action((flags: OperatorFlags) => withStore(flags, (store) => list(store, flags))),
    )
    .addCommand(
      withStoreFlags(new Command("reconcile"))
        .description("have the running gateway compare its mail with the folders and fetch what is missing")
        .action((flags: OperatorFlags) => withStore(flags, (store, config) => reconcile(store, config, flags))),
    );
}

async function list(store: Store, flags: OperatorFlags): Promise<void> {
  const folders = await store.imapFolders();
  if (flags.json === true) for (const each of folders) printJson(each);
  else if (folders.length === 0) print("No mailbox has been read yet. `imap:` in the configuration names them.");
  else
    print(
      table(
        ["mailbox", "folder", "mails", "read up to", "not marked yet", "fetching", "compared"],
        folders.map(({ account, folder, mails, uid, unmarked, fetching, reconciledAt }) => [
          account,
          safe(folder),
          mails,
          `UID ${uid}`,
          unmarked,
          fetching === null ? null : `${fetching.done} of ${fetching.all}`,
          reconciledAt === null ? null : dateTime(reconciledAt),
        ]),
      ),
    );
}

async function reconcile(store: Store, { dataFolder }: Config, flags: OperatorFlags): Promise<void> {
  if (!isGatewayRunning(dataFolder))
    throw new CannotDo(
      `No gateway runs on the folder ${dataFolder}, so nobody would look. Start it (npm start) and ask again.`,
    );
  await store.wishReconcile(Date.now(), userInfo().username);
  if (flags.json === true) printJson({ asked: true });
  else
    print(
      "The running gateway looks within ten seconds; `mailward imap list` shows what it has, its log what it finds.",
    );
}
