// How far a replay has come, for people who wait: one line on standard error, redrawn; nothing where it is no terminal.

import { bar } from "./terminal.ts";

export type Progress = { readonly at: (done: number) => void; readonly clear: () => void };

const BAR_WIDTH = 24;
const REDRAW_MS = 100;

export function startProgress(total: number): Progress {
  if (process.stderr.isTTY !== true) return { at: () => undefined, clear: () => undefined };
  const started = performance.now();
  let drawn = started;
  return {
    at(done) {
      const now = performance.now();
      if (now - drawn < REDRAW_MS) return;
      drawn = now;
      process.stderr.write(`\r${progressLine(done, total, (now - started) / 1000)}\u001b[K`);
    },
    clear: () => void process.stderr.write("\r\u001b[K"),
  };
}

/** The line itself: bar, count, rate and the time left. */
export function progressLine(done: number, total: number, seconds: number): string {
  const rate = seconds > 0 ? done / seconds : 0;
  const left = rate > 0 ? timeWords((total - done) / rate) : "";
  const counted = `${done.toLocaleString("en")} of ${total.toLocaleString("en")} mails`;
  return `${bar(done, total, BAR_WIDTH).padEnd(BAR_WIDTH)}  ${counted}  ${Math.round(rate).toLocaleString("en")}/s  ${left}`.trimEnd();
}

function timeWords(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 90 ? `${whole} s left` : `${Math.ceil(whole / 60)} min left`;
}
