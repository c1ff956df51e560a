// From starting the process to the door being open, ten times, on a data folder that already exists.

import { makeHome, startAgain } from "../support/live-gateway.ts";
import { tempDir } from "../support/temp-dir.ts";
import { median, printMachine, row, say } from "./machine.ts";

const STARTS = 10;
const GOAL_MS = 1_000;

export async function startup(): Promise<void> {
  await using dir = await tempDir();
  const home = await makeHome({ folder: dir.path, deliver: () => ({ kind: "maildir" }), rulesAtLeast: 200 });
  await (await startAgain(home)).stop();
  const figures: number[] = [];
  for (let i = 0; i < STARTS; i += 1) {
    const started = performance.now();
    await using gateway = await startAgain(home);
    figures.push(performance.now() - started);
    await gateway.stop();
  }
  printMachine();
  say(row("start to listening", figures, "ms"));
  say(`goal under ${GOAL_MS} ms: ${median(figures) < GOAL_MS ? "reached" : "MISSED"}`);
}
