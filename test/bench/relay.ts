// Mails per second from smtp-source through a relay to smtp-sink: Mailward deciding each by 200 rules, against Postfix and
// Haraka passing the same mail on. Alternating rounds, so that what else the machine does falls on all alike.

import { liveGateway } from "../support/live-gateway.ts";
import { startPostfix } from "../support/postfix.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type Haraka, startHaraka } from "./haraka.ts";
import { deliveredPerSecond, RECIPIENT, type Sink, startSink } from "./load.ts";
import { packageVersion, printMachine, row, say } from "./machine.ts";

type Relay = { readonly name: string; readonly port: number; readonly figures: number[] };

const ROUNDS = 7;
const MAILS = 3_000;
const WARM_UP_MAILS = 1_000;
const RULES = 200;

/** What somebody who knows Postfix would set for such a relay; its queue is fsynced as always. */
const POSTFIX_TUNING = [
  "default_process_limit = 200",
  "smtp_destination_concurrency_limit = 50",
  "initial_destination_concurrency = 20",
];

export async function relay(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir()).path;
  const sink = stack.use(await startSink());
  const haraka = await tryHaraka(folder, sink);
  if (haraka !== null) stack.use(haraka);
  const postfix = stack.use(
    await startPostfix({ folder, next: `smtp:[127.0.0.1]:${sink.port}`, settings: POSTFIX_TUNING }),
  );
  const mailward = stack.use(await gatewayToSink(stack.use(await tempDir()).path, sink));
  const relays: Relay[] = [
    { name: "Mailward", port: mailward.port("smtp"), figures: [] },
    { name: "Postfix", port: postfix.port, figures: [] },
    ...(haraka === null ? [] : [{ name: "Haraka", port: haraka.port, figures: [] }]),
  ];
  printMachine(packageVersion("postfix"), haraka === null ? "no Haraka" : `Haraka ${haraka.version}`);
  say(
    `load      ${MAILS} mails of 10 KB a round, 20 connections, ${RULES} rules, everything fsynced but Haraka (it keeps nothing)`,
  );
  for (const each of relays) await deliveredPerSecond(each.port, sink, WARM_UP_MAILS);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const each of relays) each.figures.push(await deliveredPerSecond(each.port, sink, MAILS));
  }
  for (const each of relays) say(row(each.name, each.figures, "mails/s"));
  const own = relays[0]?.figures ?? [];
  for (const { name, figures } of relays.slice(1)) {
    const ratios = own.map((figure, round) => figure / (figures[round] ?? Number.NaN));
    say(row(`Mailward / ${name}`, ratios, "times", 2));
  }
}

/** A gateway whose queues all deliver to the sink, with `RULES` rules loaded. */
export function gatewayToSink(folder: string, sink: Sink): ReturnType<typeof liveGateway> {
  return liveGateway({
    folder,
    rulesAtLeast: RULES,
    deliver: (queue) => ({
      kind: "smtp",
      host: "127.0.0.1",
      port: sink.port,
      to: `${queue}@desk.example`,
      tls: "none",
    }),
  });
}

async function tryHaraka(folder: string, sink: Sink): Promise<Haraka | null> {
  try {
    return await startHaraka(folder, RECIPIENT.split("@")[1] ?? "", sink.port);
  } catch (error) {
    say(`Haraka cannot be measured here: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
    return null;
  }
}
