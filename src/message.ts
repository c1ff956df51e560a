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

/** What sort of mail it is. Anything but `person` suppresses replies, never routing. */
export type MailKind = "person" | "auto-reply" | "bounce" | "list" | "bulk";

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
  | "broken-encoding";

export type Attachment = { readonly name: string; readonly type: string; readonly sizeBytes: number };

/** A mail as read by `parse`: what a person would see. */
export type Message = {
  readonly kind: MailKind;
  readonly from: Address | null;
  readonly replyTo: Address | null;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly subject: string;
  /** The text a person would read; HTML is turned into text. */
  readonly text: string;
  readonly date: number | null;
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  readonly attachments: readonly Attachment[];
  readonly defects: readonly Defect[];
};

/** What `decide` may know beside the bytes. Part of the input, so the same facts give the same answer. */
export type Facts = {
  readonly door: Door;
  readonly receivedAt: number;
  readonly mailFrom: string;
  readonly user: string | null;
  /** The aliases the mail was sent to, in the order of RCPT TO; one routing decision each. */
  readonly aliases: readonly string[];
};

export type Urgency = "P1" | "P2" | "P3" | "P4";

/** Where in a message a phrase was found. */
export type Field = "subject" | "text" | "sender";

/** Where the evidence stands: characters from `start` up to, not including, `end` of that field as parsed. */
export type Span = { readonly field: Field; readonly start: number; readonly end: number };

/** One reason for a decision, from a closed set. `explain`, the outcome row and the console show the same. */
export type Evidence =
  | {
      readonly kind: "rule";
      readonly rule: string;
      /** The request type it speaks for. */
      readonly type: string;
      readonly points: number;
      readonly sure: boolean;
      /** The phrase as written in the rule. */
      readonly phrase: string;
      readonly span: Span;
    }
  | { readonly kind: "alias"; readonly alias: string; readonly type: string; readonly points: number }
  | {
      readonly kind: "urgency";
      readonly rule: string;
      readonly urgency: Urgency;
      readonly phrase: string;
      readonly span: Span;
    }
  | { readonly kind: "department"; readonly rule: string; readonly department: string };

/** Why the request type is what it is. */
export type DecidedBy = "sure-rule" | "scorecard" | "alias" | "review";

/** Why a mail goes to people first. */
export type ReviewReason = "nothing-matched" | "too-close" | "alias-contradicted" | "no-department";

/** What `classify` answers. */
export type Verdict = {
  /** The winner; null when nothing speaks for any type. Under `review` it is the best guess. */
  readonly requestType: string | null;
  readonly decidedBy: DecidedBy;
  readonly reviewReason: ReviewReason | null;
  /** Points by request type, highest first. */
  readonly scores: readonly { readonly type: string; readonly points: number }[];
  readonly urgency: Urgency;
  readonly evidence: readonly Evidence[];
};

/** What `route` answers for one alias. */
export type Decision =
  | { readonly kind: "route"; readonly queue: string; readonly department: string }
  | {
      readonly kind: "review";
      readonly queue: string;
      readonly reason: ReviewReason;
      readonly guess: { readonly requestType: string; readonly queue: string } | null;
    };

/** The routing decision for one alias of one mail, with all its evidence. */
export type Outcome = {
  readonly alias: string;
  readonly requestType: string | null;
  readonly urgency: Urgency;
  readonly decidedBy: DecidedBy;
  readonly scores: Verdict["scores"];
  readonly evidence: readonly Evidence[];
  readonly decision: Decision;
};

/** What `decide` answers for one mail: one outcome for each alias, in the order of `Facts.aliases`. */
export type Decided = {
  readonly kind: MailKind;
  /** Address of the person who wrote it, as far as the headers tell; null when they do not. */
  readonly originalSender: string | null;
  readonly defects: readonly Defect[];
  readonly outcomes: readonly Outcome[];
  /** Hash of the rule set that decided. */
  readonly rulesHash: string;
};

/** What is told about a delivery in headers put on top of the message. */
export type Label = {
  readonly ref: string;
  readonly queue: string;
  readonly requestType: string | null;
  readonly urgency: Urgency;
  readonly department: string | null;
  readonly decidedBy: DecidedBy;
  readonly rules: readonly string[];
};

/** One delivery to be carried out: a mail to a queue. */
export type Job = {
  readonly id: number;
  readonly messageId: number;
  readonly queue: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** When the delivery was first due. */
  readonly createdAt: number;
  /** A crash happened during an earlier attempt, so the far end may have it already. */
  readonly inDoubt: boolean;
  readonly mail: Mail;
  readonly recipients: readonly Recipient[];
  readonly label: Label;
};

/** What an adapter saw when an attempt failed. What it means is `deliver/failure.ts`'s to say. */
export type Failure = {
  /** How far it came: reaching the far end, signing in, its answer to the envelope, or the message; or trouble of ours. */
  readonly stage: "connect" | "auth" | "envelope" | "content" | "ours";
  /** The far end's reply code, e.g. 451; null when there was none. */
  readonly reply: number | null;
  /** The enhanced status code out of the reply, e.g. "4.7.1", or the system's error code, e.g. "ECONNREFUSED". */
  readonly code: string;
};

/** How one attempt ended. */
export type AttemptResult =
  | { readonly kind: "delivered"; readonly code: string }
  | ({ readonly kind: "failed" } & Failure);
