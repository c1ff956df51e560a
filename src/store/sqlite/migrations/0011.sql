-- What operators do to many deliveries at once is on record: who, to what, why.

-- One row for each verb of `mailward queue` that changed something. Never changed.
create table operator_acts (
  id integer primary key,
  at integer not null,
  by text not null,
  verb text not null check (verb in ('hold', 'release', 'retry')),
  -- What it was asked for, as JSON.
  filter text not null check (json_valid(filter)),
  reason text not null,
  changed integer not null
) strict;
create trigger operator_acts_stay before update on operator_acts begin select raise(abort, 'acts are never changed'); end;
create trigger operator_acts_kept before delete on operator_acts begin select raise(abort, 'acts are never deleted'); end;
