// Statements of `rule_sets` and `rule_uses`: the rule files as they were, and when which of them were used.

import type { KeepRulesCall, KeptRulesRow } from "../kept-rules.ts";
import type { Connection } from "../open.ts";

export function ruleSetStatements(db: Connection) {
  const insert = db.prepare(`
    insert into rule_sets (hash, files, first_used_at) values (?, ?, ?) on conflict (hash) do nothing`);
  const use = db.prepare(`
    insert into rule_uses (hash, used_as, used_at)
    select :hash, :usedAs, :at
    where :hash is not (select hash from rule_uses where used_as = :usedAs order by id desc limit 1)`);
  const last = db.prepare<unknown[], KeptRulesRow>(`
    select u.hash, s.files, u.used_at
    from rule_uses u join rule_sets s on s.hash = u.hash
    where u.used_as = 'live' order by u.id desc limit 1`);
  const files = db.prepare("select files from rule_sets where hash = ?").pluck();
  return {
    /** Keeps the set, and notes its use unless it is the one used last. */
    keep({ hash, files: texts, usedAs, at }: KeepRulesCall): void {
      insert.run(hash, texts, at);
      use.run({ hash, usedAs, at });
    },
    /** The set that went live last, and when. */
    last: (): KeptRulesRow | null => last.get() ?? null,
    filesOf: (hash: string): string | null => (files.get(hash) as string | undefined) ?? null,
  };
}
