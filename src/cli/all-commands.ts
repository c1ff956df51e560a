// Every command there is, in the order help lists them.

import type { Command } from "commander";
import { balanceCommand } from "./balance.ts";
import { canaryCommand } from "./canary.ts";
import { checkCommand } from "./check.ts";
import { demoCommand } from "./demo.ts";
import { evaluateCommand } from "./evaluate.ts";
import { explainCommand } from "./explain.ts";
import { imapCommand } from "./imap.ts";
import { modelCommand } from "./model.ts";
import { outcomesCommand } from "./outcomes.ts";
import { overrideCommand } from "./override.ts";
import { passwordCommand } from "./password.ts";
import { queueCommand } from "./queue.ts";
import { replayCommand } from "./replay.ts";
import { reportCommand } from "./report.ts";
import { rulesCommand } from "./rules.ts";
import { sendCommand } from "./send.ts";
import { serveCommand } from "./serve.ts";
import { showCommand } from "./show.ts";
import { statusCommand } from "./status.ts";
import { testCommand } from "./test.ts";
import { trainCommand } from "./train.ts";

export function allCommands(): readonly Command[] {
  return [
    serveCommand(),
    statusCommand(),
    checkCommand(),
    testCommand(),
    explainCommand(),
    sendCommand(),
    demoCommand(),
    outcomesCommand(),
    showCommand(),
    overrideCommand(),
    queueCommand(),
    balanceCommand(),
    canaryCommand(),
    imapCommand(),
    reportCommand(),
    replayCommand(),
    trainCommand(),
    modelCommand(),
    evaluateCommand(),
    rulesCommand(),
    passwordCommand(),
  ];
}
