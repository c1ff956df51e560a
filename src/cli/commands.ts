// The commands a run needs: the gateway itself reads no other command's code, which would cost it time and memory.

import type { Command } from "commander";

/** The commands for a run that begins with this word. */
export async function commandsFor(word: string | undefined): Promise<readonly Command[]> {
  if (word !== "serve") return (await import("./all-commands.ts")).allCommands();
  const { serveCommand } = await import("./serve.ts");
  return [serveCommand()];
}
