// The last line of every test run: `N passed, N failed, N skipped`, alone on its line, for people and for CI.
// With MAILWARD_NO_SKIPS=1 a skipped test fails the run: a machine that has every peer must not pass by not looking.

import type { Reporter, SerializedError, TestModule } from "vitest/node";

type Counts = { passed: number; failed: number; skipped: number };

export class ClosingLine implements Reporter {
  readonly #noSkips = process.env["MAILWARD_NO_SKIPS"] === "1";

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts = count(modules, unhandled.length);
    const skipped = modules.flatMap((module) => [...module.children.allTests("skipped")]);
    if (this.#noSkips && skipped.length > 0) {
      for (const test of skipped) process.stderr.write(`SKIPPED where nothing may be skipped: ${test.fullName}\n`);
      process.exitCode = 1;
    }
    // After the other reporters' summary, which is written in the same turn.
    process.once("exit", () => process.stdout.write(`\n${closingLine(counts)}\n`));
  }
}

/** The line CI reads. */
function closingLine(counts: Readonly<Counts>): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

/** A file that cannot be loaded and an error outside any test count as a failure each. */
function count(modules: readonly TestModule[], unhandled: number): Counts {
  const counts: Counts = { passed: 0, failed: unhandled, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state !== "pending") counts[state] += 1;
      else counts.failed += 1;
    }
    counts.failed += module.errors().length;
  }
  return counts;
}
