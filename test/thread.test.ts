// Which case a mail goes on with: only who took part goes on for certain, everything else is a suggestion.

import fc from "fast-check";
import { expect, test } from "vitest";
import { mintToken, refOfToken, threadIds, threadOf } from "../src/classify/thread.ts";
import { type EarlierMail, type Facts, type Forward, type Message, NO_PROOF } from "../src/message.ts";
import { refOf } from "../src/store/ref.ts";
import { BLANK_MESSAGE } from "./support/blank.ts";
import { facts } from "./support/facts.ts";

const KEY = "0f".repeat(32);
const OTHER_KEY = "f0".repeat(32);
const REF = refOf(34);
const OTHER_REF = refOf(35);
const ANA = "ana@example.org";
const TOKEN = mintToken(KEY, REF, ANA);

const FORWARD: Forward = {
  tier: "inline",
  mails: [{ from: null, to: [], cc: [], subject: "", date: null }],
  note: "",
  confidence: 1,
};

function message(over: Partial<Message> = {}): Message {
  return {
    ...BLANK_MESSAGE,
    from: { name: "Ana", address: "Ana@Example.org" },
    ...over,
  };
}

function earlier(id: string, over: Partial<EarlierMail> = {}): EarlierMail {
  return { ref: REF, id, participants: [ANA], requestType: "billing", ...over };
}

function known(...mails: readonly EarlierMail[]): Facts {
  return facts({ earlier: mails, threadKey: KEY });
}

type Case = readonly [
  what: string,
  mail: Message,
  facts: Facts,
  answer: readonly [ref: string, by: string, sure: boolean] | null,
];

const A = "<a@example.org>";
const B = "<b@example.org>";
const ELSEWHERE = { ref: OTHER_REF, requestType: "clinical" };
const DISOWNED = { ...NO_PROOF, dmarc: { result: "fail", domain: "example.org", policy: "reject" } } as const;
const STRANGER = { participants: ["other@example.org"] };

const CASES: readonly Case[] = [
  ["nothing is known", message({ inReplyTo: A }), known(), null],
  ["In-Reply-To of a participant", message({ inReplyTo: A }), known(earlier(A)), [REF, "reference", true]],
  ["References of a participant", message({ references: [B, A] }), known(earlier(A)), [REF, "reference", true]],
  ["an id without brackets", message({ inReplyTo: A }), known(earlier("a@example.org")), [REF, "reference", true]],
  ["an id the mail does not name", message({ inReplyTo: B }), known(earlier(A)), null],
  ["a writer who took no part", message({ inReplyTo: A }), known(earlier(A, STRANGER)), [REF, "reference", false]],
  [
    "no writer at all",
    message({ from: null, inReplyTo: A }),
    known(earlier(A, { participants: [""] })),
    [REF, "reference", false],
  ],
  ["a forward", message({ forward: FORWARD, inReplyTo: A }), known(earlier(A)), [REF, "reference", false]],
  ["a forward with a token", message({ forward: FORWARD }), known(earlier(TOKEN)), [REF, "token", false]],
  [
    "a mail its domain disowns",
    message({ inReplyTo: A }),
    { ...known(earlier(A)), proof: DISOWNED },
    [REF, "reference", false],
  ],
  ["a token of the writer's own", message(), known(earlier(TOKEN, STRANGER)), [REF, "token", true]],
  ["a token in a Message-ID", message(), known(earlier(`<${TOKEN}@h.example>`)), [REF, "token", true]],
  ["a token in capitals", message(), known(earlier(TOKEN.toUpperCase())), [REF, "token", true]],
  [
    "a token of somebody else's",
    message({ from: { name: "", address: "eve@example.org" } }),
    known(earlier(TOKEN)),
    [REF, "token", false],
  ],
  ["a token of another key", message(), known(earlier(mintToken(OTHER_KEY, REF, ANA))), [REF, "token", false]],
  [
    "a token of another case",
    message(),
    known(earlier(mintToken(KEY, OTHER_REF, ANA).replace(OTHER_REF.toLowerCase(), REF.toLowerCase()))),
    [REF, "token", false],
  ],
  ["a token where we have no key", message(), facts({ earlier: [earlier(TOKEN)] }), [REF, "token", false]],
  ["a number in the subject", message({ subject: `Re: ${REF}` }), known(earlier(REF)), [REF, "reference", false]],
  [
    "a token and a reference: the token",
    message({ inReplyTo: A }),
    known(earlier(A, ELSEWHERE), earlier(TOKEN)),
    [REF, "token", true],
  ],
  [
    "somebody else's token and a sure reference: the reference",
    message({ inReplyTo: A }),
    known(earlier(mintToken(KEY, REF, "eve@example.org")), earlier(A, ELSEWHERE)),
    [OTHER_REF, "reference", true],
  ],
  [
    "In-Reply-To is nearer than References",
    message({ inReplyTo: A, references: [A, B] }),
    known(earlier(B, ELSEWHERE), earlier(A)),
    [REF, "reference", true],
  ],
  [
    "the last of References is the nearest",
    message({ references: [B, A] }),
    known(earlier(B, ELSEWHERE), earlier(A)),
    [REF, "reference", true],
  ],
  [
    "a participant's far reference before a stranger's near one",
    message({ references: [A, B] }),
    known(earlier(B, { ...ELSEWHERE, ...STRANGER }), earlier(A)),
    [REF, "reference", true],
  ],
  [
    "two mails of one Message-ID: the one the writer took part in",
    message({ inReplyTo: A }),
    known(earlier(A, { ...ELSEWHERE, ...STRANGER }), earlier(A)),
    [REF, "reference", true],
  ],
  [
    "two sure mails of one Message-ID: the newest, which comes first",
    message({ inReplyTo: A }),
    known(earlier(A), earlier(A, ELSEWHERE)),
    [REF, "reference", true],
  ],
  [
    "a stranger's reference before a number in the subject",
    message({ inReplyTo: A }),
    known(earlier(OTHER_REF, ELSEWHERE), earlier(A, STRANGER)),
    [REF, "reference", false],
  ],
];

test.each(CASES)("%s", (_what, mail, told, answer) => {
  const found = threadOf(mail, told);
  expect(found === null ? null : [found.ref, found.by, found.sure]).toEqual(answer);
  if (found !== null) expect(found.requestType).toBe(found.ref === REF ? "billing" : "clinical");
});

test("a token is fit for a Message-ID and a tag, and names its case", () => {
  expect(TOKEN).toMatch(/^mw-[0-9a-z]{6}\.[a-z2-7]{26}$/);
  expect(mintToken(KEY, REF, "ANA@example.ORG")).toBe(TOKEN);
  for (const id of [TOKEN, `<${TOKEN}@hospital.example>`, `billing+${TOKEN}@hospital.example`]) {
    expect(refOfToken(id)).toBe(REF);
  }
  for (const id of [REF, "", A, `x${TOKEN}`, `${TOKEN}a`, TOKEN.slice(0, -1)]) expect(refOfToken(id)).toBeNull();
});

test("a token fits its own key, case and writer and no other", () => {
  const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
  const minted = fc.record({ key: hex, id: fc.integer({ min: 1, max: 2 ** 50 }), writer: fc.emailAddress() });
  fc.assert(
    fc.property(minted, minted, (one, other) => {
      const goesOn = (token: string, ref: string) => {
        const mail = message({ from: { name: "", address: one.writer } });
        return threadOf(mail, facts({ threadKey: one.key, earlier: [earlier(token, { ref })] }))?.sure;
      };
      const ref = refOf(one.id);
      expect(goesOn(mintToken(one.key, ref, one.writer), ref)).toBe(true);
      expect(goesOn(mintToken(other.key, ref, one.writer), ref)).toBe(one.key === other.key);
      expect(goesOn(mintToken(one.key, ref, other.writer), ref)).toBe(
        one.writer.toLowerCase() === other.writer.toLowerCase(),
      );
      expect(goesOn(mintToken(one.key, refOf(other.id), one.writer), ref)).toBe(one.id === other.id);
    }),
  );
});

test("the ids of a header: tokens, case numbers, then Message-IDs, nearest first", () => {
  const header = [
    "Received: from x (<not@this.one>) by y; In-Reply-To: <nor@this>",
    "To: Billing <billing+" + TOKEN.toUpperCase() + "@hospital.example>,",
    "\tother@hospital.example",
    `Subject: RE: your case ${REF.toLowerCase()} =?utf-8?q?_${OTHER_REF}?=`,
    "references: <1@x>",
    " <2@x>\t<3@x>",
    "IN-REPLY-TO: <3@x> (Ana's mail)",
    "Message-ID: <own@x>",
  ];
  const ids = [TOKEN, REF, OTHER_REF, "<3@x>", "<2@x>", "<1@x>"];
  expect(threadIds(header.join("\r\n"))).toEqual(ids);
  expect(threadIds(header.join("\n"))).toEqual(ids);
});

test("a token is found in a reply's ids and in the tag a mail was delivered to", () => {
  expect(threadIds(`In-Reply-To: <${TOKEN}@hospital.example>\nReferences: <1@x> <${TOKEN}@hospital.example>`)).toEqual([
    TOKEN,
    "<1@x>",
  ]);
  expect(threadIds(`Delivered-To: billing+${TOKEN}@hospital.example`)).toEqual([TOKEN]);
  expect(threadIds("Subject: x", ["", "newsletter", TOKEN])).toEqual([TOKEN]);
});

test("ids without brackets are taken, words that are none are not", () => {
  expect(threadIds("In-Reply-To: your message of Monday, 1@x")).toEqual(["<1@x>"]);
  expect(threadIds("In-Reply-To: your message of Monday")).toEqual([]);
  expect(threadIds("Subject: COMW-000012 MW-1 MW-0000000000000001\nTo: a@b.example")).toEqual([]);
});

test("a mail names at most twenty ids, and the nearest stay", () => {
  const references = Array.from({ length: 500 }, (_, n) => `<${n}@x>`);
  const ids = threadIds(`References: ${references.join("\r\n ")}\r\nIn-Reply-To: <r@x>`);
  expect(ids).toHaveLength(20);
  expect(ids.slice(0, 3)).toEqual(["<r@x>", "<499@x>", "<498@x>"]);
});

test("whatever the header and the mail, there is an answer, and never a sure one without proof", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "In-Reply-To:",
      "References:",
      "To:",
      "Subject:",
      "\r\n",
      "\n ",
      "\r",
      "<",
      ">",
      "@",
      TOKEN,
      REF,
      A,
    ),
  );
  const mails = fc.array(fc.record({ id: piece, ref: fc.constantFrom(REF, OTHER_REF) }));
  fc.assert(
    fc.property(fc.array(piece), mails, piece, (header, found, address) => {
      const ids = threadIds(header.join(""));
      expect(ids.length).toBeLessThanOrEqual(20);
      const told = known(...found.map(({ id, ref }) => earlier(id, { ref, participants: [ANA] })));
      const mail = message({ from: { name: "", address: `${address}.` }, references: ids, inReplyTo: ids[0] ?? null });
      expect(threadOf(mail, told)?.sure ?? false).toBe(false);
    }),
  );
});

test.each([
  ["long lines", "References: ".padEnd(200_000, "<a")],
  ["folds", "To:".padEnd(200_000, "\r\n ")],
  ["names without a colon", "to \n".repeat(50_000)],
  ["headers", "To: x\n".repeat(40_000)],
  ["tokens cut short", `Subject: ${"mw-000000.".repeat(20_000)}`],
])("hostile headers cost no more than their length: %s", { timeout: 10_000 }, (_what, header) => {
  for (let n = 0; n < 20; n++) threadIds(header);
});
