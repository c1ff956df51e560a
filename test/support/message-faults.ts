// What must hold of every Message, whatever the bytes were: nothing is lost between sections, everything is bounded.

import type { Message } from "../../src/message.ts";
import { TEXT_CHARS_MAX } from "../../src/parse/body.ts";
import { DEFECT_TEXT } from "../../src/parse/parse.ts";

/** More of anything than this in one mail is a bound forgotten. */
const LIST_MAX = 2_000;

/** Complaints, none when all is well. */
export function messageFaults(message: Message): readonly string[] {
  return [...sectionFaults(message), ...boundFaults(message), ...pairFaults(message), ...stringFaults(message, "")];
}

function sectionFaults({ text, sections }: Message): string[] {
  let at = 0;
  for (const { kind, start, end } of sections) {
    if (start !== at || end <= start) return [`section ${kind} ${start}..${end} does not follow ${at}`];
    at = end;
  }
  return at === text.length ? [] : [`sections end at ${at}, the text at ${text.length}`];
}

function boundFaults(message: Message): string[] {
  const lists = [
    message.to,
    message.cc,
    message.references,
    message.attachments,
    message.pairs,
    message.refusals,
    message.failures,
    message.forward?.mails ?? [],
  ];
  return [
    ...(message.text.length > TEXT_CHARS_MAX ? ["the text is too long"] : []),
    ...(lists.some((list) => list.length > LIST_MAX) ? ["a list is too long"] : []),
    ...(message.attachments.some(({ sizeBytes }) => !(sizeBytes >= 0)) ? ["an attachment without size"] : []),
    ...(message.defects.some((defect) => !Object.hasOwn(DEFECT_TEXT, defect)) ? ["an unknown defect"] : []),
    ...(new Set(message.defects).size < message.defects.length ? ["a defect twice"] : []),
    ...(Number.isNaN(message.date ?? 0) ? ["the date is no number"] : []),
    ...(message.forward !== null && !(message.forward.confidence >= 0 && message.forward.confidence <= 1)
      ? ["a confidence outside 0 to 1"]
      : []),
  ];
}

function pairFaults({ text, pairs }: Message): string[] {
  return pairs
    .filter(({ start, end }) => !(start >= 0 && start <= end && end <= text.length))
    .map(({ key }) => `the pair ${key} lies outside the text`);
}

function stringFaults(value: unknown, path: string): string[] {
  if (typeof value === "string") return value.isWellFormed() ? [] : [`${path} is not well-formed`];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => stringFaults(inner, `${path}.${key}`));
}
