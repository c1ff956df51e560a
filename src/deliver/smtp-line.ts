// One connection to a mail server, signed in, for one message after the other. nodemailer's connection is used without its
// pool, because the lane is the pool and every retry is the store's.

import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { AttemptResult, Job } from "../outcome.ts";
import { once, wholeOf } from "./body-stream.ts";
import { lacking } from "./downgrade.ts";
import type { MxLookup } from "./mx.ts";
import { stamped, topHeaders, withHeaders } from "./outgoing.ts";
import { type Srs, srsSender } from "./srs.ts";

const CONNECT_TIMEOUT_MS = 30_000;
/** RFC 5321 4.5.3.2 asks for up to ten minutes for the answer to the last dot. */
const SILENCE_TIMEOUT_MS = 10 * 60_000;
/** An idle connection is closed before the far end grows tired of it. */
const IDLE_MS = 5000;
/** Larger mails leave without a seal: it needs the whole of them in memory. */
const SEALED_BYTES_MAX = 2 * 1024 * 1024;
/** A connection is renewed after this many messages, so that a balanced far end can spread the load. */
const MESSAGES_PER_CONNECTION = 500;

export type SmtpDestination = {
  /** null: the servers that take mail for the domain of `to` (MX). */
  readonly host: string | null;
  readonly port: number;
  /** The queue's address at the far end. */
  readonly to: string;
  /** Connections at once, of all queues that lead to the same host and port. */
  readonly connections: number;
  /** `verified`: encrypted, with a certificate for the host's name that this machine trusts. */
  readonly tls: "none" | "opportunistic" | "required" | "verified";
  /** Whom the far end is told as sender. `srs`: the sender rewritten, where we have a domain for that. */
  readonly envelope: "srs" | "sender" | "nobody";
  readonly auth: { readonly user: string; readonly password: string } | null;
};

/** Who we are to the far end. */
export type SmtpSelf = {
  readonly hostname: string;
  /** null: there is no domain for bounces, and senders stay as they are. */
  readonly srs: Srs | null;
  readonly now: () => number;
  /** Seals what leaves (ARC): answers headers for the top of the message, "" for none, and never rejects; null: nothing is sealed. */
  readonly seal: ((message: Uint8Array, job: Job) => Promise<string>) | null;
  /** Looks up who takes mail for a domain; null where every destination names its host. */
  readonly mx: MxLookup | null;
};

/** A destination whose server is known. */
type KnownHost = SmtpDestination & { readonly host: string };

/** What nodemailer tells of an error. */
type ConnectionError = Error & {
  code?: string | undefined;
  responseCode?: number | undefined;
  response?: string | undefined;
  command?: string | undefined;
};

/** One connection to the far end. */
export class Line {
  private readonly destination: KnownHost;
  private readonly self: SmtpSelf;
  private readonly connection: SMTPConnection;
  private readonly onGone: (line: Line) => void;
  private connected = false;
  private gone = false;
  private sent = 0;
  /** The answer to EHLO. */
  private offers = "";
  private lost: ((error: ConnectionError) => void) | null = null;
  private idleTimer: NodeJS.Timeout | null = null;

  constructor(destination: KnownHost, self: SmtpSelf, onGone: (line: Line) => void) {
    this.destination = destination;
    this.self = self;
    this.onGone = onGone;
    this.connection = new SMTPConnection({
      host: destination.host,
      port: destination.port,
      name: self.hostname,
      ignoreTLS: destination.tls === "none",
      requireTLS: destination.tls === "required" || destination.tls === "verified",
      opportunisticTLS: destination.tls === "opportunistic",
      tls: { rejectUnauthorized: destination.tls === "verified", minVersion: "TLSv1.2" },
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      allowInternalNetworkInterfaces: true,
      logger: false,
    });
    this.connection.on("error", (error: ConnectionError) => this.end(error));
    // Next tick: nodemailer closes before it tells of a refusal, and the refusal is what counts.
    this.connection.on("end", () => process.nextTick(() => this.end(new Error("connection closed"))));
  }

  get usable(): boolean {
    return this.connected && !this.gone && this.sent < MESSAGES_PER_CONNECTION;
  }

  /** Send one message; closes the line when it is no longer fit for another. */
  async send(job: Job, body: () => AsyncIterable<Uint8Array>, raw: Uint8Array | null): Promise<AttemptResult> {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    const result = await this.tryToSend(job, body, raw);
    if (this.usable) this.idleTimer = setTimeout(() => this.quit(), IDLE_MS);
    else this.quit();
    return result;
  }

  quit(): void {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    if (this.connected && !this.gone && this.lost === null) this.connection.quit();
    else this.connection.close(); // in the middle of something, or not even connected
    this.end(new Error("closed by us"));
  }

  private async tryToSend(
    job: Job,
    body: () => AsyncIterable<Uint8Array>,
    raw: Uint8Array | null,
  ): Promise<AttemptResult> {
    let stage: "connect" | "auth" | "content" = "connect";
    try {
      if (!this.connected) {
        await this.call((done) => this.connection.connect(done));
        this.offers = String(this.connection.lastServerResponse).toUpperCase();
        stage = "auth";
        await this.signIn();
        this.connected = true;
      }
      stage = "content";
      const lacks = await lacking(this.offers, job, this.envelope(job), () => (raw === null ? body() : once(raw)));
      if (lacks !== null) return { kind: "failed", stage: "envelope", reply: 554, code: lacks };
      const message = await this.leaving(job, body, raw);
      const info = await this.call<{ response: string }>((done) =>
        this.connection.send(this.envelope(job), message as Buffer | Readable, done),
      );
      this.sent += 1;
      return { kind: "delivered", code: statusCode(info.response) ?? "250" };
    } catch (error) {
      return this.failed(error as ConnectionError, stage);
    }
  }

  private async leaving(
    job: Job,
    body: () => AsyncIterable<Uint8Array>,
    raw: Uint8Array | null,
  ): Promise<Uint8Array | Readable> {
    const { hostname, seal } = this.self;
    const top = topHeaders(hostname, job);
    const isWhole = seal !== null && job.mail.sizeBytes <= SEALED_BYTES_MAX;
    const bytes = raw ?? (isWhole ? await wholeOf(body()) : null);
    if (bytes === null) return Readable.from(withHeaders(top, body()), { objectMode: false });
    const message = stamped(top, bytes);
    if (!isWhole) return message;
    return Buffer.concat([Buffer.from(await seal(message, job), "latin1"), message]);
  }

  private async signIn(): Promise<void> {
    const { auth } = this.destination;
    if (auth === null) return;
    await this.call((done) => this.connection.login({ credentials: { user: auth.user, pass: auth.password } }, done));
  }

  private envelope(job: Job): SMTPConnection.Envelope {
    const { envelope, sizeBytes } = job.mail;
    const only = job.recipients.length === 1 ? job.recipients[0] : undefined;
    const dsn = {
      ...(envelope.dsnReturn === null ? {} : { ret: envelope.dsnReturn }),
      ...(envelope.dsnEnvelopeId === null ? {} : { envid: envelope.dsnEnvelopeId }),
      ...(only === undefined || only.dsnNotify.length === 0 ? {} : { notify: [...only.dsnNotify] }),
      ...(only === undefined || only.dsnOriginal === null ? {} : { orcpt: only.dsnOriginal }),
    };
    return {
      from: this.sender(job) || false,
      to: this.destination.to,
      size: sizeBytes,
      use8BitMime: envelope.body8Bit,
      ...(Object.keys(dsn).length > 0 ? { dsn } : {}),
    };
  }

  private sender({ id, mail }: Job): string {
    const { srs, now } = this.self;
    const { mailFrom } = mail.envelope;
    switch (this.destination.envelope) {
      case "nobody":
        return "";
      case "sender":
        return mailFrom;
      case "srs":
        return srs === null ? mailFrom : srsSender(srs, mailFrom, id, now());
    }
  }

  private failed(error: ConnectionError, stage: "connect" | "auth" | "content"): AttemptResult {
    const spoken = error.command === "MAIL FROM" || error.command === "RCPT TO" || error.code === "EENVELOPE";
    // After a refusal the connection is fit for another message; after anything else its state is unknown.
    if (error.responseCode === undefined || stage !== "content" || error.responseCode === 421) this.gone = true;
    else this.reset();
    return {
      kind: "failed",
      stage: stage === "content" && spoken ? "envelope" : stage,
      reply: error.responseCode ?? (isRefusedHere(error) ? 554 : null),
      code: isUntrusted(error)
        ? "ETLS"
        : ((error.code === "ETLS" ? null : statusCode(error.response ?? "")) ?? error.code ?? "unknown"),
    };
  }

  private reset(): void {
    this.sent += 1;
    this.connection.reset((error) => {
      if (error) this.end(error);
    });
  }

  /** A callback of the connection as a promise; also settled when the connection is lost meanwhile. */
  private call<T = unknown>(start: (done: (error?: ConnectionError | null, value?: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.lost = reject;
      if (this.gone) reject(new Error("connection closed"));
      start((error, value) => {
        this.lost = null;
        if (error) reject(error);
        else resolve(value as T);
      });
    });
  }

  private end(error: ConnectionError): void {
    this.gone = true;
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.lost?.(error);
    this.lost = null;
    this.onGone(this);
  }
}

/** A certificate or a handshake that is not right reaches us as a mere socket's trouble, told apart by OpenSSL's words alone. */
function isUntrusted({ code, message }: ConnectionError): boolean {
  return code === "ESOCKET" && /certificate|\bSSL\b|\bTLS\b/i.test(message);
}

/** nodemailer itself refuses an envelope or a size, and always will; the far end's nonsense looks alike but for the command. */
function isRefusedHere({ code, command }: ConnectionError): boolean {
  return (code === "EENVELOPE" && command === "API") || (code === "EMESSAGE" && command === "MAIL FROM");
}

/** The enhanced status code of a reply (RFC 3463); nothing else of its text is kept, it may quote an address. */
function statusCode(response: string): string | null {
  return /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1] ?? null;
}
