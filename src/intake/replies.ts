// What a sender is told, in words that help a patient or the person who looks after their mail server.

import type { Acceptance } from "../accept.ts";
import { StoreTrouble } from "../store/store.ts";
import type { NotOurs } from "./recipients.ts";

/** A reply that is not 250: the number and the text after it, which begins with the enhanced code (RFC 3463). */
export class Refusal extends Error {
  readonly responseCode: number;
  constructor(responseCode: number, text: string) {
    super(text);
    this.responseCode = responseCode;
  }
}

/** An address that takes no mail here. */
export function noSuchRecipient(why: NotOurs, help: string): Refusal {
  switch (why) {
    case "unknown-recipient":
      return unknownRecipient(help);
    case "forged-return":
      return new Refusal(550, "5.1.1 This is not an address for bounces that we made: its signature does not fit.");
    case "expired-return":
      return new Refusal(550, "5.1.6 This address for bounces has expired; the mail it was made for is weeks old.");
  }
}

function unknownRecipient(help: string): Refusal {
  return new Refusal(550, `5.1.1 There is no mailbox with this address here. ${help}`);
}

export function tooManyUnknown(): Refusal {
  return new Refusal(421, "4.7.1 Too many addresses that do not exist. Please check them and try again later.");
}

export function tooManyConnections(): Refusal {
  return new Refusal(421, "4.7.0 Too many connections at once. Please try again in a few minutes.");
}

export function tooManyCommands(): Refusal {
  return new Refusal(421, "4.7.0 Too many commands in one connection. Please connect again.");
}

export function tooSlow(): Refusal {
  return new Refusal(421, "4.4.2 The message took too long to arrive. Nothing was kept; please send it again.");
}

export function closing(): Refusal {
  return new Refusal(421, "4.3.2 This server is being restarted. Please try again in a minute.");
}

export function tooLarge(messageBytes: number, help: string): Refusal {
  const megabytes = Math.floor(messageBytes / (1024 * 1024));
  return new Refusal(
    552,
    `5.3.4 This mail is larger than ${megabytes} MB. Please send it without large attachments. ${help}`,
  );
}

export function bareLineEnd(): Refusal {
  return new Refusal(
    550,
    "5.5.2 The message has line ends that are not CR LF, which can hide a second message. " +
      "Nothing was kept. Please have your mail software send CR LF at the end of every line.",
  );
}

export function signInFailed(): Refusal {
  return new Refusal(535, "5.7.8 The user name or password is not right.");
}

/** A message refused for what it is. */
export function refused(acceptance: Acceptance & { kind: "refused" }, messageBytes: number, help: string): Refusal {
  switch (acceptance.reason) {
    case "too-large":
      return tooLarge(messageBytes, help);
    case "bare-line-end":
      return bareLineEnd();
  }
}

/** A message we could not keep: 452 when there is no room, 451 for anything else. The sender's server tries again. */
export function notKept(error: unknown): Refusal {
  if (error instanceof StoreTrouble && error.reason === "full") {
    return new Refusal(452, "4.3.1 This server has no room left just now. Nothing was kept; please try again later.");
  }
  return new Refusal(
    451,
    "4.3.0 This server cannot keep mail just now. Please try again later; a repeated mail is kept once.",
  );
}

export function signInFirst(): Refusal {
  return new Refusal(530, "5.7.0 Please encrypt the connection and sign in first: this port is for staff.");
}

export function tooManySignIns(): Refusal {
  return new Refusal(421, "4.7.0 Too many wrong passwords. Please check user name and password and connect again.");
}

export function repeated(): Refusal {
  return new Refusal(450, "4.5.3 This recipient was given already; the mail for it is kept once.");
}
