// The words everybody uses, as types: what comes in, what is read, what is decided, what is carried out.
// Readonly values only; a value that can be one of several things is a union with `kind`.

/** By which protocol a mail reached us. `submission` is SMTP after AUTH by a member of staff. */
export type Door = "smtp" | "lmtp" | "submission" | "imap";

/** The far end of the connection a mail came in on. Never logged in clear. */
export type Client = {
  readonly address: string;
  /** What it called itself in HELO, EHLO or LHLO; "" when it never did. */
  readonly helo: string;
  readonly tls: boolean;
  /** The staff account that signed in by SMTP AUTH. */
  readonly user: string | null;
};

/** The SMTP envelope without its recipients (RFC 5321, 6152, 6531, 3461). */
export type Envelope = {
  /** "" is the null sender `<>`. */
  readonly mailFrom: string;
  readonly smtpUtf8: boolean;
  readonly body8Bit: boolean;
  readonly dsnReturn: "FULL" | "HDRS" | null;
  readonly dsnEnvelopeId: string | null;
};

/** Stands for an alias where the recipient is an address of ours for bounces; the tag is then the number of the delivery. */
export const RETURN_ALIAS = "(returned)";

/** Stands for an alias where the recipient is one of our own trials; the tag is then the alias and the trial's number. */
export const CANARY_ALIAS = "(canary)";
/** Where trials end: a queue with a lane like any other, and nobody to read it. */
export const CANARY_QUEUE = "(canary)";

/** One RCPT TO of ours. */
export type Recipient = {
  /** The configured alias it belongs to, e.g. "billing". */
  readonly alias: string;
  /** The address as the client gave it. */
  readonly address: string;
  /** The part after `+`; "" when there is none. */
  readonly tag: string;
  readonly dsnNotify: readonly string[];
  readonly dsnOriginal: string | null;
};

/** A mail as it was accepted: everything known without reading its body. Times are milliseconds since 1970, UTC. */
export type Mail = {
  readonly door: Door;
  readonly receivedAt: number;
  readonly client: Client;
  readonly envelope: Envelope;
  readonly sizeBytes: number;
  /** SHA-256 of the bytes as received, hex. */
  readonly sha256: string;
  /** The Message-ID header's value without white space; null when there is none. */
  readonly messageId: string | null;
};

/** A name and an address out of a header; either may be "". */
export type Address = { readonly name: string; readonly address: string };

/** What sort of mail it is. Whatever it is, it is routed; whether it may be answered is said by `Refusal`s. */
export type MailKind = "person" | "form" | "auto-reply" | "bounce" | "feedback-report" | "list" | "bulk" | "calendar";

/** A sign that no robot of ours may answer this mail. A closed set; `REFUSAL_TEXT` in parse has a sentence for each. */
export type RefusalSign =
  | "null-sender"
  | "auto-submitted"
  | "precedence"
  | "response-suppressed"
  | "auto-reply-header"
  | "out-of-office"
  | "loop-header"
  | "own-mail"
  | "list"
  | "report"
  | "bounce"
  | "daemon-sender"
  | "no-reply-sender"
  | "calendar";

/** One reason not to answer, and where it stands: a header's name, "envelope" or "text". Suppressing a reply never suppresses routing. */
export type Refusal = { readonly sign: RefusalSign; readonly where: string };

/** A delivery that failed, as a bounce tells it (RFC 3464). Each is null where the bounce does not say. */
export type FailedDelivery = {
  readonly recipient: string | null;
  /** Enhanced status code, e.g. "5.1.1". */
  readonly status: string | null;
  /** failed, delayed, delivered, relayed or expanded. */
  readonly action: string | null;
};

/** Something about the bytes that a reader should know. A closed set; `DEFECT_TEXT` in parse has a sentence for each. */
export type Defect =
  | "no-headers"
  | "empty-body"
  | "nul-bytes"
  | "unreadable-structure"
  | "unreadable-date"
  | "no-sender"
  | "html-cut"
  | "text-cut"
  | "too-many-headers"
  | "broken-encoding"
  | "encrypted"
  | "bare-cr"
  | "outlook-packed"
  | "truncated";

export type Attachment = { readonly name: string; readonly type: string; readonly sizeBytes: number };

/** What a stretch of the text is. `own` is what this writer wrote now; in a forward `forwarded` is what the writer of the inner mail wrote. */
export type SectionKind = "own" | "forwarded" | "forward-header" | "quoted" | "signature" | "disclaimer" | "tag-line";

/** Characters of `Message.text` from `start` up to, not including, `end`. */
export type Section = { readonly kind: SectionKind; readonly start: number; readonly end: number };

/** The head of a mail inside a forward. */
export type ForwardedMail = {
  readonly from: Address | null;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly subject: string;
  readonly date: number | null;
};

/** A forward: somebody passes on somebody else's mail. */
export type Forward = {
  /** `attached`: as message/rfc822; `inline`: under a block of headers in the text. */
  readonly tier: "attached" | "inline";
  /** The mails passed on, in order; one unless several are attached. The innermost of a chain of forwards. */
  readonly mails: readonly [ForwardedMail, ...ForwardedMail[]];
  /** What the forwarder wrote above, trimmed; "" when nothing. */
  readonly note: string;
  /** How certain the reading is, 0 to 1. */
  readonly confidence: number;
};

/** A `Key: value` out of a form mail, as written; `start` and `end` are where the value stands in the text. */
export type Pair = {
  readonly key: string;
  /** "" for an answer left blank. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** On one `line`, with the value `below` its key, a `row` of a table, or out of a `tree` (JSON, XML). */
  readonly layout: "line" | "below" | "row" | "tree";
};

/** A mail as read by `parse`: what a person would see. */
export type Message = {
  readonly kind: MailKind;
  readonly from: Address | null;
  readonly replyTo: Address | null;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly subject: string;
  /** The text a person would read, whole; HTML is turned into text, attached mails stand below. */
  readonly text: string;
  /** What is what in `text`: in order, without gaps, from 0 to its length; empty for an empty text. */
  readonly sections: readonly Section[];
  readonly forward: Forward | null;
  readonly pairs: readonly Pair[];
  /** ISO 639-1, by the words heard; null when it cannot be told. */
  readonly language: string | null;
  readonly refusals: readonly Refusal[];
  /** What a bounce says failed; empty for all else. */
  readonly failures: readonly FailedDelivery[];
  readonly date: number | null;
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  /** Header fields in order, for rules that ask for one: names in lower case, values decoded. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly attachments: readonly Attachment[];
  readonly defects: readonly Defect[];
};

/** An answer of SPF, DKIM, DMARC or ARC (RFC 8601 2.7). */
export type CheckResult = "pass" | "fail" | "softfail" | "neutral" | "none" | "policy" | "temperror" | "permerror";

/** What is proven about the sender. Domains are lower case, "" where there is none. */
export type Proof = {
  /** `checked` by us; `header`: believed from a mail server we named; `none`: nothing was looked at. */
  readonly source: "checked" | "header" | "none";
  readonly spf: { readonly result: CheckResult; readonly domain: string };
  readonly dkim: readonly { readonly result: CheckResult; readonly domain: string; readonly selector: string }[];
  /** `domain` is that of the From header. A pass is aligned by its meaning (RFC 7489 3.1). */
  readonly dmarc: { readonly result: CheckResult; readonly domain: string; readonly policy: string };
  readonly arc: { readonly result: CheckResult; readonly domain: string };
};

/** Nothing was looked at. */
export const NO_PROOF: Proof = Object.freeze({
  source: "none",
  spf: { result: "none", domain: "" },
  dkim: [],
  dmarc: { result: "none", domain: "", policy: "" },
  arc: { result: "none", domain: "" },
} as const);

/** How a sender was proven to be staff. */
export type StaffProof = "auth" | "network" | "dmarc";

/** A mail we took earlier that this one may answer, found by the ids it names. */
export type EarlierMail = {
  readonly ref: string;
  /** Its Message-ID in angle brackets, or our token, by which it was found. */
  readonly id: string;
  /** Addresses, lower case, of those who took part. */
  readonly participants: readonly string[];
  readonly requestType: string | null;
};

/** A moment on the clock of the house. */
export type LocalTime = {
  /** 2026-11-23 */
  readonly date: string;
  /** Monday */
  readonly weekday: string;
  /** 17:33 */
  readonly time: string;
};

/** What `decide` may know beside the bytes. Part of the input, so the same facts give the same answer. */
export type Facts = {
  readonly door: Door;
  readonly receivedAt: number;
  /** The same on the clock of the house; null where nobody knows when it came, as for a file. */
  readonly localTime: LocalTime | null;
  readonly sizeBytes: number;
  readonly mailFrom: string;
  readonly user: string | null;
  readonly proof: Proof;
  /** The client is in a network we named as that of our staff. */
  readonly staffNetwork: boolean;
  /** Domains whose DMARC-aligned mail is our staff's, lower case. */
  readonly staffDomains: readonly string[];
  /** Addresses of ours by which we write, lower case: mail from them is never answered. */
  readonly ownAddresses: readonly string[];
  /** Mails that In-Reply-To, References or a token of ours point to. */
  readonly earlier: readonly EarlierMail[];
  /** The key our thread tokens are signed with, hex; null: there are none. */
  readonly threadKey: string | null;
  /** The aliases the mail was sent to, in the order of RCPT TO; one routing decision each. */
  readonly aliases: readonly string[];
};
