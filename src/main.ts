#!/usr/bin/env node
// argv and environment in, exit code out.

import { program } from "./cli/program.ts";

await program().parseAsync();
