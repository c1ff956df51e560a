// `mailward evaluate --confirmed` on a real store: only what people have said counts, and the model is the site's own as
// if it had not learnt the mail it is asked about.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Report } from "../src/cli/evaluate-report.ts";
import { sendMail } from "./support/dialogue.ts";
import { RULES, testGateway } from "./support/gateway.ts";
import { runMailward } from "./support/operator.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

function mail(at: number, text: string): string {
  return `From: w${at}@example.net\r\nMessage-ID: <${at}@example.net>\r\nSubject: hello\r\n\r\n${text}\r\n`;
}

test("confirmed mail is asked about with the site's model, which knows imports and not the mail itself", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path, { rulesFolder: RULES });
  const flags = ["--data", join(dir.path, "data"), "--rules", RULES];
  const run = async (...args: readonly string[]) => {
    const ran = await runMailward(dir.path, [...args, ...flags]);
    expect(ran.code, ran.told).toBe(0);
    return ran.out;
  };
  const texts = ["zibbel quorax nerl frobnitz", "wumple donnel prask vlim"];
  const refs: string[] = [];
  for (const [at, text] of texts.entries()) {
    const reply = await sendMail(gateway.port("smtp"), ["billing@clinic.example"], mail(at, text));
    const ref = /Accepted as (\S+)/.exec(reply)?.[1] ?? reply;
    await until("it is decided", async () => (await gateway.store.find(ref))?.outcomes[0]);
    refs.push(ref);
  }
  // Others who write such words of the first mail, sorted by people; nobody else has the words of the second.
  mkdirSync(join(dir.path, "sorted/access"), { recursive: true });
  for (let at = 10; at < 40; at++)
    writeFileSync(join(dir.path, `sorted/access/${at}.eml`), mail(at, `zibbel quorax nerl frobnitz ${at}`));
  await run("train", "--from", join(dir.path, "sorted"));
  const [first = "", second = ""] = refs;
  await run("override", first, "--queue", "access-desk", "--reason", "portal", "--urgency", "P2");
  await run("override", second, "--queue", "access-desk", "--reason", "portal");
  const report = JSON.parse(await run("evaluate", "--confirmed", "--json")) as Report;
  expect(report).toMatchObject({ mails: 2, writers: 2, calibratedBy: "in-use", leftOut: 0 });
  // The gateway's own P4 of the second mail is no label.
  expect(report.urgencies).toMatchObject([
    { urgency: "P1", mails: 0 },
    { urgency: "P2", mails: 1 },
  ]);
  const byModel = report.ways.find(({ way }) => way === "model");
  expect(byModel?.matrix.find(({ type }) => type === "access")?.counts).toEqual([0, 0, 0, 1, 1]);
});
