// The balance: what was ever accepted against where it is now (found row by row). By alias the two sides are written by
// different statements (`accounts` when it was accepted), so a lost row shows; by day, door and mailbox it is counted from the rows
// themselves, so that a difference can be found. What is not yet delivered needs its body too.

import type { BalanceBy, BalanceRow } from "../../figures.ts";
import type { Connection } from "../open.ts";

type Found = { readonly alias: string; readonly delivered: number; readonly waiting: number; readonly held: number };
type Counted = Found & { readonly accepted: number };

/** What rows are counted by; a mail fetched twice under new UIDs is one in each. */
const GROUPS: Readonly<Record<Exclude<BalanceBy, "alias">, { readonly by: string; readonly from: string }>> = {
  day: { by: "date(m.received_at / 1000, 'unixepoch')", from: "" },
  door: { by: "m.door", from: "" },
  mailbox: {
    by: "i.account || ' ' || i.folder || ' UID ' || min(i.uid) over box || ' to ' || max(i.uid) over box",
    from: "join imap_mails i on i.message_id = m.id",
  },
};

const sumOf = (group: string, more: string): string => `
  select alias, count(*) as accepted, total(place = 'delivered') as delivered, total(place = 'waiting') as waiting,
    total(place = 'held') as held
  from (
    select ${group} as alias,
      case
        when d.state = 'delivered' then 'delivered'
        when m.body_bytes > 0 and not exists (select 1 from body_chunks c where c.id = m.body_id << 20) then 'lost'
        when r.state = 'held' or d.state = 'held' then 'held'
        when r.state = 'deciding' or d.state is not null then 'waiting'
      end as place
    from routings r
    join messages m on m.id = r.message_id ${more}
    left join outcomes o on r.state = 'decided' and o.routing_id = r.id
    left join deliveries d on d.id = coalesce(r.delivery_id, o.delivery_id)
    ${more === "" ? "" : "window box as (partition by i.account, i.folder, i.uid_validity)"}
  )
  group by alias order by alias`;

export function balanceQuestion(db: Connection) {
  const accounts = db.prepare<unknown[], { alias: string; accepted: number }>("select alias, accepted from accounts");
  const found = db.prepare<unknown[], Found>(sumOf("r.alias", ""));
  const both = db.transaction(() => ({ accounts: accounts.all(), found: found.all() }));
  const counted = (by: Exclude<BalanceBy, "alias">) =>
    db.prepare<unknown[], Counted>(sumOf(GROUPS[by].by, GROUPS[by].from)).all();

  return (by: BalanceBy): readonly BalanceRow[] => {
    if (by !== "alias") return counted(by).map((row) => rowOf(row.alias, row.accepted, row));
    const now = both();
    const byAlias = new Map(now.found.map((row) => [row.alias, row]));
    const accepted = new Map(now.accounts.map((row) => [row.alias, row.accepted]));
    const aliases = [...new Set([...accepted.keys(), ...byAlias.keys()])].sort();
    return aliases.map((alias) => rowOf(alias, accepted.get(alias) ?? 0, byAlias.get(alias)));
  };
}

function rowOf(alias: string, accepted: number, found: Found | undefined): BalanceRow {
  const { delivered = 0, waiting = 0, held = 0 } = found ?? {};
  return { alias, accepted, delivered, waiting, held, missing: accepted - delivered - waiting - held };
}
