// Why a mail must not be answered by a robot: each sign with the place it was seen (RFC 3834, RFC 5230, and what mail
// servers and help desks learned of loops). No sign keeps a mail from being routed.

import type { Address, Refusal, RefusalSign } from "../message.ts";
import type { HeaderLookup, KindInput } from "./kind.ts";

/** Each sign in a plain sentence, for people. */
export const REFUSAL_TEXT: Readonly<Record<RefusalSign, string>> = {
  "null-sender": "It was sent without a return address, as machines do that want no answer.",
  "auto-submitted": "It says that a machine sent it (Auto-Submitted).",
  precedence: "It says that it is bulk, list or automatic mail (Precedence).",
  "response-suppressed": "It asks not to be answered automatically.",
  "auto-reply-header": "It carries a header that answering machines set.",
  "out-of-office": "It reads like an out-of-office notice.",
  "loop-header": "It carries a mark against mail loops.",
  "own-mail": "It comes from an address of our own.",
  list: "It came through a mailing list or a mailing.",
  report: "It is a report by a mail server or a mail program.",
  bounce: "It tells of mail that could not be delivered.",
  "daemon-sender": "Its sender is a mail server.",
  "no-reply-sender": "Its sender takes no replies.",
  calendar: "It is an invitation or an answer from a calendar.",
};

/** Signs looked for in one mail, so that a hostile one cannot make an outcome long. */
const REFUSALS_MAX = 30;

const PRECEDENCE_FIELDS = ["precedence", "x-precedence"];
const PRECEDENCE = new Set(["bulk", "list", "junk", "auto_reply", "auto-reply", "autoreply"]);
const SUPPRESSED = /\b(?:all|autoreply|oof)\b/i;
const LOOP_FIELDS = ["x-loop", "x-ms-exchange-inbox-rules-loop"];

/** Header fields that answering machines set, whatever the value unless it denies. */
const AUTO_REPLY_FIELDS = [
  "x-autoreply",
  "x-autorespond",
  "x-autoresponse",
  "x-auto-reply",
  "x-auto-response",
  "x-mail-autoreply",
  "x-autoreply-from",
  "x-autoresponder",
  "x-vacation",
  "x-vacation-message",
  "x-fc-machinegenerated",
];
const DENIES = /^(?:no|none|false|off|0)?$/i;

/** Header fields of lists (RFC 2369, 2919, and ezmlm's and Mailman's own). */
export const LIST_FIELDS: readonly string[] = [
  "list-id",
  "list-post",
  "list-help",
  "list-subscribe",
  "list-archive",
  "mailing-list",
  "x-mailing-list",
  "x-beenthere",
];
export const UNSUBSCRIBE_FIELD = "list-unsubscribe";

const DAEMON = "mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|post[-_]?master|mail[-_.]delivery[-_.](?:sub)?system";
const DAEMON_ADDRESS = new RegExp(`^(?:${DAEMON})(?:[+=-][^@]{0,200})?(?:@|$)`, "i");
const DAEMON_NAME =
  /^[\s"'<]*(?:mail(?:er)?[ _-]?daemon|postmaster|(?:internet )?mail delivery? ?(?:sub)?system|mail deliver system|(?:internet )?mail delivery|mail administrator)[\s"'>]*$/i;

const NO_REPLY_WORDS = [
  "no[-_.]?reply",
  "(?:do[-_.]?not|dont)[-_.]?reply",
  "no[-_.]?respond(?:er|a)?",
  "no[-_.]?contestar",
  "n[aã]o[-_.]?respond(?:er|a)",
  "ne[-_.]?pas[-_.]?r[eé]pondre",
  "nicht[-_.]?antworten",
  "keine[-_.]?antwort",
  "non[-_.]?rispondere",
  "unattended",
];
/** As a word of its own in the local part: "billing-noreply", "no-reply.portal", "desk+noreply". */
const NO_REPLY = new RegExp(`(?:^|[-_.+])(?:${NO_REPLY_WORDS.join("|")})(?:$|[-_.+\\d])`, "i");
/** Names of machines: only as the whole local part, or set off as machines do it; people are called Bounce, too. */
const MACHINE_NAME = /^(?:bounces?|notifications?|auto-?repl(?:y|ies)|auto-?responder|listserv|majordomo)(?:$|[-+=])/i;
const MACHINE_TAG = /[-+](?:bounces?|notifications?)$/i;

/** As answering machines begin a subject, when nothing but a colon, a dash or the end follows. */
const AWAY_WORDS = [
  "auto(?:matic|mated)?[ -]?(?:reply|response|replies)",
  "automatic out of office reply",
  "out of (?:the )?office(?: (?:auto(?:matic)?[ -]?)?(?:reply|response|message|notification|assistant))?",
  "away from (?:the|my) office",
  "vacation (?:reply|response|message|auto-?reply|notice)",
  "(?:re ?: ?)?auto-?responder",
  "respuesta autom[aá]tica",
  "(?:estoy )?fuera de (?:la )?oficina",
  "ausente de la oficina",
  "resposta autom[aá]tica",
  "fora do escrit[oó]rio",
  "r[eé]ponse automatique",
  "absen(?:t|ce) du bureau",
  "message d[’']absence",
  "automatische antwort",
  "abwesend",
  "abwesenheits(?:notiz|nachricht|meldung|agent|benachrichtigung)",
  "automatisch(?:e)? antwoord",
  "afwezig(?:heids(?:bericht|melding))?",
  "niet aanwezig",
  "risposta automatica",
  "fuori (?:sede|ufficio)",
  "autosvar",
  "automatiskt svar",
  "automatisk svar",
  "fr[aå]nvaro(?:meddelande)?",
  "frav[aæ]r(?:sbesked|smelding)?",
  "automaattinen vastaus",
  "odpowied[zź] automatyczna",
  "automatyczna odpowied[zź]",
  "automatick[aá] odpov[eě][dď]",
  "automatikus v[aá]lasz",
  "автоответ(?:чик)?",
  "автоматический ответ",
  "自動応答",
  "自动回复",
  "自動回覆",
  "자동 회신",
  "رد تلقائي",
];
/** "[EXT]" and other tags that gateways put before a subject. */
const TAGS = "\\s*(?:\\[[^\\]]{1,40}\\]\\s{0,5}){0,3}";
const AWAY_SUBJECT = new RegExp(`^${TAGS}(?:${AWAY_WORDS.join("|")})\\s{0,5}(?:$|[:：;(\\[]|[-–—]\\s|\\bre:)`, "i");
/** Notes: "AUTO: Ana Ruiz is out of the office (returning 1 December)". */
const AWAY_NOTES = /^\s*(?:auto:\s[^\n]{0,100}\b(?:out of|away)\b|[^\n:]{0,60}\bis out of the office(?:\s|$|[.(]))/i;

/** Calendar methods by which machines talk (RFC 5546). PUBLISH is not one: a person's attached event says so. */
const METHODS = new Set(["request", "reply", "cancel", "add", "refresh", "counter", "declinecounter"]);

/** What in headers, sender and structure forbids an answer; what makes a bounce is `bounce.ts`'s to say. */
export function readRefusals(input: KindInput): readonly Refusal[] {
  const { header } = input;
  const found: Refusal[] = [
    ...automatic(header),
    ...fields(header, AUTO_REPLY_FIELDS, "auto-reply-header"),
    ...(isAway(input.subject) ? [{ sign: "out-of-office", where: "subject" } as const] : []),
    ...loops(header),
    ...fields(header, [...LIST_FIELDS, UNSUBSCRIBE_FIELD], "list"),
    ...(isReport(input) ? [{ sign: "report", where: "content-type" } as const] : []),
    ...senders(input),
    ...(isCalendar(input) ? [{ sign: "calendar", where: "content-type" } as const] : []),
  ];
  return found.slice(0, REFUSALS_MAX);
}

/** The first word of each value of a header, lower case, without comments and parameters (RFC 3834 5). */
export function words(header: HeaderLookup, name: string): readonly string[] {
  return header(name).flatMap((value) => {
    const word = value
      .slice(0, 200)
      .replace(/\([^()]*\)/g, " ")
      .trim()
      .toLowerCase()
      .split(/[\s;,("]/)[0];
    return word ? [word] : [];
  });
}

/** Whether a mail server speaks: MAILER-DAEMON, postmaster, or an address of nobody under such a name. */
export function isDaemon(from: Address | null): boolean {
  return from !== null && (DAEMON_ADDRESS.test(from.address) || DAEMON_NAME.test(from.name));
}

export function isNoReply(address: string): boolean {
  const at = address.lastIndexOf("@");
  const local = (at === -1 ? address : address.slice(0, at)).slice(0, 320);
  return NO_REPLY.test(local) || MACHINE_NAME.test(local) || MACHINE_TAG.test(local);
}

function automatic(header: HeaderLookup): readonly Refusal[] {
  const found: Refusal[] = [];
  if (words(header, "auto-submitted").some((word) => word !== "no")) {
    found.push({ sign: "auto-submitted", where: "auto-submitted" });
  }
  for (const name of PRECEDENCE_FIELDS) {
    if (words(header, name).some((word) => PRECEDENCE.has(word))) found.push({ sign: "precedence", where: name });
  }
  if (header("x-auto-response-suppress").some((value) => SUPPRESSED.test(value))) {
    found.push({ sign: "response-suppressed", where: "x-auto-response-suppress" });
  }
  return found;
}

function fields(header: HeaderLookup, names: readonly string[], sign: RefusalSign): readonly Refusal[] {
  return names.flatMap((name) =>
    header(name).some((value) => !DENIES.test(value.trim())) ? [{ sign, where: name }] : [],
  );
}

/** X-Loop with an address is put on by forwarders also, so there only a plain yes counts. */
function loops(header: HeaderLookup): readonly Refusal[] {
  return LOOP_FIELDS.flatMap((name) => {
    const isSet =
      name === "x-loop"
        ? words(header, name).some((word) => /^(?:yes|true|1)$/.test(word))
        : header(name).some((value) => !DENIES.test(value.trim()));
    return isSet ? [{ sign: "loop-header", where: name } as const] : [];
  });
}

function senders({ from, header }: KindInput): readonly Refusal[] {
  const found: Refusal[] = [];
  if (isDaemon(from)) found.push({ sign: "daemon-sender", where: "from" });
  if (from !== null && isNoReply(from.address)) found.push({ sign: "no-reply-sender", where: "from" });
  const back =
    header("reply-to")
      .join(" ")
      .slice(0, 1000)
      .match(/[^\s<>",;:()@]{1,64}(?=@)/)?.[0] ?? "";
  if (isNoReply(back)) found.push({ sign: "no-reply-sender", where: "reply-to" });
  return found;
}

export function isAway(subject: string): boolean {
  const beginning = subject.slice(0, 200);
  return AWAY_SUBJECT.test(beginning) || AWAY_NOTES.test(beginning);
}

/** multipart/report (RFC 6522), or a part that stands only in one. */
function isReport({ header, partTypes }: KindInput): boolean {
  return (
    header("content-type").some((value) => /^\s*multipart\/report\b/i.test(value)) ||
    partTypes.some((type) =>
      /^(?:multipart\/report|message\/(?:global-)?(?:delivery-status|feedback-report|disposition-notification))$/.test(
        type,
      ),
    )
  );
}

export function isCalendar({ header, calendarMethod }: KindInput): boolean {
  return (
    (calendarMethod !== null && METHODS.has(calendarMethod.trim().toLowerCase())) ||
    header("content-class").some((value) => /^\s*urn:content-classes:calendarmessage\b/i.test(value))
  );
}
