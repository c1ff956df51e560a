// An operator's verb and the record of it, in one transaction.

import type { OperatorWriteVerbs } from "../operator-columns.ts";
import type { Tables } from "../tables.ts";

type Call = Parameters<OperatorWriteVerbs["operate"]>[0];

/** What an operator holds, for whoever asks why. */
const HELD_BY_OPERATOR = "operator";

/** Answers how many deliveries changed, and messages held before their decision, which only a reference or nothing but `release` names. */
export function operate(tables: Tables, call: Call): number {
  const changed = change(tables, call);
  if (changed > 0) tables.operator.keep(call.act, changed);
  return changed;
}

function change({ operator, routings }: Tables, { filter, act }: Call): number {
  const { messageId, ...others } = filter;
  const now = act.at;
  switch (act.verb) {
    case "hold":
      return operator.hold({ ...filter, holdReason: HELD_BY_OPERATOR });
    case "release": {
      const isAny = Object.values(others).every((value) => value === null);
      return (isAny ? routings.release(messageId, now) : 0) + operator.release({ ...filter, now });
    }
    case "retry":
      return operator.retry({ ...filter, now });
    default:
      throw new Error(`there is no verb ${act.verb}`);
  }
}
