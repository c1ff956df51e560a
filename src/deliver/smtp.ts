// Forwards to a mail server: bytes unchanged, our headers on top, connections kept open between messages.

import type { AttemptResult } from "../outcome.ts";
import type { Adapter } from "./adapter.ts";
import type { MailHosts } from "./mx.ts";
import { Line, type SmtpDestination, type SmtpSelf } from "./smtp-line.ts";

async function hostsOf({ host, to }: SmtpDestination, { mx }: SmtpSelf): Promise<MailHosts> {
  if (host !== null) return { kind: "hosts", hosts: [host] };
  return mx === null ? { kind: "failed", stage: "connect", reply: null, code: "ENOHOST" } : await mx(domainOf(to));
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1).toLowerCase();
}

export function smtpAdapter(destination: SmtpDestination, self: SmtpSelf): Adapter {
  const idle: Line[] = [];
  const open = new Set<Line>();
  const forget = (line: Line) => {
    open.delete(line);
    const at = idle.indexOf(line);
    if (at >= 0) idle.splice(at, 1);
  };
  const by = async (line: Line, ...[job, body, raw]: Parameters<Adapter["deliver"]>): Promise<AttemptResult> => {
    open.add(line);
    const result = await line.send(job, body, raw);
    if (line.usable) idle.push(line);
    return result;
  };
  return {
    concurrency: destination.connections,
    destination: {
      server: `smtp ${destination.host ?? domainOf(destination.to)} ${destination.port}`,
      entry: JSON.stringify([destination.tls, destination.auth?.user, destination.auth?.password]),
    },
    async deliver(job, body, raw) {
      const kept = idle.pop();
      if (kept !== undefined) return await by(kept, job, body, raw);
      const found = await hostsOf(destination, self);
      if (found.kind === "failed") return found;
      for (const [place, host] of found.hosts.entries()) {
        const result = await by(new Line({ ...destination, host }, self, forget), job, body, raw);
        const isLast = place === found.hosts.length - 1;
        if (isLast || result.kind === "delivered" || result.stage !== "connect") return result;
      }
      return { kind: "failed", stage: "connect", reply: null, code: "ENOHOST" };
    },
    async [Symbol.asyncDispose]() {
      for (const line of [...open]) line.quit();
    },
  };
}
