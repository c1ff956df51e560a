// What was read of a mail, in rows of a title and a plain sentence: the same for `explain` and `show`.

import type { MailKind, Proof, Refusal, RefusalSign, StaffProof } from "../message.ts";
import type { Reading } from "../outcome.ts";
import { DEFECT_TEXT } from "../parse/parse.ts";
import { REFUSAL_TEXT } from "../parse/refusal.ts";

export type Row = readonly [title: string, text: string];

const KIND_TEXT: Readonly<Record<MailKind, string>> = {
  person: "a person wrote it",
  form: "a form, filled in by a person",
  "auto-reply": "an automatic answer",
  bounce: "a mail that came back undelivered",
  "feedback-report": "a complaint report from a mail provider",
  list: "from a mailing list",
  bulk: "sent to many at once",
  calendar: "an invitation or its answer",
};

const STAFF_TEXT: Readonly<Record<StaffProof, string>> = {
  auth: "staff, signed in",
  network: "staff, by the network it came from",
  dmarc: "staff, by the proof of the sender's domain",
};

const LANGUAGES = new Intl.DisplayNames("en", { type: "language" });

/** Kind, forward, language, fields, proof, reasons not to answer, what failed, defects; rows without content are left out. */
export function readingRows(reading: Reading): readonly Row[] {
  const { language, fields, refusals, failures, defects, proof, staff } = reading;
  return [
    ["Kind", KIND_TEXT[reading.kind]],
    ...forwardRows(reading),
    ...(language === null ? [] : [["Language", LANGUAGES.of(language) ?? language] as const]),
    ...fields.map(({ field, value }) => ["Field", `${field}: ${value}`] as const),
    ...(proof.source === "none" ? [] : [["Proof", proofText(proof)] as const]),
    ...(staff === null ? [] : [["Sender", STAFF_TEXT[staff]] as const]),
    ...failures.map(
      ({ recipient, status }) =>
        [
          "Failed",
          [recipient ?? "recipient not named", ...(status === null ? [] : [`status ${status}`])].join(", "),
        ] as const,
    ),
    ...refusalRows(refusals),
    ...defects.map((defect) => ["Note", DEFECT_TEXT[defect]] as const),
  ];
}

/** Each sign once, with all the places where it stands. */
function refusalRows(refusals: readonly Refusal[]): readonly Row[] {
  const places = new Map<RefusalSign, string[]>();
  for (const { sign, where } of refusals) places.set(sign, [...(places.get(sign) ?? []), where]);
  return [...places].map(([sign, where]) => ["No reply", `${REFUSAL_TEXT[sign]} Seen in: ${where.join(", ")}.`]);
}

function forwardRows({ forwardTier, forwarder, originalSender, confidence, staff }: Reading): readonly Row[] {
  if (forwardTier === "none") return [];
  const how = forwardTier === "attached" ? "as an attachment" : "in the text";
  const certain = `${Math.round((confidence ?? 0) * 100)} % certain`;
  const proven = staff === null ? "who passed it on is not proven to be staff" : "passed on by proven staff";
  return [
    ["Forward", `by ${forwarder ?? "nobody named"}, ${how}, ${certain}; ${proven}`],
    ["Original", originalSender ?? "the original sender is not named"],
  ];
}

/** SPF, DKIM, DMARC and ARC in one line, each with the domain it speaks of. */
export function proofText({ source, spf, dkim, dmarc, arc }: Proof): string {
  const of = (name: string, result: string, domain: string) =>
    `${name} ${result}${domain === "" ? "" : ` (${domain})`}`;
  const said = [
    of("SPF", spf.result, spf.domain),
    ...(dkim.length === 0 ? ["DKIM none"] : dkim.map(({ result, domain }) => of("DKIM", result, domain))),
    of("DMARC", dmarc.result, dmarc.domain),
    ...(arc.result === "none" ? [] : [of("ARC", arc.result, arc.domain)]),
  ];
  return `${said.join(", ")}${source === "header" ? ", as our mail server wrote on top" : ""}`;
}
