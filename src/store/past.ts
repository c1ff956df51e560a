// Decided mails as a replay reads them: how they came, what was known of them, and what was decided then.

import type { Mail, Recipient } from "../message.ts";
import type { Reading } from "../outcome.ts";
import type { OutcomeRow } from "./store.ts";

/** What was decided for one alias of a mail, without its evidence. */
export type PastOutcome = Pick<
  OutcomeRow,
  "alias" | "requestType" | "urgency" | "department" | "queue" | "review" | "decidedBy" | "rules"
>;

/** A decided mail, to be decided once more by other rules. */
export type PastMail = {
  readonly messageId: number;
  readonly ref: string;
  readonly mail: Mail;
  readonly reading: Reading | null;
  /** One recipient and one outcome for each alias it was decided for, in the same order. */
  readonly recipients: readonly Recipient[];
  readonly outcomes: readonly PastOutcome[];
  /** null: it is long; `readBody` reads it in pieces. */
  readonly raw: Uint8Array | null;
};
