// npm run bench -- relay|memory|imap|startup|backlog|down|parse|own-text|rules|replay|model|public: figures with the machine they were taken on. Never part of the tests.

import { backlog } from "./backlog.ts";
import { down } from "./down.ts";
import { imap } from "./imap.ts";
import { say } from "./machine.ts";
import { memory } from "./memory.ts";
import { modelBench } from "./model.ts";
import { ownText } from "./own-text.ts";
import { parseBench } from "./parse.ts";
import { publicBench } from "./public.ts";
import { relay } from "./relay.ts";
import { replay } from "./replay.ts";
import { rulesBench } from "./rules.ts";
import { startup } from "./startup.ts";

const BENCHES: Readonly<Record<string, () => Promise<void> | void>> = {
  relay,
  memory,
  imap,
  startup,
  backlog,
  down,
  parse: parseBench,
  "own-text": ownText,
  replay,
  rules: rulesBench,
  model: modelBench,
  public: publicBench,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (wanted.length === 0 || unknown.length > 0) {
  say(`npm run bench -- ${Object.keys(BENCHES).join("|")}`);
  process.exitCode = 2;
} else {
  for (const name of wanted) {
    say(`\n== ${name}`);
    await BENCHES[name]?.();
  }
}
