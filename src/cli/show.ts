// `mailward show REF`: one case, whole: who wrote from where, what was decided and why, every attempt.

import { Command } from "commander";
import type { Reading } from "../outcome.ts";
import type { BounceRow } from "../store/bounces.ts";
import type { PastShadow } from "../store/shadow.ts";
import type { Case, OutcomeRow } from "../store/store.ts";
import { sentence, withoutLines } from "./decision-words.ts";
import { evidenceWords } from "./evidence-words.ts";
import { CannotDo, type OperatorFlags, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { because, urgencyPaint } from "./outcomes.ts";
import { type Row, readingRows } from "./reading-rows.ts";
import { dateTime, paint, safe, table } from "./terminal.ts";

export function showCommand(): Command {
  return withStoreFlags(new Command("show"))
    .description("everything known of one case")
    .argument("<ref>", "its reference, such as MW-00038W")
    .option("--raw", "write the message itself to standard output, byte for byte")
    .action((ref: string, flags: OperatorFlags & { raw?: boolean }) =>
      withStore(flags, async (store) => {
        const found = await store.find(ref);
        if (found === null)
          throw new CannotDo(`There is no case ${safe(ref)} in this store. \`mailward outcomes\` lists the newest.`);
        if (flags.raw) for await (const chunk of store.readBody(found.messageId)) process.stdout.write(chunk);
        else if (flags.json) printJson(found);
        else print(page(found));
      }),
    );
}

function page(found: Case): string {
  const { mail } = found;
  return [
    paint("bold", found.ref),
    `received   ${dateTime(mail.receivedAt)} by ${mail.door}, ${mail.sizeBytes} bytes${mail.client.tls ? ", encrypted" : ""}`,
    `from       ${safe(mail.envelope.mailFrom) || "<> (nobody: a notification)"}, client ${safe(mail.client.address)}`,
    ...found.routings.map(
      ({ recipient, state, heldReason }) =>
        `to         ${safe(recipient.address)} (${recipient.alias}): ${state}${heldReason === null ? "" : `, because ${heldReason}`}`,
    ),
    ...readingLines(found.reading),
    ...found.duplicates.map(({ alias, at }) => `repeated   ${dateTime(at)} for ${alias}; kept once`),
    ...found.outcomes.flatMap((row) => decision(row, found.shadows)),
    ...(found.overrides.length === 0
      ? []
      : ["", paint("bold", "corrections by people"), ...found.overrides.map(overrideLine)]),
    "",
    paint("bold", "deliveries"),
    found.deliveries.length === 0 ? "none yet" : deliveries(found),
    ...standIns(found),
    ...acknowledgements(found),
    ...(found.bounces.length === 0 ? [] : ["", paint("bold", "bounces"), ...found.bounces.map(bounceLine)]),
    ...(found.attempts.length === 0 ? [] : ["", paint("bold", "attempts"), attempts(found)]),
  ].join("\n");
}

const STAND_IN_WORDS = {
  away: "its destination stayed away",
  refused: "its destination refused it for good",
  bounced: "its destination sent it back",
} as const;

function standIns({ standIns: rows }: Case): readonly string[] {
  const lines = rows.map(
    ({ at, fromQueue, toQueue, why }) =>
      `  ${dateTime(at)} ${toQueue} stands in for ${fromQueue}: ${STAND_IN_WORDS[why]}`,
  );
  return lines.length === 0 ? [] : ["", paint("bold", "moved to the queue that stands in"), ...lines];
}

function acknowledgements({ acknowledgements: rows }: Case): readonly string[] {
  const lines = rows.map(
    ({ at, queue, how, by }) => `  ${dateTime(at)} ${safe(by)}: somebody of ${queue} has ${how} it`,
  );
  return lines.length === 0 ? [] : ["", paint("bold", "seen by people"), ...lines];
}

function readingLines(reading: Reading | null): readonly string[] {
  if (reading === null) return [];
  const { originalSender, forwardTier } = reading;
  const written: readonly Row[] =
    forwardTier === "none" && originalSender !== null ? [["Written by", originalSender]] : [];
  return [...written, ...readingRows(reading)].map(
    ([title, text]) => `${title.toLowerCase().padEnd(10)} ${safe(text)}`,
  );
}

function deliveries(found: Case): string {
  return table(
    ["queue", "state", "attempts", "next attempt", "why"],
    found.deliveries.map((row) => [
      row.queue,
      stateWords(row, found.bounces),
      row.attempts,
      row.state === "waiting" ? dateTime(row.nextAt) : null,
      row.reason === null ? null : safe(row.reason),
    ]),
  );
}

/** A delivery that people have sent elsewhere is said to be so, whether it had been carried out before or not. */
function stateWords({ id, state, leftAt }: Case["deliveries"][number], bounces: Case["bounces"]): string {
  const isBack = bounces.some(({ deliveryId, action }) => deliveryId === id && action === "failed");
  const now = state === "leased" ? "under way" : isBack ? `${state}, then bounced` : state;
  if (leftAt === null) return now;
  return state === "held" ? "left: sent elsewhere" : `${now}, then sent elsewhere`;
}

function bounceLine({ ref, queue, bounceRef, at, action, status }: BounceRow): string {
  const what = action === "failed" ? "came back" : "is delayed at the far end";
  const why = status === null ? "" : ` (${safe(status)})`;
  return `  ${dateTime(at)} the forward of ${ref} to ${queue} ${what}${why}; the bounce is ${bounceRef}`;
}

function overrideLine(row: Case["overrides"][number]): string {
  const { at, by, reason, alias, queue, type, urgency, undone, isUndo } = row;
  const what = isUndo ? `takes back queue ${queue}` : `queue ${queue}, ${type ?? "no type"}, ${urgency}`;
  return `  ${dateTime(at)} ${safe(by)} for ${alias}@: ${what}${undone ? " (taken back since)" : ""}: ${safe(reason)}`;
}

function decision(row: OutcomeRow, shadows: Case["shadows"]): readonly string[] {
  const { outcome } = row;
  const shadow = shadows.find(({ alias }) => alias === row.alias);
  return [
    "",
    paint("bold", `decision for ${row.alias}@`),
    `  ${safe(sentence(outcome, ({ phrase }) => phrase))}`,
    `  ${row.requestType ?? "unknown"} · ${urgencyPaint(row.urgency)} · ${row.department ?? "no department"} · queue ${row.queue}`,
    `  ${because(row)}${row.review ? `; ${reviewWords(row)}` : ""}`,
    ...outcome.scores.map(({ type, points }) => `  ${points.toFixed(1).padStart(5)}  ${type}`),
    ...outcome.evidence.map((evidence) => `  · ${evidenceWords(evidence)}`),
    ...(outcome.missing.length === 0 ? [] : [`  missing: ${outcome.missing.join(", ")}`]),
    ...withoutLines(outcome).map((line) => `  ${line}`),
    ...(shadow === undefined ? [] : [`  ${shadowWords(row, shadow)}`]),
    `  decided ${dateTime(row.decidedAt)} in ${(row.durationMicros / 1000).toFixed(1)} ms by rule set ${row.rulesHash}${row.modelVersion === null ? "" : `, model ${row.modelVersion}`}`,
    `  \`mailward explain ${row.ref}\` works it out again; with --then by that rule set`,
  ];
}

/** What rules tried out would have made of it; it was not acted on. */
function shadowWords(row: OutcomeRow, shadow: PastShadow): string {
  const { requestType, urgency, queue, review, rulesHash } = shadow;
  const whose = rulesHash === row.rulesHash ? "its own rules that are tried out" : `rule set ${rulesHash}, tried out`;
  const isSame =
    requestType === row.requestType && urgency === row.urgency && queue === row.queue && review === row.review;
  const spoke = shadow.rules.filter((rule) => !row.rules.includes(rule));
  const by = spoke.length === 0 ? "" : ` (${spoke.join(", ")})`;
  if (isSame) return `by ${whose}: the same${by}`;
  const answer = `${requestType ?? "unknown"} · ${urgency} · queue ${queue}${review ? ", people look first" : ""}`;
  return `${paint("yellow", `by ${whose}`)}: ${answer}${by}`;
}

function reviewWords({ outcome }: OutcomeRow): string {
  const { decision: made } = outcome;
  if (made.kind === "route") return "";
  return `for people to decide: ${made.reason}${made.guess === null ? "" : `, best guess ${made.guess.requestType}`}`;
}

function attempts(found: Case): string {
  const queues = new Map(found.deliveries.map(({ id, queue }) => [id, queue]));
  return table(
    ["queue", "attempt", "began", "took", "answer", "meaning"],
    found.attempts.map((row) => [
      queues.get(row.deliveryId) ?? null,
      row.attempt,
      dateTime(row.startedAt),
      `${row.endedAt - row.startedAt} ms`,
      safe(row.code),
      safe(row.text),
    ]),
  );
}
