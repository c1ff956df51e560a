// What decides alone, in which order, and what sets it aside: threads, staff's notes, form fields, sure rules, safety.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readOverride } from "../src/classify/override.ts";
import { doubt, rule, type Safety } from "../src/classify/scorecard.ts";
import { staffProof } from "../src/classify/staff.ts";
import { loadRules } from "../src/config/rules.ts";
import type { Defect, Forward, Message } from "../src/message.ts";
import { NO_PROOF } from "../src/message.ts";
import type { Evidence } from "../src/outcome.ts";
import { parse } from "../src/parse/parse.ts";
import { BLANK_RULES, NO_SAFETY } from "./support/blank.ts";
import { facts } from "./support/facts.ts";

const SPAN = { field: "text", start: 0, end: 1 } as const;
const BAR = BLANK_RULES.decide;

const thread = (sure: boolean): Evidence => ({ kind: "thread", ref: "MW-000001", by: "token", type: "access", sure });
const override = (sure: boolean): Evidence => ({
  kind: "override",
  type: "billing",
  points: sure ? 0 : 3,
  sure,
  phrase: "billing pls",
  span: SPAN,
});
const field: Evidence = { kind: "field", field: "request-type", value: "admissions", type: "admissions", span: SPAN };
const sureRule: Evidence & { kind: "rule" } = {
  kind: "rule",
  rule: "denied",
  type: "clinical",
  points: 0,
  sure: true,
  phrase: "x",
  span: SPAN,
  others: [],
};

/** Types that P1 phrases speak for, which nothing doubts. */
function certain(types: readonly string[]): Safety {
  return { types, areDoubted: false };
}

function decide(evidence: readonly Evidence[], safety: readonly string[] = [], defects: readonly Defect[] = []) {
  return rule(evidence, [{ type: "clinical", points: 6 }], certain(safety), defects, BAR);
}

describe("what decides alone", () => {
  test.each([
    ["a thread before all else", [thread(true), override(true), field, sureRule], "access", "thread"],
    ["staff's word before a form", [thread(false), override(true), field, sureRule], "billing", "override"],
    ["a form before a rule", [override(false), field, sureRule], "admissions", "field"],
    ["a sure rule before points", [sureRule], "clinical", "sure-rule"],
  ] as const)("%s", (_, evidence, requestType, decidedBy) => {
    expect(decide(evidence)).toEqual({ requestType, decidedBy, reviewReason: null });
  });

  test.each([
    ["a thread", thread(true)],
    ["a form", field],
    ["a sure rule", { ...sureRule, type: "billing" } as const],
    ["what has more points", { ...sureRule, type: "billing", points: 12, sure: false } as const],
  ])("%s is set aside by a safety phrase that speaks for another type", (_, evidence) => {
    const safety: Evidence = { ...sureRule, rule: "chest-pain", points: 6, sure: false };
    const scores = [
      { type: "billing", points: 12 },
      { type: "clinical", points: 6 },
    ];
    expect(rule([evidence, safety], scores, certain(["clinical"]), [], BAR)).toEqual({
      requestType: "clinical",
      decidedBy: "safety",
      reviewReason: null,
    });
  });

  test("a safety phrase leaves alone what already goes where it says", () => {
    expect(decide([sureRule], ["clinical"])).toMatchObject({ requestType: "clinical", decidedBy: "sure-rule" });
    const hint: Evidence = { ...sureRule, points: 6, sure: false };
    expect(decide([hint], ["clinical"])).toMatchObject({ requestType: "clinical", decidedBy: "scorecard" });
  });

  test("of two safety phrases the one with more points counts", () => {
    const scores = [
      { type: "access", points: 12 },
      { type: "clinical", points: 7 },
      { type: "admissions", points: 6 },
    ];
    const hint: Evidence = { ...sureRule, type: "access", points: 12, sure: false };
    expect(rule([hint], scores, certain(["admissions", "clinical"]), [], BAR)).toMatchObject({
      requestType: "clinical",
    });
    const spoken: Evidence = { ...sureRule, points: 7, sure: false };
    expect(rule([spoken], scores.slice(1), certain(["admissions", "clinical"]), [], BAR)).toMatchObject({
      requestType: "clinical",
      decidedBy: "safety",
    });
  });

  test("where it is doubted, people look first, but what is sure of another type is set aside all the same", () => {
    const doubted: Safety = { types: ["clinical"], areDoubted: true };
    const scores = [
      { type: "billing", points: 12 },
      { type: "clinical", points: 6 },
    ];
    const hint: Evidence = { ...sureRule, type: "billing", points: 12, sure: false };
    expect(rule([hint], scores, doubted, [], BAR)).toEqual({
      requestType: "clinical",
      decidedBy: "review",
      reviewReason: "safety-doubted",
    });
    expect(rule([field], scores, doubted, [], BAR)).toMatchObject({ requestType: "clinical", decidedBy: "safety" });
    expect(rule([override(true)], scores, doubted, [], BAR).decidedBy).toBe("override");
    const own: Evidence = { ...hint, type: "clinical" };
    expect(rule([own], scores.slice(1), doubted, [], BAR)).toMatchObject({ decidedBy: "scorecard" });
  });

  test("staff's word is not", () => {
    expect(decide([override(true)], ["clinical"])).toMatchObject({ requestType: "billing", decidedBy: "override" });
  });
});

describe("what could not be read", () => {
  test("asks for more points, up to a limit", () => {
    expect(doubt([])).toBe(0);
    expect(doubt(["unreadable-date", "nul-bytes"])).toBe(0);
    expect(doubt(["broken-encoding"])).toBe(0.5);
    expect(doubt(["broken-encoding", "html-cut", "text-cut", "truncated"])).toBe(1.5);
    const three = [{ type: "clinical", points: 3 }];
    const hint: Evidence = { ...sureRule, points: 3, sure: false };
    expect(rule([hint], three, NO_SAFETY, [], BAR).decidedBy).toBe("scorecard");
    expect(rule([hint], three, NO_SAFETY, ["truncated"], BAR)).toMatchObject({
      decidedBy: "review",
      reviewReason: "too-close",
    });
  });

  test("does not let the alias alone decide when nothing of it could be read", () => {
    const alias: Evidence = { kind: "alias", alias: "clinical", type: "clinical", points: 1.5 };
    const scores = [{ type: "clinical", points: 1.5 }];
    expect(rule([alias], scores, NO_SAFETY, ["broken-encoding"], BAR).decidedBy).toBe("alias");
    expect(rule([alias], scores, NO_SAFETY, ["encrypted"], BAR)).toEqual({
      requestType: "clinical",
      decidedBy: "review",
      reviewReason: "hard-to-read",
    });
  });
});

describe("a note of staff", () => {
  const loaded = loadRules(join(import.meta.dirname, "../rules"));
  if (loaded.kind === "problems") throw new Error("the default rules do not load");
  const { rules } = loaded;

  async function noted(note: string): Promise<Message> {
    const message = await parse(Buffer.from("From: desk@clinic.example\r\nSubject: Fwd: x\r\n\r\nx"));
    const mail = { from: null, to: [], cc: [], subject: "", date: null };
    const forward: Forward = { tier: "inline", mails: [mail], note, confidence: 0.9 };
    const text = `\n${note}\n\n---------- Forwarded message ---------`;
    return { ...message, text, sections: [{ kind: "own", start: 0, end: text.length }], forward };
  }

  test.each([
    ["billing pls", "billing"],
    ["#billing", "billing"],
    ["Billing!", "billing"],
    ["para admissions por favor", "admissions"],
    ["fyi - this goes to the nurse team, thanks", "clinical"],
    ["Portal please", "access"],
    ["billing pls\n\nShe called twice about it.", "billing"],
  ])("%j orders %s", async (note, type) => {
    const message = await noted(note);
    const proven = readOverride(message, true, rules);
    expect(proven).toMatchObject({ kind: "override", type, sure: true, points: 0 });
    if (proven?.kind !== "override") throw new Error("no override");
    expect(message.text.slice(proven.span.start, proven.span.end)).toBe(note.split("\n")[0]);
    expect(readOverride(message, false, rules)).toMatchObject({ type, sure: false, points: 3 });
  });

  test.each([
    "billing or clinical?",
    "Please see below",
    "billing question from a patient of Dr. Stone",
    "not billing",
    "",
    "She says the portal is down",
  ])("%j orders nothing", async (note) => {
    expect(readOverride(await noted(note), true, rules)).toBeNull();
  });

  test("is none without a forward", async () => {
    expect(readOverride({ ...(await noted("billing pls")), forward: null }, true, rules)).toBeNull();
  });
});

describe("staff is proven", () => {
  const passed = (domain: string) => ({
    ...NO_PROOF,
    source: "checked" as const,
    dmarc: { result: "pass" as const, domain, policy: "none" },
  });
  const staffDomains = ["clinic.example"];

  test.each([
    ["by signing in", facts({ user: "desk" }), "auth"],
    ["by the network", facts({ staffNetwork: true }), "network"],
    ["by DMARC of a staff domain", facts({ staffDomains, proof: passed("clinic.example") }), "dmarc"],
    [
      "not by DMARC of another domain",
      facts({ staffDomains: ["other.example"], proof: passed("clinic.example") }),
      null,
    ],
    ["not by DMARC of another From than the one read", facts({ staffDomains, proof: passed("other.example") }), null],
    ["not by the name in From alone", facts({ staffDomains }), null],
    [
      "not by a DMARC failure",
      facts({
        staffDomains,
        proof: { ...NO_PROOF, dmarc: { result: "fail", domain: "clinic.example", policy: "reject" } },
      }),
      null,
    ],
  ] as const)("%s", async (_, given, by) => {
    expect(staffProof(await parse(Buffer.from("From: Desk <desk@Clinic.example>\r\n\r\nx")), given)).toBe(by);
  });
});
