#!/usr/bin/env node
// argv and environment in, exit code out.

import { join } from "node:path";
import { keepCompiledCode } from "./config/env.ts";

keepCompiledCode(join(import.meta.dirname, "../node_modules/.cache/mailward"));
const { program } = await import("./cli/program.ts");
const { commandsFor } = await import("./cli/commands.ts");

await program(await commandsFor(process.argv[2])).parseAsync();
