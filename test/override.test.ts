// `mailward override`, `train` and `model` beside a running gateway: the mail moves, the model learns and decides, and a
// pin holds for the next mail. Everything is real: process, store, sockets, Maildirs.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sendMail } from "./support/dialogue.ts";
import { RULES, type TestGateway, testGateway } from "./support/gateway.ts";
import { type Ran, runMailward } from "./support/operator.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const BILLING = "billing@clinic.example";

function mail(subject: string, text: string, from = "ana@example.net"): string {
  return `From: Ana <${from}>\r\nTo: ${BILLING}\r\nSubject: ${subject}\r\nMessage-ID: <${Math.random()}@example.net>\r\n\r\n${text}\r\n`;
}

/** Sends a mail; answers its reference when it is decided, with its outcome. */
async function send(gateway: TestGateway, raw: string) {
  const reply = await sendMail(gateway.port("smtp"), [BILLING], raw);
  const ref = /Accepted as (\S+)/.exec(reply)?.[1] ?? reply;
  const outcome = await until(`${ref} is decided`, async () => (await gateway.store.find(ref))?.outcomes[0]);
  return { ref, outcome };
}

function run(path: string, args: readonly string[]): Promise<Ran> {
  return runMailward(path, [...args, "--data", join(path, "data"), "--rules", RULES]);
}

function delivered(path: string, queue: string): readonly string[] {
  const folder = join(path, "data/mail", queue, "new");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
}

test("a correction moves the mail, is told by show, and the model that learnt it decides the next", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path, { rulesFolder: RULES });
  const { ref, outcome } = await send(gateway, mail("hello", "Frobnitz zibbel quorax wumple nerl."));
  expect(outcome).toMatchObject({ queue: "billing-desk" });
  expect(outcome?.modelVersion).toMatch(/^starter-/);
  const args = ["override", ref, "--queue", "access-desk", "--reason", "their portal", "--by", "maria"];
  const said = await run(dir.path, args);
  expect(said.code, said.told).toBe(0);
  expect(said.out).toContain(`${ref} goes from billing-desk to access-desk; the model has learnt that it is access.`);
  expect(said.out).toContain("decides from now on");
  await until("it is delivered there", () => delivered(dir.path, "access-desk").length === 1);
  const [copy = ""] = delivered(dir.path, "access-desk");
  expect(copy).toContain("X-Mailward-Queue: access-desk");
  expect(copy).toContain("Frobnitz zibbel");
  const shown = await runMailward(dir.path, ["show", ref, "--data", join(dir.path, "data")]);
  expect(shown.out).toContain("maria for billing@: queue access-desk, access, P4: their portal");
  expect(shown.out).toContain("then sent elsewhere");
  await until("the gateway has it", () => gateway.log.some((line) => line.includes('"version":"1-')));
  const next = await send(gateway, mail("other", "Something else, thank you."));
  expect(next.outcome?.modelVersion).toMatch(/^1-[0-9a-f]{8}$/);
  expect((await run(dir.path, args)).out).toContain("nothing was changed");
  const undone = await run(dir.path, ["override", ref, "--undo", "--reason", "it was a bill"]);
  expect(undone.out).toContain("are taken back");
  expect(JSON.parse((await run(dir.path, ["explain", ref, "--then", "--json"])).out)).toMatchObject({ same: true });
});

test("a pin sends the next mail of that sender with such a subject there, and no other", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  const { ref } = await send(gateway, mail("Report 17", "Attached as always."));
  const said = await run(dir.path, ["override", ref, "--queue", "claims-desk", "--reason", "weekly", "--pin"]);
  expect(said.out).toContain("Later mail of this sender");
  await until("the gateway has it", () => gateway.log.filter((line) => line.includes("model-live")).length > 1);
  const next = await send(gateway, mail("RE: report 18", "Attached as always."));
  expect(next.outcome).toMatchObject({ queue: "claims-desk", decidedBy: "pin", requestType: "billing" });
  const other = await send(gateway, mail("Report 19", "Attached as always.", "bea@example.net"));
  expect(other.outcome?.decidedBy).not.toBe("pin");
  // A pin never stands above what may be a matter of life.
  const danger = await send(gateway, mail("Report 20", "My father is unconscious."));
  expect(danger.outcome).toMatchObject({ decidedBy: "safety", requestType: "clinical", urgency: "P1" });
});

test("a sorted archive is learnt from a folder, a Maildir and an mbox file, once", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  expect(gateway.log.length).toBeGreaterThan(0);
  const at = (name: string) => join(dir.path, name);
  mkdirSync(at("folder"), { recursive: true });
  mkdirSync(at("maildir/cur"), { recursive: true });
  writeFileSync(at("folder/a.eml"), mail("bill", "the frobnitz charge is wrong"));
  writeFileSync(at("maildir/cur/1:2,S"), mail("pain", "my frobnitz itches"));
  const two = ["one frobnitz", ">From now on another frobnitz"].map((text) =>
    mail("ad", text).replaceAll("\r\n", "\n"),
  );
  writeFileSync(at("box.mbox"), two.map((each) => `From ana@example.net Mon Nov 23\n${each}\n`).join(""));
  const args = ["train", "--from", "billing=folder", "clinical=maildir", "none=box.mbox"];
  const said = await run(dir.path, args);
  expect(said.code, said.told).toBe(0);
  expect(said.out).toContain(
    "billing: 1 mails, 1 of them new\nclinical: 1 mails, 1 of them new\nnone: 2 mails, 2 of them new",
  );
  expect((await run(dir.path, args)).out).toContain("none: 2 mails, 0 of them new\nNothing new was learnt.");
  // One folder with all of it, by the names of the types; sorted otherwise, a mail is learnt anew.
  mkdirSync(at("sorted/access"), { recursive: true });
  writeFileSync(at("sorted/access/a.eml"), readFileSync(at("folder/a.eml")));
  expect((await run(dir.path, ["train", "--from", "sorted"])).out).toContain(
    "access: 1 mails, 0 of them new, 1 learnt as another type before",
  );
  expect((await run(dir.path, ["train", "--undo", "--from", "sorted"])).out).toContain("1 of them taken back");
  expect((await run(dir.path, ["train", "--undo", "--from", "sorted"])).out).toContain("Nothing was taken back");
  expect((await run(dir.path, ["train", ...args.slice(1)])).out).toContain("billing: 1 mails, 1 of them new");
  const model = JSON.parse((await runMailward(dir.path, ["model", "--json", "--data", at("data")])).out);
  expect(model).toMatchObject({ stage: "starter", live: 8, last: 8, trial: { passed: true } });
  expect(model.classes.find((each: { type: string }) => each.type === "none")).toMatchObject({ confirmed: 2 });
});

test("what cannot be understood is told in words, and nothing is changed", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  const { ref } = await send(gateway, mail("hello", "About my bill."));
  const why = ["--reason", "so"];
  const told = async (args: readonly string[]) => {
    const ran = await run(dir.path, args);
    expect(ran.code).toBe(2);
    return ran.told;
  };
  expect(await told(["override", ref, "--queue", "nowhere", ...why])).toContain(
    'There is no queue "nowhere". The rules know: ',
  );
  expect(await told(["override", ref, "--queue", "review", ...why])).toContain("Say what this one is with --type");
  expect(await told(["override", ref, "--queue", "review", "--type", "x", ...why])).toContain(
    'There is no request type "x"',
  );
  expect(await told(["override", ref, ...why])).toContain("--queue NAME, or --undo");
  expect(await told(["override", ref, "--undo", ...why])).toContain("nothing to take back");
  expect(await told(["override", "MW-99999Z", "--queue", "review", ...why])).toContain("There is no case");
  expect(await told(["override", ref, "--queue", "review", "--reason", " "])).toContain("Write why");
  expect(await told(["override", ref, "--undo", "--pin", ...why])).toContain("Leave --pin");
  expect(await told(["train", "--from", "nowhere"])).toContain("write a type and where its mails are");
  expect(await told(["train", "--from", "parking=x"])).toContain('There is no request type "parking"');
  expect(await told(["train", "--from", "billing=missing"])).toContain("cannot be read (ENOENT)");
  writeFileSync(join(dir.path, "plain.txt"), "no mail\n");
  expect(await told(["train", "--from", "billing=plain.txt"])).toContain("this is no mbox file");
  expect((await gateway.store.find(ref))?.overrides).toEqual([]);
  expect(await gateway.store.taught()).toMatchObject({ last: 0 });
});
