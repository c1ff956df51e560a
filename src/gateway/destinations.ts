// Where each queue's mail goes, as adapters: a queue whose destination has not changed keeps the one it has.

import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { secretFromEnvironment } from "../config/env.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Adapter } from "../deliver/adapter.ts";
import { canaryAdapter } from "../deliver/canary.ts";
import { imapAdapter } from "../deliver/imap.ts";
import type { DeskPlaces } from "../deliver/imap-in-place.ts";
import type { Links } from "../deliver/links.ts";
import { maildirAdapter } from "../deliver/maildir.ts";
import type { MxLookup } from "../deliver/mx.ts";
import { smtpAdapter } from "../deliver/smtp.ts";
import type { SmtpSelf } from "../deliver/smtp-line.ts";
import type { Srs } from "../deliver/srs.ts";
import { webhookAdapter } from "../deliver/webhook.ts";
import { type SignIns, signInOf } from "../mailbox/session.ts";
import { CANARY_QUEUE } from "../message.ts";

type Queue = RuleSet["queues"][number];

export type Destinations = {
  /** The adapters of these rules; `keepOthers`: and those of queues they no longer name. */
  adapters(rules: RuleSet, keepOthers: boolean): ReadonlyMap<string, Adapter>;
};

/** What leaving mail needs beside its destination. `srs` is null where the sender stays as it is, `links` where there are none. */
export type Departure = {
  readonly srs: Srs | null;
  readonly links: Links | null;
  readonly now: () => number;
  readonly signIns: SignIns;
  readonly places: DeskPlaces;
  readonly mx: MxLookup;
  readonly seal: SmtpSelf["seal"];
};

export function destinations(config: Config, departure: Departure): Destinations {
  const trials = canaryAdapter();
  let known = new Map<string, { readonly deliver: string; readonly adapter: Adapter }>();
  return {
    adapters({ queues }, keepOthers) {
      const next = queues.map((queue) => {
        const otherKeywords = keywordsBeside(queue, queues);
        const deliver = JSON.stringify([queue.deliver, otherKeywords]);
        const earlier = known.get(queue.name);
        const same = earlier !== undefined && earlier.deliver === deliver;
        return [
          queue.name,
          same ? earlier : { deliver, adapter: adapterFor(queue, otherKeywords, config, departure) },
        ] as const;
      });
      known = new Map([...(keepOthers ? known : []), ...next]);
      return new Map([...[...known].map(([queue, { adapter }]) => [queue, adapter] as const), [CANARY_QUEUE, trials]]);
    },
  };
}

function adapterFor(
  { name, deliver }: Queue,
  otherKeywords: readonly string[],
  config: Config,
  departure: Departure,
): Adapter {
  switch (deliver.kind) {
    case "maildir":
      return maildirAdapter(join(config.dataFolder, "mail", name), config.hostname);
    case "smtp": {
      const password = deliver.passwordEnv === null ? null : secretFromEnvironment(deliver.passwordEnv);
      const auth = deliver.user === null ? null : { user: deliver.user, password: password ?? "" };
      return smtpAdapter({ ...deliver, auth }, { ...departure, hostname: config.hostname });
    }
    case "imap": {
      const account = config.imap.find((each) => each.name === deliver.account);
      // Rules that name such an account are never taken: see `unknownAccounts`.
      if (account === undefined) throw new Error(`there is no IMAP account ${deliver.account}`);
      const { places, now, signIns } = departure;
      const signIn = signInOf(signIns, account);
      return imapAdapter({ ...deliver, account, signIn, otherKeywords, places, now }, config.hostname);
    }
    case "webhook":
      return webhookAdapter(deliver, { ...departure, secret: secretFromEnvironment });
  }
}

/** Keywords that mail of other queues in the same account has. */
function keywordsBeside({ name, deliver }: Queue, queues: readonly Queue[]): readonly string[] {
  if (deliver.kind !== "imap") return [];
  const keywords = queues.flatMap(({ name: other, deliver: its }) =>
    other !== name && its.kind === "imap" && its.account === deliver.account && its.keyword !== null
      ? [its.keyword]
      : [],
  );
  return [...new Set(keywords)].filter((keyword) => keyword !== deliver.keyword);
}
