// The commands there are, and what they have in common.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";

/** The program with these commands. */
export function program(commands: readonly Command[]): Command {
  const root = new Command("mailward")
    .description(
      "Takes mail in for a health organisation, decides whose it is and how urgent, delivers it, and keeps the reasons.",
    )
    .version(version(), "-v, --version", "say which version this is")
    .showHelpAfterError("Run the command with --help to see what it takes.")
    .addHelpText(
      "after",
      "\nExit codes:\n  0  all is well\n  1  the answer is no: mistakes found, a mail refused, nothing fits, a balance that is off\n  2  it could not be done; the reason is told",
    );
  endQuietlyWithTheReader();
  for (const command of commands) root.addCommand(usageErrorsExitWith2(command));
  return usageErrorsExitWith2(root);
}

function version(): string {
  const file = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}

/** `mailward outcomes | head -1`: when nobody reads on, there is nothing left to say. */
function endQuietlyWithTheReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

function usageErrorsExitWith2(command: Command): Command {
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const inner of command.commands) usageErrorsExitWith2(inner);
  return command;
}
