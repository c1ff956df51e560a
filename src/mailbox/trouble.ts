// Why a mailbox cannot be worked with, as a closed set of reasons with a sentence each. What servers say is never
// repeated: it may name people.

/** Why signing in is not even tried, or was refused. */
export class SignInTrouble extends Error {
  readonly reason: "secret-missing" | "token-server";
  /** More of it: the token server's error code (RFC 6749 5.2), or a word of ours. */
  readonly code: string;
  constructor(reason: SignInTrouble["reason"], code: string) {
    super(`${TROUBLE_TEXT[reason]} (${code})`);
    this.name = "SignInTrouble";
    this.reason = reason;
    this.code = code;
  }
}

export type MailboxReason =
  | SignInTrouble["reason"]
  | "sign-in-refused"
  | "not-connected"
  | "no-folder"
  | "unreachable"
  | "certificate"
  | "no-starttls"
  | "silent"
  | "hung-up"
  | "server-refused"
  | "broken-answer"
  | "unexpected";

/** What each reason means and what to do, for people. */
export const TROUBLE_TEXT: Readonly<Record<MailboxReason, string>> = {
  "secret-missing":
    "the password or client secret is not there; set the variable or write the file it is to be read from",
  "token-server": "the token server gives no token; look whether the client secret or the consent has run out",
  "sign-in-refused": "the server refuses the user or the password; correct them",
  "not-connected":
    "the sign-in was taken but the mailbox is not connected; look at licence and permissions of the mailbox",
  "no-folder": "there is no such folder; correct its name or create it",
  unreachable: "the server cannot be reached; look at host, port and network",
  certificate:
    "the server's certificate is not believed; correct the host, or give its authority's certificate as `ca`",
  "no-starttls": "the server offers no STARTTLS; write tls: implicit and its port",
  silent: "the server does not answer; the connection is made anew",
  "hung-up": "the server closed the connection; it is made anew",
  "server-refused": "the server refuses a command; it is tried again",
  "broken-answer": "the server answers what cannot be read; it is tried again",
  unexpected: "something unexpected happened; it is tried again, and the log tells where",
};

/** The reason behind whatever imapflow or Node has thrown. */
export function mailboxReason(error: unknown): MailboxReason {
  if (error instanceof SignInTrouble) return error.reason;
  if (!(error instanceof Error)) return "unexpected";
  const seen = error as Error &
    Partial<Record<"code" | "responseText" | "responseStatus" | "serverResponseCode", unknown>>;
  const code = typeof seen.code === "string" ? seen.code : "";
  if (/authenticated but not connected/i.test(String(seen.responseText))) return "not-connected";
  if ("authenticationFailed" in error && error.authenticationFailed === true) return "sign-in-refused";
  if ("mailboxMissing" in error && error.mailboxMissing === true) return "no-folder";
  if (/^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|CONNECT_TIMEOUT)$/.test(code))
    return "unreachable";
  if (/CERT|SELF_SIGNED|UNABLE_TO|^ERR_TLS|^ERR_SSL|^EPROTO/.test(code)) return "certificate";
  if (/^(?:ETIMEOUT|ETIMEDOUT|GREETING_TIMEOUT|UPGRADE_TIMEOUT|LockTimeout)$/.test(code)) return "silent";
  if (/^(?:NoConnection|EConnectionClosed|StateLogout|ClosedAfter\w+|ECONNRESET|EPIPE)$/.test(code)) return "hung-up";
  if ("tlsFailed" in error && error.tlsFailed === true) return "no-starttls";
  if (seen.responseStatus === "NO" || seen.responseStatus === "BAD") return "server-refused";
  if (/^(?:Parser|Line|Literal|Response|TooMany|Invalid|Unexpected|Missing)/.test(code)) return "broken-answer";
  return "unexpected";
}
