// SMTP and LMTP in: speaks the protocol with the help of smtp-server, and says 250 only after `accept` has committed.

import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerAddress, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { type Acceptance, type Arrival, accept } from "../accept.ts";
import type { Limits, Listener, StaffAccount, TlsFiles } from "../config/config.ts";
import { errorFields, type Log, networkOf } from "../log.ts";
import type { Door, Recipient } from "../message.ts";
import { type Store, StoreTrouble } from "../store/store.ts";
import { withDeadline } from "./deadline.ts";
import { type RecipientLookup, type ReturnLookup, recipientAt } from "./recipients.ts";
import * as replies from "./replies.ts";
import { isStaff } from "./sign-in.ts";

/** How long the store may take for a commit before the sender is told to try again; its retry is then a duplicate. */
const ACCEPT_DEADLINE_MS = 60_000;
/** How many unknown recipients a connection may try before it is closed: more is a search for addresses. */
const UNKNOWN_RECIPIENTS_MAX = 20;
/** A connection is closed after so many wrong passwords. */
const SIGN_IN_FAILURES_MAX = 3;
/** How long connections in the middle of a message have to finish when we stop. */
const CLOSE_TIMEOUT_MS = 4000;

export type SmtpIntakeOptions = {
  readonly listener: Listener;
  readonly hostname: string;
  readonly lookup: RecipientLookup;
  /** Whether an address is ours for bounces. */
  readonly returned: ReturnLookup;
  /** Where a patient may turn instead, a full sentence; it changes with the rules. */
  readonly help: () => string;
  readonly limits: Limits;
  readonly tls: TlsFiles | null;
  readonly staff: readonly StaffAccount[];
  readonly xclientHosts: readonly string[];
  readonly proxyHosts: readonly string[];
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  /** Called after each commit, before the reply. */
  readonly onAccepted: (arrival: Arrival, acceptance: Acceptance & { kind: "accepted" }) => void;
  readonly onRefused: (reason: string) => void;
};

export type SmtpIntake = AsyncDisposable & { readonly port: number };

/** Listen. Rejects when the port cannot be had (`EADDRINUSE`, `EACCES`). */
export async function startSmtpIntake(options: SmtpIntakeOptions): Promise<SmtpIntake> {
  const desk = new FrontDesk(options);
  const { address, port } = options.listener;
  await new Promise<void>((resolve, reject) => {
    desk.server.once("error", reject);
    desk.server.listen(port, address, () => {
      desk.server.off("error", reject);
      resolve();
    });
  });
  desk.server.on("error", (error) => desk.onError(error));
  return {
    port: (desk.server.server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => desk.close(),
  };
}

class FrontDesk {
  readonly server: SMTPServer;
  private readonly options: SmtpIntakeOptions;
  private readonly byClient = new Map<string, number>();
  private readonly counted = new Map<string, string>();
  private readonly commands = new Map<string, number>();
  private readonly unknown = new Map<string, number>();
  private readonly failedSignIns = new Map<string, number>();
  private readonly receiving = new Set<string>();
  private draining = false;
  private readonly disabled: string[];

  constructor(options: SmtpIntakeOptions) {
    this.options = options;
    const { listener, hostname, limits, tls, staff } = options;
    const implicitTls = listener.protocol === "smtps";
    const signInOffered = staff.length > 0 && tls !== null && listener.protocol !== "lmtp";
    this.disabled = [
      ...["WIZ", "SHELL", "KILL", "HELP"],
      ...(tls === null ? ["STARTTLS"] : []), // else the key that smtp-server is shipped with would be offered
      ...(signInOffered ? [] : ["AUTH"]),
    ];
    this.server = new SMTPServer({
      name: hostname,
      banner: "Mailward",
      heloResponse: "%s greets %s",
      lmtp: listener.protocol === "lmtp",
      secure: implicitTls,
      ...(tls === null ? {} : { key: tls.key, cert: tls.certificate, minVersion: "TLSv1.2" }),
      size: limits.messageBytes,
      hideDSN: false,
      authMethods: ["PLAIN", "LOGIN"],
      authOptional: true, // whether it is needed is asked at MAIL, because AUTH is not there in clear
      maxAllowedUnauthenticatedCommands: Number.POSITIVE_INFINITY, // `false` is read as 10; our own limit counts all commands
      disabledCommands: this.disabled,
      disableReverseLookup: true,
      useXClient: options.xclientHosts.length > 0 ? [...options.xclientHosts] : false,
      useProxy: options.proxyHosts.length > 0 ? [...options.proxyHosts] : false,
      maxClients: limits.connections,
      maxRecipients: limits.recipients,
      socketTimeout: limits.idleMs,
      closeTimeout: CLOSE_TIMEOUT_MS,
      logger: this.commandCounter(),
      onConnect: (session, callback) => callback(this.onConnect(session)),
      onSecure: (_socket, session, callback) => {
        session.disabledCommands = this.disabled;
        callback();
      },
      onClose: (session) => this.onClose(session),
      onAuth: (auth, session, callback) => {
        void this.signIn(auth.method, auth.username ?? "", auth.password ?? "", session).then(
          (user) => callback(null, { user }),
          (error: Error) => callback(error),
        );
      },
      onMailFrom: (_address, session, callback) => callback(this.onSender(session)),
      onRcptTo: (address, session, callback) => callback(this.onRecipient(address, session)),
      onData: (stream, session, callback) => {
        void this.receive(stream, session).then(
          (answer) => callback(null, answer),
          (error: Error) => callback(error),
        );
      },
    });
  }

  onError(error: Error): void {
    this.options.log.debug("listener-error", { ...errorFields(error), protocol: this.options.listener.protocol });
  }

  /** Idle connections are told at once; one in the middle of a message may finish it. */
  async close(): Promise<void> {
    this.draining = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const { responseCode, message } = replies.closing();
    for (const connection of [...this.server.connections]) {
      if (!this.receiving.has(connection.id)) connection.send(responseCode, message);
    }
    await closed;
  }

  private onConnect(session: SMTPServerSession): Error | null {
    const { remoteAddress, id } = session;
    const already = this.byClient.get(remoteAddress) ?? 0;
    if (already >= this.options.limits.connectionsPerClient) {
      this.options.onRefused("too-many-connections");
      return replies.tooManyConnections();
    }
    // Not even offered in clear: a client that tries it has sent the password by the time it is refused.
    if (!session.secure) session.disabledCommands = [...this.disabled, "AUTH"];
    this.byClient.set(remoteAddress, already + 1);
    this.counted.set(id, remoteAddress);
    return null;
  }

  private onClose({ id }: SMTPServerSession): void {
    const address = this.counted.get(id);
    this.counted.delete(id);
    this.commands.delete(id);
    this.unknown.delete(id);
    this.failedSignIns.delete(id);
    if (address === undefined) return;
    const left = (this.byClient.get(address) ?? 1) - 1;
    if (left === 0) this.byClient.delete(address);
    else this.byClient.set(address, left);
  }

  private async signIn(method: string, user: string, password: string, session: SMTPServerSession): Promise<string> {
    // A named host that speaks for its clients by XCLIENT has checked the password itself.
    const known = await isStaff(this.options.staff, user, method === "XCLIENT" ? null : password);
    const network = networkOf(session.remoteAddress);
    this.options.log[known ? "info" : "warn"](known ? "signed-in" : "sign-in-failed", { network });
    if (!known) throw this.signInRefusal(session);
    return user;
  }

  private signInRefusal({ id }: SMTPServerSession): Error {
    const failures = (this.failedSignIns.get(id) ?? 0) + 1;
    this.failedSignIns.set(id, failures);
    return failures >= SIGN_IN_FAILURES_MAX ? replies.tooManySignIns() : replies.signInFailed();
  }

  private onSender(session: SMTPServerSession): Error | null {
    if (this.draining) return replies.closing();
    const staffOnly = this.options.listener.protocol === "submission";
    return staffOnly && !session.user ? replies.signInFirst() : null;
  }

  private onRecipient({ address }: SMTPServerAddress, session: SMTPServerSession): Error | null {
    const found = recipientAt(address, this.options);
    if (typeof found === "object") return this.repeatedInLmtp(address, session) ? replies.repeated() : null;
    const tried = (this.unknown.get(session.id) ?? 0) + 1;
    this.unknown.set(session.id, tried);
    this.options.onRefused(found);
    return tried > UNKNOWN_RECIPIENTS_MAX
      ? replies.tooManyUnknown()
      : replies.noSuchRecipient(found, this.options.help());
  }

  /** A repeated recipient would be kept once but needs two answers after the dot; told to come again, it is a repetition. */
  private repeatedInLmtp(address: string, session: SMTPServerSession): boolean {
    if (this.options.listener.protocol !== "lmtp") return false;
    return session.envelope.rcptTo.some((before) => before.address.toLowerCase() === address.toLowerCase());
  }

  /** Take one message; answers what is said after the last dot, in LMTP once for each recipient (RFC 2033 4.2). */
  private async receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string | string[]> {
    const { limits, help, log, listener } = this.options;
    this.receiving.add(session.id);
    const slow = setTimeout(() => this.hangUp(session.id, replies.tooSlow()), limits.dataMs);
    try {
      const acceptance = await withDeadline(this.accept(stream, session), ACCEPT_DEADLINE_MS, stream);
      if (acceptance.kind === "refused") {
        this.options.onRefused(acceptance.reason);
        throw replies.refused(acceptance, limits.messageBytes, help());
      }
      const said = acceptance.accepted.routings.map((routing) =>
        routing.kind === "new"
          ? `2.0.0 Accepted as ${acceptance.accepted.ref}`
          : `2.0.0 Already accepted as ${routing.ref}`,
      );
      return listener.protocol === "lmtp" ? said : `2.0.0 Accepted as ${acceptance.accepted.ref}`;
    } catch (error) {
      if (error instanceof replies.Refusal) throw error;
      const hungUp = stream.destroyed && !stream.readableEnded && !(error instanceof StoreTrouble);
      if (!hungUp) log.error("store-trouble", { ...errorFields(error), door: listener.protocol });
      throw replies.notKept(error);
    } finally {
      clearTimeout(slow);
      this.receiving.delete(session.id);
      if (this.draining) setImmediate(() => this.hangUp(session.id, replies.closing()));
    }
  }

  private async accept(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Acceptance> {
    const { store, limits, onAccepted } = this.options;
    const arrival = this.arrival(session);
    const acceptance = await accept(store, arrival, stream, {
      messageBytes: limits.messageBytes,
      hops: limits.hops,
      strictLineEnds: true,
    });
    if (acceptance.kind === "accepted") onAccepted(arrival, acceptance);
    return acceptance;
  }

  private arrival(session: SMTPServerSession): Arrival {
    const { mailFrom, rcptTo, smtpUtf8, bodyType, dsn } = session.envelope;
    return {
      origin: null,
      door: this.door(session),
      receivedAt: this.options.now(),
      client: {
        address: session.remoteAddress,
        helo: session.hostNameAppearsAs || "",
        tls: session.secure,
        user: typeof session.user === "string" ? session.user : null,
      },
      envelope: {
        mailFrom: mailFrom === false ? "" : mailFrom.address,
        smtpUtf8: smtpUtf8 === true,
        body8Bit: bodyType === "8bitmime",
        dsnReturn: dsn?.ret === "FULL" || dsn?.ret === "HDRS" ? dsn.ret : null,
        dsnEnvelopeId: dsn?.envid ?? null,
      },
      recipients: rcptTo.map((recipient) => this.recipient(recipient)),
    };
  }

  private recipient({ address, dsn }: SMTPServerAddress): Recipient {
    const found = recipientAt(address, this.options);
    if (typeof found === "string") throw new Error("a recipient that is not ours got past RCPT TO");
    return { ...found, address, dsnNotify: dsn?.notify ?? [], dsnOriginal: dsn?.orcpt ?? null };
  }

  private door(session: SMTPServerSession): Door {
    if (this.options.listener.protocol === "lmtp") return "lmtp";
    return session.user ? "submission" : "smtp";
  }

  private hangUp(id: string, { responseCode, message }: replies.Refusal): void {
    for (const connection of this.server.connections) if (connection.id === id) connection.send(responseCode, message);
  }

  /** smtp-server has no limit on commands, but tells its log of each. */
  private commandCounter() {
    const nothing = () => undefined;
    const debug = (entry?: { tnx?: string; cid?: string }) => {
      if (entry?.tnx !== "command" || entry.cid === undefined) return;
      const count = (this.commands.get(entry.cid) ?? 0) + 1;
      this.commands.set(entry.cid, count);
      if (count > this.options.limits.commands) this.hangUp(entry.cid, replies.tooManyCommands());
    };
    return { trace: nothing, debug, info: nothing, warn: nothing, error: nothing, fatal: nothing };
  }
}
