// Our own commands, run as an operator runs them.

import { execFile } from "node:child_process";
import { join } from "node:path";

export const MAIN = join(import.meta.dirname, "../../src/main.ts");

export type Ran = { readonly code: number; readonly out: string; readonly told: string };

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** Runs a command to its end, whatever its exit code; `typed` is its standard input. */
export function runMailward(cwd: string, args: readonly string[], env: object = {}, typed = ""): Promise<Ran> {
  const { FORCE_COLOR: _, NO_COLOR: __, ...rest } = process.env;
  const options = { cwd, env: { ...rest, ...env }, maxBuffer: OUTPUT_BYTES_MAX };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--no-memory-protection-keys", MAIN, ...args],
      options,
      (error, out, told) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, told }),
    );
    child.stdin?.end(typed);
  });
}

/** What a command writes, byte for byte. */
export function mailwardBytes(args: readonly string[]): Promise<Buffer> {
  const options = { encoding: "buffer", maxBuffer: OUTPUT_BYTES_MAX } as const;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ["--no-memory-protection-keys", MAIN, ...args], options, (error, out) =>
      error ? reject(error) : resolve(out),
    );
  });
}
