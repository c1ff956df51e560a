// A DNS server on this machine that serves a fixed zone by UDP and TCP, or is slow, silent, broken or talks garbage.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type Answer, decode, encode, type Packet, streamDecode, streamEncode } from "dns-packet";
import type { Zone } from "./zone.ts";

export type DnsMode = "answers" | "slow" | "dead" | "servfail" | "garbage";

const SLOW_MS = 300;
/** RFC 1035 4.2.1: a longer answer is cut and asked for again by TCP. */
const UDP_BYTES_MAX = 512;
const NXDOMAIN = 3;
const SERVFAIL = 2;
const AUTHORITATIVE = 1 << 10;

export type DnsServer = AsyncDisposable & {
  mode: DnsMode;
  /** "127.0.0.1:PORT" */
  readonly address: string;
  /** Every question there was: "TXT clinic.example". */
  readonly questions: readonly string[];
};

export async function startDns(zone: Zone, mode: DnsMode = "answers"): Promise<DnsServer> {
  const questions: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const udp = createSocket("udp4");
  const tcp = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (bytes) => {
      const packet = streamDecode(bytes);
      if (packet) respond(packet, (answer) => socket.end(streamEncode(answer)));
    });
  });

  function respond(query: Packet, send: (answer: Packet) => void): void {
    const question = query.questions?.[0];
    questions.push(`${question?.type} ${question?.name}`);
    if (server.mode === "dead") return;
    const answer = answerTo(query, zone, server.mode);
    if (server.mode !== "slow") return send(answer);
    const timer = setTimeout(() => send(answer), SLOW_MS);
    timers.add(timer);
  }

  udp.on("message", (bytes, { port, address }) => {
    const query = decode(bytes);
    respond(query, (answer) => {
      const whole = encode(answer);
      const cut = encode({ ...answer, flags: (answer.flags ?? 0) | (1 << 9), answers: [] });
      const said = server.mode === "garbage" ? garbage(bytes) : whole.length > UDP_BYTES_MAX ? cut : whole;
      udp.send(said, port, address);
    });
  });
  tcp.listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { port } = tcp.address() as AddressInfo;
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");

  const server: DnsServer = {
    mode,
    address: `127.0.0.1:${port}`,
    questions,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      await new Promise<void>((resolve) => void udp.close(resolve));
      await new Promise((resolve) => void tcp.close(resolve));
    },
  };
  return server;
}

/** The id of the question, so that the answer is looked at, and nonsense behind it. */
function garbage(query: Buffer): Buffer {
  return Buffer.concat([query.subarray(0, 2), Buffer.alloc(40, 0xc0)]);
}

function answerTo(query: Packet, zone: Zone, mode: DnsMode): Packet {
  const question = query.questions?.[0];
  const records = zone[question?.name.toLowerCase() ?? ""];
  const failed = mode === "servfail" || records?.fails !== undefined;
  const code = failed ? SERVFAIL : records === undefined ? NXDOMAIN : 0;
  return {
    type: "response",
    ...(query.id === undefined ? {} : { id: query.id }),
    flags: AUTHORITATIVE | (query.flags ?? 0) | code,
    questions: query.questions ?? [],
    answers: code === 0 && question !== undefined ? answersOf(question.name, question.type, zone) : [],
  };
}

function answersOf(name: string, type: string, zone: Zone): Answer[] {
  const { TXT = [], A = [], MX = [] } = zone[name.toLowerCase()] ?? {};
  if (type === "TXT") return TXT.map((text) => ({ type: "TXT", name, ttl: 60, data: text.match(/.{1,255}/g) ?? [] }));
  if (type === "A") return A.map((data) => ({ type: "A", name, ttl: 60, data }));
  if (type === "MX")
    return MX.map(({ exchange, priority: preference }) => ({
      type: "MX",
      name,
      ttl: 60,
      data: { exchange, preference },
    }));
  return [];
}
