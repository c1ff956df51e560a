// What our own mails say: which cases, since when, why, and what to do; no word of a patient, because none is known here.

import { randomUUID } from "node:crypto";
import type { Notice, NoticeKind } from "../store/follow-up.ts";

/** Cases named in one mail; the command named there lists all. */
const NAMED_MAX = 50;

export type Written = { readonly subject: string; readonly bytes: Buffer };

export type Letter = {
  readonly hostname: string;
  readonly from: string;
  readonly to: string;
  readonly at: number;
};

/** One mail about these cases, RFC 5322; with failures it is a delivery report too (RFC 3464, RFC 3462). */
export function writeNotice(notices: readonly Notice[], letter: Letter): Written {
  const subject = subjectOf(notices);
  const failed = notices.filter(({ kind }) => kind === "failed");
  const boundary = `mailward-${randomUUID()}`;
  const isReport = failed.length > 0;
  const head = [
    `From: Mailward <${letter.from}>`,
    `To: <${letter.to}>`,
    `Subject: ${subject}`,
    `Date: ${new Date(letter.at).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${randomUUID()}@${letter.hostname}>`,
    // RFC 3834: nobody's robot is to answer.
    "Auto-Submitted: auto-generated",
    "X-Auto-Response-Suppress: All",
    "MIME-Version: 1.0",
    isReport
      ? `Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="${boundary}"`
      : "Content-Type: text/plain; charset=us-ascii",
  ];
  const text = textOf(notices);
  const body = isReport
    ? [
        `--${boundary}`,
        "Content-Type: text/plain; charset=us-ascii",
        "",
        text,
        `--${boundary}`,
        "Content-Type: message/delivery-status",
        "",
        ...reportOf(failed, letter),
        `--${boundary}--`,
        "",
      ].join("\n")
    : text;
  const whole = [...head, "", body].join("\n");
  return { subject, bytes: Buffer.from(ascii(whole).replace(/\r?\n/g, "\r\n"), "ascii") };
}

const TITLES: Readonly<Record<NoticeKind, string>> = {
  failed: "not delivered",
  late: "late",
  "stand-in": "moved to the queue that stands in",
};

function subjectOf(notices: readonly Notice[]): string {
  const urgent = notices.filter(({ urgency }) => urgency === "P1" || urgency === "P2").length;
  const [first] = notices;
  const what = TITLES[first?.kind ?? "late"];
  const isOne = notices.every(({ kind }) => kind === first?.kind);
  const queues = [...new Set(notices.map(({ queue }) => queue))].join(", ");
  const count = notices.length === 1 ? "1 mail" : `${notices.length} mails`;
  return `[Mailward] ${count} for ${queues} ${isOne ? what : "in trouble"}${urgent === 0 ? "" : `, ${urgent} urgent`}`;
}

const ADVICE: Readonly<Record<NoticeKind, string>> = {
  failed:
    "These mails were not delivered and wait for a person. Nothing is lost: open them with the command below, and\nsend them on with `mailward queue release REF` once the cause is gone, or to another queue with `mailward override`.",
  late: "These mails are safe and are tried again and again. If they are urgent, look at them now with the command below.",
  "stand-in": "These mails are with the queue that stands in. Who looks after that queue should know.",
};

function textOf(notices: readonly Notice[]): string {
  const kinds = (["failed", "late", "stand-in"] as const).filter((kind) => notices.some((each) => each.kind === kind));
  return [
    ...kinds.flatMap((kind) => {
      const some = notices.filter((notice) => notice.kind === kind);
      const more = some.length - NAMED_MAX;
      return [
        `${upperFirst(TITLES[kind])} (${some.length}):`,
        "",
        ...some.slice(0, NAMED_MAX).map(lineOf),
        ...(more > 0 ? [`  and ${more} more`] : []),
        "",
        ADVICE[kind],
        "",
      ];
    }),
    "One case, whole:    mailward show REF",
    "All that waits:     mailward queue list",
    "",
    "This mail holds no word of a patient, and nobody reads answers to it.",
    "",
  ].join("\n");
}

function lineOf({ ref, urgency, queue, createdAt, reason, kind }: Notice): string {
  return `  ${ref}  ${urgency}  ${queue}  since ${minute(createdAt)}  ${kind === "stand-in" ? standInWords(reason) : reason}`;
}

function standInWords(reason: string): string {
  const [why = "", queue = ""] = reason.split(" ");
  const because = { away: "its destination is away", refused: "it was refused", bounced: "it was sent back" }[why];
  return `now with ${queue}${because === undefined ? "" : `, because ${because}`}`;
}

/** One block for each case: who reads these with a program finds the case by its reference. */
function reportOf(failed: readonly Notice[], { hostname, at }: Letter): readonly string[] {
  const [first] = failed;
  return [
    `Reporting-MTA: dns; ${hostname}`,
    `Arrival-Date: ${new Date(first?.createdAt ?? at).toUTCString().replace("GMT", "+0000")}`,
    "",
    ...failed
      .slice(0, NAMED_MAX)
      .flatMap(({ ref, queue, reason }) => [
        `Final-Recipient: x-mailward-queue; ${queue}`,
        "Action: failed",
        `Status: ${/\b[45]\.\d{1,3}\.\d{1,3}\b/.exec(reason)?.[0] ?? "5.0.0"}`,
        `X-Mailward-Ref: ${ref}`,
        "",
      ]),
  ];
}

function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function ascii(text: string): string {
  return text.replace(/[^\n\r\t -~]/g, "?");
}
