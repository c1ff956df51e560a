// One mail read in a process of its own: how far its resident memory rose, in bytes. Started by the bench of parse.

import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "../../src/parse/parse.ts";

const path = process.argv[2] ?? "";
// The code is loaded and warm, so that what is measured is the mail.
for (let round = 0; round < 20; round++)
  await parse(Buffer.from("From: a@b.example\r\nContent-Type: text/html\r\n\r\n<p>x</p>"));
const raw = readFileSync(path);
// 5 sets the kernel's high-water mark back to what is resident now (proc(5)).
writeFileSync("/proc/self/clear_refs", "5");
const before = kilobytes("VmRSS");
await parse(raw);
process.stdout.write(String((kilobytes("VmHWM") - before) * 1024));

function kilobytes(name: string): number {
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync("/proc/self/status", "latin1"))?.[1]);
}
