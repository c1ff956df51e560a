// An example of a rule as a mail: what the gateway would have read, had somebody sent it.

import type { Example } from "../config/rule.ts";
import { type Facts, type LocalTime, type Message, NO_PROOF, type Section } from "../message.ts";
import { readPrintedAddress } from "../parse/address-list.ts";
import { readKind } from "../parse/kind.ts";
import { languageOf } from "../parse/language.ts";
import { readPairs } from "../parse/pairs.ts";
import { UNKNOWN_ALIAS } from "../pipeline.ts";

const GAP = "\n\n";
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** The message an example stands for: its text is the writer's own, what is forwarded stands below. */
export function exampleMessage(example: Example): Message {
  const { subject, text, forwarded, attachment, headers } = example;
  const from = example.from === null ? null : readPrintedAddress(example.from);
  const whole = forwarded === "" ? text : text + GAP + forwarded;
  const sections = sectionsOf(text, whole);
  const header = (name: string) => headers.flatMap((each) => (each.name === name ? [each.value] : []));
  const kind = readKind({ header, from, subject, text: whole, partTypes: [], reports: [], calendarMethod: null });
  return {
    ...kind,
    from,
    replyTo: null,
    to: [],
    cc: [],
    subject,
    text: whole,
    sections,
    forward: forwarded === "" ? null : forwardOf(text),
    pairs: readPairs(whole, sections),
    language: languageOf(whole.trim() === "" ? subject : whole),
    date: null,
    messageId: null,
    inReplyTo: null,
    references: [],
    headers,
    attachments: attachment === null ? [] : [{ name: attachment, type: "application/octet-stream", sizeBytes: 0 }],
    defects: [],
  };
}

function sectionsOf(text: string, whole: string): readonly Section[] {
  const own: Section = { kind: "own", start: 0, end: text.length };
  if (whole === text) return text === "" ? [] : [own];
  const start = text.length + GAP.length;
  const gap: Section = { kind: "forward-header", start: text.length, end: start };
  return [...(text === "" ? [] : [own]), gap, { kind: "forwarded", start, end: whole.length }];
}

function forwardOf(note: string): Message["forward"] {
  const inner = { from: null, to: [], cc: [], subject: "", date: null };
  return { tier: "inline", mails: [inner], note: note.trim(), confidence: 1 };
}

/** The facts of an example; without a time of its own it came `at`, such as "2026-11-23 14:30". */
export function exampleFacts(example: Pick<Example, "alias" | "at" | "staff">, at: string | null): Facts {
  const when = example.at ?? at;
  return {
    door: "smtp",
    receivedAt: 0,
    localTime: when === null ? null : localTimeOf(when),
    sizeBytes: 0,
    mailFrom: "someone@example.net",
    user: example.staff ? "staff" : null,
    proof: NO_PROOF,
    staffNetwork: false,
    staffDomains: [],
    ownAddresses: [],
    earlier: [],
    threadKey: null,
    aliases: [example.alias ?? UNKNOWN_ALIAS],
  };
}

function localTimeOf(at: string): LocalTime {
  const date = at.slice(0, 10);
  const weekday = WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()] ?? "";
  return { date, weekday, time: at.slice(11, 16) };
}
