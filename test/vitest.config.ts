// How the tests run: each file in a process of its own, real sockets and files, limits wide enough for a slow machine.

import { defineConfig } from "vitest/config";
import { ClosingLine } from "./support/closing-line.ts";

/** Tests wait for conditions, not for time; this limit only ends one that hangs. */
const TEST_MS_MAX = 60_000;
const HOOK_MS_MAX = 60_000;
/** Test files at once: most of them wait for processes, sockets and clocks. One at a time took 16 minutes on two cores, three 10. */
const FILES_AT_ONCE = 3;

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: FILES_AT_ONCE,
    // As `npm start` has it: see the map.
    execArgv: ["--no-memory-protection-keys"],
    testTimeout: TEST_MS_MAX,
    hookTimeout: HOOK_MS_MAX,
    teardownTimeout: HOOK_MS_MAX,
    passWithNoTests: false,
    reporters: ["default", new ClosingLine()],
  },
});
