// The words for what is decided, as types: evidence, verdict, decision, outcome, and the jobs they become.
// Readonly values only; a value that can be one of several things is a union with `kind`.

import type { Defect, FailedDelivery, Mail, MailKind, Proof, Recipient, Refusal, StaffProof } from "./message.ts";

export type Urgency = "P1" | "P2" | "P3" | "P4";

/** Where in a message a phrase was found. `attachment` are the names of attached files, a line each; of a header its values, a line each. */
export type Field = "subject" | "text" | "sender" | "attachment" | `header:${string}`;

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
      /** The phrase, or the pattern, as written in the rule. */
      readonly phrase: string;
      readonly span: Span;
      /** Where the other words stand of a rule that asks for several (`all`, `near`). */
      readonly others: readonly Span[];
    }
  | {
      /** A field of a form that names the request type. */
      readonly kind: "field";
      readonly field: string;
      readonly value: string;
      readonly type: string;
      readonly span: Span;
    }
  | {
      /** A field of a form that says how urgent it is; it raises, never lowers. */
      readonly kind: "field-urgency";
      readonly field: string;
      readonly value: string;
      readonly urgency: Urgency;
      readonly span: Span;
    }
  | {
      /** A note of staff on top of a forward, such as "#billing". Sure when the forwarder is proven, else a hint. */
      readonly kind: "override";
      readonly type: string;
      readonly points: number;
      readonly sure: boolean;
      readonly phrase: string;
      readonly span: Span;
    }
  | {
      /** People have pinned mail of this sender with such a subject to this queue. Always sure. */
      readonly kind: "pin";
      /** A request type, or `none`. */
      readonly type: string;
      readonly queue: string;
    }
  | {
      /** The mail answers one of an earlier case. `sure` when the writer took part in it. */
      readonly kind: "thread";
      readonly ref: string;
      readonly by: "token" | "reference";
      readonly type: string | null;
      readonly sure: boolean;
    }
  | {
      /** A field of a form that the text speaks against; shown, it decides nothing. */
      readonly kind: "contradiction";
      readonly field: string;
      readonly says: string;
      readonly textSays: string;
    }
  | { readonly kind: "alias"; readonly alias: string; readonly type: string; readonly points: number }
  | {
      /** What the model thinks; `type` may be `none`. Its words are worked out anew for whoever asks, and not kept. */
      readonly kind: "model";
      readonly type: string;
      readonly points: number;
      readonly probability: number; // 0 to 1; right as often as it says
      /** "starter": taught by us, not yet by the site. */
      readonly stage: "starter" | "site";
    }
  | {
      /** The model is sure of another type than P1 phrases speak for, and of no emergency; `emergency`: how likely P1 is to it. */
      readonly kind: "doubt";
      readonly type: string;
      readonly probability: number;
      readonly emergency: number;
    }
  | {
      /** The model takes the mail to be this urgent, or more; it only raises. */
      readonly kind: "model-urgency";
      readonly urgency: "P1" | "P2";
      readonly probability: number;
    }
  | {
      readonly kind: "urgency";
      readonly rule: string;
      readonly urgency: Urgency;
      readonly phrase: string;
      readonly span: Span;
      readonly others: readonly Span[];
    }
  | {
      /** A hit that does not count because of the words at `by`: "no chest pain", "my mother had a stroke". */
      readonly kind: "cancelled";
      readonly rule: string;
      readonly urgency: Urgency | null;
      readonly phrase: string;
      readonly span: Span;
      readonly why: "negated" | "past" | "somebody-else" | "part-of";
      readonly by: Span;
    }
  | {
      /** A fact that words in the mail tell, such as its location. */
      readonly kind: "fact";
      readonly fact: string;
      readonly value: string;
      readonly phrase: string;
      readonly span: Span;
    }
  | {
      /** The queue it would have gone to is closed now. */
      readonly kind: "after-hours";
      readonly closed: string;
      readonly queue: string;
    }
  | { readonly kind: "department"; readonly rule: string; readonly department: string };

/** Why the request type is what it is. */
export type DecidedBy =
  | "thread"
  | "override"
  | "pin"
  | "field"
  | "sure-rule"
  | "safety"
  | "scorecard"
  | "alias"
  | "review";

/** Why a mail goes to people first. */
export type ReviewReason =
  | "nothing-matched"
  | "too-close"
  | "alias-contradicted"
  | "may-be-none"
  | "safety-doubted"
  | "no-department"
  | "hard-to-read"
  | "came-back";

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
  /** Fields this request type asks for that the mail does not give, as people call them. */
  readonly missing: readonly string[];
  /** What would have changed the answer: single pieces of evidence without which it would be another. */
  readonly without: readonly Without[];
};

/** The answer if one piece of evidence had not been there. */
export type Without = {
  /** The id of a rule; or thread, override, field or alias. */
  readonly evidence: string;
  readonly requestType: string | null;
  readonly urgency: Urgency;
  readonly queue: string;
};

/** What rules that are only tried out would have decided; recorded, never acted on. One for each alias. */
export type Shadow = {
  /** Of the shadow rule set; that of the live set when only single rules of it are tried out. */
  readonly rulesHash: string;
  readonly outcomes: readonly ShadowOutcome[];
};

export type ShadowOutcome = {
  readonly alias: string;
  readonly requestType: string | null;
  readonly urgency: Urgency;
  readonly queue: string;
  readonly review: boolean;
  readonly decidedBy: DecidedBy;
  /** The rules that spoke. */
  readonly rules: readonly string[];
};

/** A field of a form by its name in the rules. */
export type FormField = { readonly field: string; readonly value: string; readonly span: Span };

/** What was read and is kept beside the outcomes. */
export type Reading = {
  readonly kind: MailKind;
  /** Address of the person whose mail it is: in a forward the inner sender. Only as good as `staff` says when forwarded. */
  readonly originalSender: string | null;
  /** Who passed it on; null when nobody did. */
  readonly forwarder: string | null;
  readonly forwardTier: "attached" | "inline" | "none";
  /** How certain the forward was read, 0 to 1; null when it is none. */
  readonly confidence: number | null;
  /** How whoever sent it was proven to be staff; null: a stranger, whose word on an inner sender proves nothing. */
  readonly staff: StaffProof | null;
  readonly language: string | null;
  readonly fields: readonly FormField[];
  readonly refusals: readonly Refusal[];
  readonly failures: readonly FailedDelivery[];
  readonly proof: Proof;
  readonly defects: readonly Defect[];
};

/** What `decide` answers for one mail: one outcome for each alias, in the order of `Facts.aliases`. */
export type Decided = Reading & {
  readonly outcomes: readonly Outcome[];
  /** Hash of the rule set that decided. */
  readonly rulesHash: string;
  /** Version of the model that was asked; null: none was. */
  readonly modelVersion: string | null;
  /** null when nothing is being tried out. */
  readonly shadow: Shadow | null;
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
  /** What SPF, DKIM, DMARC and ARC said. */
  readonly proof: Proof;
  /** The queue it would be for, if its destination were well; null: it is for this one. */
  readonly standsInFor: string | null;
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
  /** How far it came: reaching the far end, signing in, its answer to the envelope, or the message; or trouble of ours. `http`: its answer to a request. */
  readonly stage: "connect" | "auth" | "envelope" | "content" | "http" | "ours";
  /** The far end's reply code, e.g. 451, or under `http` its status, e.g. 503; null when there was none. */
  readonly reply: number | null;
  /** The enhanced status code out of the reply, e.g. "4.7.1", or the system's error code, e.g. "ECONNREFUSED". */
  readonly code: string;
  /** How long the far end asks us to wait, ms (`Retry-After`); left out where it does not say. */
  readonly retryAfterMs?: number;
};

/** How one attempt ended. */
export type AttemptResult =
  | { readonly kind: "delivered"; readonly code: string }
  | ({ readonly kind: "failed" } & Failure);
