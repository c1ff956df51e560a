-- The rule files as they were, so that an old decision can be worked out again, and a gateway whose rules folder is
-- broken can start with the last good set.

-- One row for each rule set that was ever used: its files, `[["queues.yaml", "text"], ...]` in order. Never changed.
create table rule_sets (
  hash text primary key check (length(hash) = 16),
  files text not null check (json_valid(files)),
  first_used_at integer not null
) strict, without rowid;

-- One row for each time another rule set went live, or began to be decided in the shadow. Never changed.
create table rule_uses (
  id integer primary key,
  hash text not null references rule_sets (hash),
  used_as text not null check (used_as in ('live', 'shadow')),
  used_at integer not null
) strict;

create index rule_uses_in_order on rule_uses (used_as, id);

create trigger rule_sets_stay before update on rule_sets begin select raise(abort, 'rule sets are never changed'); end;
create trigger rule_sets_kept before delete on rule_sets begin select raise(abort, 'rule sets are never deleted'); end;
create trigger rule_uses_stay before update on rule_uses begin select raise(abort, 'rule uses are never changed'); end;
create trigger rule_uses_kept before delete on rule_uses begin select raise(abort, 'rule uses are never deleted'); end;
