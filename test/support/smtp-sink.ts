// The far end of a delivery, which can misbehave in every way a real one does: refuse at any stage, hang, hang up in the
// middle, talk nonsense, crawl. Written on bare sockets, so that nothing keeps it from being wrong.

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What the sink is about to answer: the greeting, a command, or the end of the data. */
export type Stage = "greeting" | "ehlo" | "mail" | "rcpt" | "data" | "dot";

export type Behaviour =
  | { readonly kind: "accept" }
  /** Answers `line` at that stage: a 4xx or 5xx, or plain nonsense. */
  | { readonly kind: "answer"; readonly at: Stage; readonly line: string }
  /** Says nothing at that stage, for ever. */
  | { readonly kind: "hang"; readonly at: Stage }
  /** Hangs up instead of answering; at "dot" the message is kept and its 250 never said. */
  | { readonly kind: "drop"; readonly at: Stage | "mid-data" }
  /** Every answer takes this long. */
  | { readonly kind: "slow"; readonly ms: number };

export type Taken = {
  readonly mailFrom: string;
  readonly rcptTo: readonly string[];
  /** The bytes as the sender meant them: dots un-stuffed, the final dot gone. */
  readonly raw: Buffer;
  readonly at: number;
  /** 250 was written to the socket. */
  acknowledged: boolean;
};

export type SmtpSink = AsyncDisposable & {
  readonly port: number;
  /** Everything received whole, also what was then refused or not answered. */
  readonly taken: readonly Taken[];
  readonly connections: () => number;
  behave(behaviour: Behaviour): void;
};

export type SinkOptions = {
  readonly behaviour?: Behaviour;
  readonly pipelining?: boolean;
  /** What it offers beside PIPELINING; 8BITMIME, SMTPUTF8 and DSN unless said. */
  readonly offers?: readonly string[];
  readonly port?: number;
};

/** Listens on loopback; port 0 unless told. Behaviour may change at any time, also for open connections. */
export async function smtpSink(options: SinkOptions = {}): Promise<SmtpSink> {
  const state: State = {
    behaviour: options.behaviour ?? { kind: "accept" },
    pipelining: options.pipelining ?? true,
    offers: options.offers ?? ["8BITMIME", "SMTPUTF8", "DSN"],
    taken: [],
  };
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    new Session(socket, state).start();
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    taken: state.taken,
    connections: () => connections,
    behave: (behaviour) => {
      state.behaviour = behaviour;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

type State = {
  behaviour: Behaviour;
  readonly pipelining: boolean;
  readonly offers: readonly string[];
  readonly taken: Taken[];
};

const DOT = Buffer.from("\r\n.\r\n");

class Session {
  readonly #socket: Socket;
  readonly #state: State;
  #pending: Buffer = Buffer.alloc(0);
  #inData = false;
  #mailFrom = "";
  #rcptTo: string[] = [];

  constructor(socket: Socket, state: State) {
    this.#socket = socket;
    this.#state = state;
  }

  start(): void {
    this.#socket.setNoDelay(true);
    this.#socket.on("error", () => this.#socket.destroy());
    let turn = this.#answer("greeting", "220 sink.test.example ESMTP");
    this.#socket.on("data", (chunk: Buffer) => {
      turn = turn.then(() => this.#read(chunk)).catch(() => void this.#socket.destroy());
    });
  }

  async #read(chunk: Buffer): Promise<void> {
    const seen = Math.max(0, this.#pending.length - DOT.length);
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (let more = true; more && !this.#socket.destroyed; ) {
      more = this.#inData ? await this.#readData(seen) : await this.#readCommand();
    }
  }

  async #readCommand(): Promise<boolean> {
    const end = this.#pending.indexOf("\r\n");
    if (end < 0) return false;
    const line = this.#pending.toString("latin1", 0, end);
    this.#pending = this.#pending.subarray(end + 2);
    await this.#command(line);
    return true;
  }

  async #command(line: string): Promise<void> {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === "EHLO" || verb === "LHLO" || verb === "HELO") return this.#answer("ehlo", this.#extensions());
    if (verb === "MAIL") {
      this.#mailFrom = pathOf(line);
      this.#rcptTo = [];
      return this.#answer("mail", "250 2.1.0 ok");
    }
    if (verb === "RCPT") {
      if (await this.#said("rcpt", "250 2.1.5 ok")) this.#rcptTo.push(pathOf(line));
      return;
    }
    if (verb === "DATA") {
      // Data follows only a 354 (RFC 5321, 4.1.1.4).
      this.#inData = this.#rcptTo.length > 0 && (await this.#said("data", "354 go on"));
      if (this.#rcptTo.length === 0) this.#write("503 5.5.1 no recipient");
      return;
    }
    if (verb === "QUIT") {
      this.#write("221 2.0.0 bye");
      this.#socket.end();
      return;
    }
    this.#write(verb === "RSET" || verb === "NOOP" ? "250 2.0.0 ok" : "500 5.5.2 what?");
  }

  #extensions(): string {
    const words = ["sink.test.example", ...(this.#state.pipelining ? ["PIPELINING"] : []), ...this.#state.offers];
    return words.map((word, i) => `250${i === words.length - 1 ? " " : "-"}${word}`).join("\r\n");
  }

  async #readData(seen: number): Promise<boolean> {
    const { behaviour } = this.#state;
    if (behaviour.kind === "drop" && behaviour.at === "mid-data") {
      if (this.#pending.length > 0) this.#socket.destroy();
      return false;
    }
    const empty = this.#pending.subarray(0, 3).equals(DOT.subarray(2));
    const end = empty ? 0 : this.#pending.indexOf(DOT, seen);
    if (end < 0) return false;
    const stuffed = this.#pending.subarray(0, empty ? 0 : end + 2);
    this.#pending = this.#pending.subarray(empty ? 3 : end + DOT.length);
    this.#inData = false;
    const taken: Taken = {
      mailFrom: this.#mailFrom,
      rcptTo: this.#rcptTo,
      raw: unstuffed(stuffed),
      at: Date.now(),
      acknowledged: false,
    };
    this.#state.taken.push(taken);
    taken.acknowledged = await this.#said("dot", `250 2.0.0 taken as ${this.#state.taken.length}`);
    return true;
  }

  async #answer(stage: Stage, line: string): Promise<void> {
    await this.#said(stage, line);
  }

  /** Answers as the behaviour of the moment has it; true when the good answer was said. */
  async #said(stage: Stage, line: string): Promise<boolean> {
    const { behaviour } = this.#state;
    if (behaviour.kind === "slow") await sleep(behaviour.ms, undefined, { ref: false });
    if (behaviour.kind === "accept" || behaviour.kind === "slow" || behaviour.at !== stage) return this.#write(line);
    if (behaviour.kind === "answer") this.#write(behaviour.line);
    if (behaviour.kind === "drop") this.#socket.destroy();
    if (behaviour.kind === "hang") await once(this.#socket, "close");
    return false;
  }

  #write(line: string): boolean {
    if (this.#socket.destroyed || !this.#socket.writable) return false;
    this.#socket.write(`${line}\r\n`);
    return true;
  }
}

function pathOf(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? "";
}

/** Takes the dot off lines that begin with one (RFC 5321, 4.5.2). */
function unstuffed(data: Buffer): Buffer {
  if (data[0] !== 0x2e && !data.includes("\r\n.")) return Buffer.from(data);
  return Buffer.from(data.toString("latin1").replaceAll(/(^|\r\n)\./g, "$1"), "latin1");
}
