// A rules folder is watched: every whole save is found, whatever way editors, scripts and container systems write.

import { mkdir, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RuleSet } from "../src/config/rules.ts";
import { examineApart } from "../src/rulebook/apart.ts";
import { snapshot } from "../src/rulebook/snapshot.ts";
import { type RulesWatch, type WatchOptions, watchRules } from "../src/rulebook/watch.ts";
import { smallRules, writeSmallRules } from "./support/small-rules.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

type Watched = RulesWatch & {
  /** The phrase of each set handed over, and "bad" for each refusal, in order. */
  readonly told: readonly string[];
  /** Looks under way at once, at most. */
  readonly most: () => number;
};

async function watched(folder: string, over: Partial<WatchOptions> = {}): Promise<Watched> {
  const told: string[] = [];
  let underWay = 0;
  let most = 0;
  const watch = watchRules(folder, {
    seen: (await snapshot(folder)).print,
    async read(taken, stop) {
      underWay += 1;
      most = Math.max(most, underWay);
      const found = await examineApart({ ...taken, today: null, live: null }, stop);
      underWay -= 1;
      return found;
    },
    onRules: ({ rules }) => {
      told.push(phraseOf(rules));
      return Promise.resolve(true);
    },
    onProblems: () => told.push("bad"),
    onTrouble: (error) => told.push(String(error)),
    ...over,
  });
  return { ...watch, told, most: () => most };
}

function phraseOf(rules: RuleSet): string {
  return rules.types[0]?.rules[0]?.any[0] ?? "";
}

function found(watch: Watched, phrase: string): Promise<unknown> {
  return until(`${phrase} is found`, () => watch.told.at(-1) === phrase);
}

test("what is there at the start is nothing new", async () => {
  await using dir = await tempDir();
  const file = await writeSmallRules(dir.path, { phrase: "first bill" });
  await using watch = await watched(dir.path);
  await writeFile(join(dir.path, ".rules.yaml.swp"), "an editor's own");
  await writeFile(join(dir.path, "rules.yaml~"), "a backup");
  await writeFile(join(dir.path, "4913"), "");
  await writeFile(file, smallRules({ phrase: "second bill" }));
  await found(watch, "second bill");
  expect(watch.told).toEqual(["second bill"]);
});

type Save = (folder: string, text: string) => Promise<void>;
const file = (folder: string) => join(folder, "rules.yaml");

const SAVES: Readonly<Record<string, Save>> = {
  "written in place": (folder, text) => writeFile(file(folder), text),
  "written beside and renamed over, as by vim and sed -i": async (folder, text) => {
    await writeFile(`${file(folder)}.new`, text);
    await rename(`${file(folder)}.new`, file(folder));
  },
  "moved away as a backup and written anew, as by emacs": async (folder, text) => {
    await rename(file(folder), `${file(folder)}~`);
    await writeFile(file(folder), text);
  },
  "removed and written anew": async (folder, text) => {
    await unlink(file(folder));
    await writeFile(file(folder), text);
  },
  "in a folder removed and made again, as by a checkout": async (folder, text) => {
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await writeFile(file(folder), text);
  },
  "in another folder renamed into its place": async (folder, text) => {
    await mkdir(`${folder}.new`);
    await writeFile(file(`${folder}.new`), text);
    await rename(folder, `${folder}.old`);
    await rename(`${folder}.new`, folder);
  },
};

test.each(Object.entries(SAVES))("a save %s is found, twice", async (_, save) => {
  await using dir = await tempDir();
  const folder = join(dir.path, "rules");
  await writeSmallRules(folder, { phrase: "first bill" });
  await using watch = await watched(folder);
  for (const phrase of ["second bill", "third bill"]) {
    await rm(`${folder}.old`, { recursive: true, force: true });
    await save(folder, smallRules({ phrase }));
    await found(watch, phrase);
  }
});

test("a swapped link is found, as Kubernetes writes its volumes", async () => {
  await using dir = await tempDir();
  const folder = join(dir.path, "rules");
  const publish = async (version: string, phrase: string) => {
    await writeSmallRules(join(folder, `..${version}`), { phrase });
    await symlink(`..${version}`, join(folder, "..data_tmp"));
    await rename(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  await publish("one", "first bill");
  await symlink("..data/rules.yaml", join(folder, "rules.yaml"));
  await using watch = await watched(folder);
  await publish("two", "second bill");
  await found(watch, "second bill");
  await rm(join(folder, "..one"), { recursive: true });
  await publish("three", "third bill");
  await found(watch, "third bill");
});

test("a folder that is itself a link to another is followed", async () => {
  await using dir = await tempDir();
  const link = join(dir.path, "rules");
  await writeSmallRules(join(dir.path, "one"), { phrase: "first bill" });
  await writeSmallRules(join(dir.path, "two"), { phrase: "second bill" });
  await symlink("one", link);
  await using watch = await watched(link);
  await symlink("two", `${link}.new`);
  await rename(`${link}.new`, link);
  await found(watch, "second bill");
  await writeSmallRules(join(dir.path, "two"), { phrase: "third bill" });
  await found(watch, "third bill");
});

test("a file written bit by bit is taken when it is whole", async () => {
  await using dir = await tempDir();
  const file = await writeSmallRules(dir.path, { phrase: "first bill" });
  const text = smallRules({ phrase: "second bill" });
  let looks = 0;
  await using watch = await watched(dir.path, {
    // The file grows between any two looks at it, until it is whole.
    async snapshot(folder) {
      looks += 1;
      if (looks <= 8) await writeFile(file, text.slice(0, (text.length * looks) / 8));
      return await snapshot(folder);
    },
  });
  await found(watch, "second bill");
  expect(watch.told).toEqual(["second bill"]);
});

test("a folder that goes is told, and is used again when it comes back", async () => {
  await using dir = await tempDir();
  const folder = join(dir.path, "rules");
  await writeSmallRules(folder, { phrase: "first bill" });
  await using watch = await watched(folder);
  await rm(folder, { recursive: true });
  await found(watch, "bad");
  await writeSmallRules(folder, { phrase: "second bill" });
  await found(watch, "second bill");
});

test("many saves in a row end with the last, one look at a time", async () => {
  await using dir = await tempDir();
  const file = await writeSmallRules(dir.path, { phrase: "bill number 0" });
  await using watch = await watched(dir.path);
  // Renamed into place, each save is whole at any moment: a slow machine can stop between the two halves of a write.
  for (let n = 1; n <= 200; n += 1) {
    await writeFile(`${file}.new`, smallRules({ phrase: `bill number ${n}` }));
    await rename(`${file}.new`, file);
  }
  await found(watch, "bill number 200");
  expect(watch.most()).toBe(1);
  expect(watch.told).not.toContain("bad");
});

test("asked to look, it looks also when nothing has changed", async () => {
  await using dir = await tempDir();
  await writeSmallRules(dir.path, { phrase: "first bill" });
  await using watch = await watched(dir.path);
  watch.look();
  await found(watch, "first bill");
});

test("an error of ours in one look does not end the watch", async () => {
  await using dir = await tempDir();
  const file = await writeSmallRules(dir.path, { phrase: "first bill" });
  let reads = 0;
  await using watch = await watched(dir.path, {
    read: (taken, stop) => {
      reads += 1;
      return reads === 1
        ? Promise.reject(new Error("planted"))
        : examineApart({ ...taken, today: null, live: null }, stop);
    },
  });
  await writeFile(file, smallRules({ phrase: "second bill" }));
  await found(watch, "Error: planted");
  await writeFile(file, smallRules({ phrase: "third bill" }));
  await found(watch, "third bill");
});

test("disposed in the middle of a look, it ends and tells nothing more", async () => {
  await using dir = await tempDir();
  await writeSmallRules(dir.path, { phrase: "first bill" });
  const reading = Promise.withResolvers<void>();
  const watch = await watched(dir.path, {
    seen: null,
    read: (taken, stop) => {
      reading.resolve();
      return examineApart({ ...taken, today: null, live: null }, stop);
    },
  });
  await reading.promise;
  await watch[Symbol.asyncDispose]();
  expect(watch.told).toEqual([]);
});
