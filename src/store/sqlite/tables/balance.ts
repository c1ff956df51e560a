// The balance: what was ever accepted for each alias (`accounts`, counted when it was accepted) against where it is
// now (found row by row). The two sides are written by different statements, so a lost row shows. What is not yet
// delivered needs its body too.

import type { BalanceRow } from "../../figures.ts";
import type { Connection } from "../open.ts";

type Found = { readonly alias: string; readonly delivered: number; readonly waiting: number; readonly held: number };

export function balanceQuestion(db: Connection) {
  const accounts = db.prepare<unknown[], { alias: string; accepted: number }>("select alias, accepted from accounts");
  const found = db.prepare<unknown[], Found>(`
    select alias, total(place = 'delivered') as delivered, total(place = 'waiting') as waiting,
      total(place = 'held') as held
    from (
      select r.alias,
        case
          when d.state = 'delivered' then 'delivered'
          when m.body_bytes > 0 and not exists (select 1 from body_chunks c where c.id = m.body_id << 20) then 'lost'
          when r.state = 'held' or d.state = 'held' then 'held'
          when r.state = 'deciding' or d.state is not null then 'waiting'
        end as place
      from routings r
      join messages m on m.id = r.message_id
      left join outcomes o on r.state = 'decided' and o.routing_id = r.id
      left join deliveries d on d.id = coalesce(r.delivery_id, o.delivery_id)
    )
    group by alias`);
  const both = db.transaction(() => ({ accounts: accounts.all(), found: found.all() }));

  return (): readonly BalanceRow[] => {
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
