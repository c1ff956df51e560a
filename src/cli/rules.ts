// `mailward rules`: commands on the rule files themselves.

import { Command } from "commander";
import { fmtCommand } from "./rules-fmt.ts";
import { newRuleCommand } from "./rules-new.ts";
import { suggestCommand } from "./rules-suggest.ts";

export function rulesCommand(): Command {
  const rules = new Command("rules").description(
    "write rules: a new one by four questions or from corrections, or all in one form",
  );
  for (const command of [newRuleCommand(), suggestCommand(), fmtCommand()]) rules.addCommand(command);
  return rules;
}
