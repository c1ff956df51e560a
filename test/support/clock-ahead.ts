// Given to Node with --import: the process's clock is ahead of the real one by what a file says, in every thread.

import { readFileSync } from "node:fs";

/** Names the file, which holds milliseconds. */
export const CLOCK_FILE = "MAILWARD_TEST_CLOCK_FILE";
const LOOK_MS = 50;

const path = process.env[CLOCK_FILE];
const real = Date.now.bind(Date);
let aheadMs = 0;
let lookedAt = 0;

if (path !== undefined)
  Date.now = () => {
    const at = real();
    if (at - lookedAt >= LOOK_MS) {
      lookedAt = at;
      aheadMs = Number(readFileSync(path, "latin1")) || aheadMs;
    }
    return at + aheadMs;
  };
