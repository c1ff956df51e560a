// Puts mail into a folder of a mail account by IMAP APPEND (RFC 9051 6.3.12): labels on top, the message underneath, the
// queue's keywords as flags. Every delivery has a name of its own in a header, by which an attempt in doubt finds its work.

import type { ImapAccount } from "../config/imap.ts";
import { connect, type ImapFlow, type MailboxObject, type SignIn } from "../mailbox/session.ts";
import { mailboxReason, SignInTrouble } from "../mailbox/trouble.ts";
import type { AttemptResult, Job } from "../outcome.ts";
import type { Adapter } from "./adapter.ts";
import { wholeOf } from "./body-stream.ts";
import { deliveryName } from "./delivery-name.ts";
import { replyOfNo } from "./failure.ts";
import { bringThere, type DeskPlaces } from "./imap-in-place.ts";
import { stamped, topHeaders } from "./outgoing.ts";

/** An attempt that takes longer is given up and its connection closed: a third of a lease, and enough for 35 MB. */
const ATTEMPT_MS = 5 * 60_000;
/** An idle connection is closed: servers count them by account, and people's mail programs need theirs. */
const IDLE_MS = 30_000;

export type ImapDestination = {
  readonly account: ImapAccount;
  readonly signIn: SignIn;
  readonly folder: string;
  /** What is done with mail that lies in the account already. */
  readonly original: "keep" | "copy" | "move" | "tag";
  readonly keyword: string | null;
  readonly urgencyKeyword: boolean;
  /** Keywords of the account's other queues. */
  readonly otherKeywords: readonly string[];
  readonly places: DeskPlaces;
  readonly now: () => number;
};

const URGENCIES = ["P1", "P2", "P3", "P4"] as const;

/**
 * @param hostname stands in the trace header
 * @param attemptMs the longest an attempt may take
 */
export function imapAdapter(destination: ImapDestination, hostname: string, attemptMs = ATTEMPT_MS): Adapter {
  let line: Line | null = null;
  return {
    concurrency: 1,
    destination: null,
    async deliver(job, body, raw) {
      const bytes = raw ?? (await wholeOf(body()));
      if (bytes === null) return { kind: "failed", stage: "ours", reply: null, code: "body-unreadable" };
      if (line === null || line.gone) line = new Line(destination, hostname);
      return await line.deliver(job, bytes, attemptMs);
    },
    async [Symbol.asyncDispose]() {
      line?.close();
    },
  };
}

/** What the server says, and what imapflow says for it when the server has told its limit before. */
const REFUSALS = new Set(["NO", "BAD", "APPENDLIMIT"]);

/** What imapflow tells of an error. */
type ImapError = Error & {
  code?: string | undefined;
  responseStatus?: string | undefined;
  serverResponseCode?: string | undefined;
};

/** One connection. After anything but a plain NO its state is unknown, and the next attempt makes another. */
class Line {
  gone = false;
  private readonly destination: ImapDestination;
  private readonly hostname: string;
  private client: ImapFlow | null = null;
  private readonly ending = new AbortController();
  private mailbox: MailboxObject | null = null;
  private readonly lost = Promise.withResolvers<never>();
  private idleTimer: NodeJS.Timeout | null = null;

  constructor(destination: ImapDestination, hostname: string) {
    this.destination = destination;
    this.hostname = hostname;
    this.lost.promise.catch(() => undefined);
  }

  close(): void {
    this.end(withCode("closed by us", "ECONNECTION"));
  }

  async deliver(job: Job, raw: Uint8Array, attemptMs: number): Promise<AttemptResult> {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    const limit = setTimeout(() => this.end(withCode("the attempt took too long", "ETIMEDOUT")), attemptMs);
    const at: { stage: "connect" | "content" } = { stage: "connect" };
    try {
      return await Promise.race([this.attempt(job, raw, at), this.lost.promise]);
    } catch (error) {
      return this.failed(error as ImapError, at.stage);
    } finally {
      clearTimeout(limit);
      if (!this.gone) this.idleTimer = setTimeout(() => this.close(), IDLE_MS);
    }
  }

  private async attempt(job: Job, raw: Uint8Array, at: { stage: "connect" | "content" }): Promise<AttemptResult> {
    const client = (this.client ??= await this.connected());
    at.stage = "content";
    const brought = await this.bring(client, job, raw);
    if (brought !== null) return brought;
    this.mailbox ??= await this.openFolder(client);
    const name = deliveryName(job);
    if ((job.inDoubt || job.attempt > 1) && (await this.isThere(client, name))) {
      return { kind: "delivered", code: "already-there" };
    }
    const top = `X-Mailward-Delivery: ${name}\r\n${topHeaders(this.hostname, job)}`;
    const wanted = keywordsFor(this.destination, job);
    const flags = wanted.filter((flag) => takes(this.mailbox, flag));
    const folder = this.mailbox.path;
    const done = await client.append(folder, stamped(top, raw), flags, new Date(job.mail.receivedAt));
    if (done === false || done === undefined) throw withCode("the server took nothing", "APPEND");
    const { places, account, now } = this.destination;
    if (done.uid !== undefined && done.uidValidity !== undefined) {
      const place = { account: account.name, folder, uidValidity: String(done.uidValidity), uid: done.uid };
      // What is not written down now is found there by those who look after the folder.
      await places.keepImapPlace({ ...place, deliveryId: job.id }, job.messageId, now()).catch(() => undefined);
    }
    return { kind: "delivered", code: flags.length === wanted.length ? "append" : "append-without-keyword" };
  }

  /** What lies in the account is brought there by the server; null: it does not, or a labelled copy is wanted. */
  private async bring(client: ImapFlow, job: Job, raw: Uint8Array): Promise<AttemptResult | null> {
    const { original, account, folder, otherKeywords, places, now } = this.destination;
    if (original === "keep") return null;
    this.mailbox = null;
    const keywords = keywordsFor(this.destination, job);
    const others = [...otherKeywords, ...URGENCIES].filter((each) => !keywords.includes(each));
    const goal = { account: account.name, folder, how: original, keywords, otherKeywords: others, places, now };
    return await bringThere(client, job, raw, goal);
  }

  private async connected(): Promise<ImapFlow> {
    const { account, signIn } = this.destination;
    const client = await connect(account, signIn, this.ending.signal);
    client.on("error", (error: Error) => this.end(error));
    client.on("close", () => this.end(withCode("the connection was closed", "ECONNECTION")));
    return client;
  }

  /** The folder is made when it is missing. */
  private async openFolder(client: ImapFlow): Promise<MailboxObject> {
    const path = this.destination.folder.split("/");
    try {
      return await client.mailboxOpen(path);
    } catch (error) {
      if ((error as ImapError).responseStatus !== "NO") throw error;
    }
    await client.mailboxCreate(path);
    return await client.mailboxOpen(path);
  }

  /** SEARCH finds parts of words, too, so what it finds is compared as a whole. */
  private async isThere(client: ImapFlow, name: string): Promise<boolean> {
    await client.noop(); // what others put there since the folder was opened
    const found = await client.search({ header: { "X-Mailward-Delivery": name } }, { uid: true });
    if (found === false || found === undefined) throw withCode("the search was refused", "SEARCH");
    for (const uid of found) {
      const message = await client.fetchOne(String(uid), { headers: ["x-mailward-delivery"] }, { uid: true });
      const header = message === false ? undefined : message?.headers;
      if (
        header
          ?.toString("latin1")
          .split(/[:\r\n]+/)[1]
          ?.trim() === name
      )
        return true;
    }
    return false;
  }

  private failed(error: ImapError, stage: "connect" | "content"): AttemptResult {
    const code = error.serverResponseCode ?? error.code ?? "unknown";
    const refused = stage === "content" && REFUSALS.has(error.responseStatus ?? code);
    // After a refusal the folder may be gone or read-only: it is opened anew on another connection.
    this.end(error);
    if (error instanceof SignInTrouble || mailboxReason(error) === "sign-in-refused") {
      return { kind: "failed", stage: "auth", reply: null, code };
    }
    return { kind: "failed", stage, reply: refused ? replyOfNo(code) : null, code };
  }

  private end(error: Error): void {
    if (this.gone) return;
    this.gone = true;
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.lost.reject(error);
    this.ending.abort();
    this.client?.close();
  }
}

function keywordsFor({ keyword, urgencyKeyword }: ImapDestination, { label }: Job): readonly string[] {
  return [...(keyword === null ? [] : [keyword]), ...(urgencyKeyword ? [label.urgency] : [])];
}

/** RFC 9051 7.1: \* in PERMANENTFLAGS says that new keywords may be made. */
function takes(mailbox: MailboxObject | null, flag: string): boolean {
  const allowed = mailbox?.permanentFlags;
  return allowed === undefined || allowed.has("\\*") || allowed.has(flag);
}

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
