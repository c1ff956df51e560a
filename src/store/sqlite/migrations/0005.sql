-- People correct the gateway, and the model learns from them alone. What was decided stays as it was; a correction is a
-- row of its own, with a delivery of its own.

-- The version of the model that was asked; null: none was.
alter table outcomes add column model_version text;
-- Where the routing is delivered to since people corrected it; null: where its outcome says.
alter table routings add column delivery_id integer references deliveries (id);
-- When the last routing left this delivery for another one; it is not carried out any more, unless it was already.
alter table deliveries add column left_at integer;

-- One row for each mail a person has told the type of. The model is the starter and the sum of these rows, so it can be
-- built anew for any moment. Features are rows of its table under the site's key, as 32-bit numbers. Never changed.
create table labels (
  id integer primary key,
  at integer not null,
  by text not null,
  source text not null check (source in ('override', 'import', 'undo')),
  message_id integer references messages (id),
  -- The label this one takes back.
  undoes integer unique references labels (id) check ((undoes is not null) = (source = 'undo')),
  type text not null,
  rows blob not null,
  words blob not null,
  -- Half a SHA-256 of an imported mail, so that it is learnt once; null for the others.
  print blob check (print is null or length(print) = 16),
  -- First 8 hex digits of the SHA-256 over the chain of the row before and this row: names what the model was taught.
  chain text not null check (length(chain) = 8)
) strict;
create index labels_by_message on labels (message_id) where message_id is not null;
create unique index labels_by_print on labels (print) where print is not null;

-- One row for each correction by a person: what was told instead, why, and what it taught. Never changed.
create table overrides (
  id integer primary key,
  at integer not null,
  by text not null,
  reason text not null,
  routing_id integer not null references outcomes (routing_id),
  type text,
  urgency text not null check (urgency in ('P1', 'P2', 'P3', 'P4')),
  department text not null,
  queue text not null,
  delivery_id integer not null references deliveries (id),
  label_id integer references labels (id),
  -- The correction this one takes back.
  undoes integer unique references overrides (id)
) strict;
create index overrides_by_routing on overrides (routing_id);
create index overrides_by_time on overrides (at);

-- One row for each pin, and one when it is taken out: mail of this sender with a subject of this shape goes to this
-- queue. Hashes under the site's key. The last row of a sender and shape counts. Never changed.
create table pins (
  id integer primary key,
  at integer not null,
  by text not null,
  print blob not null check (length(print) = 16),
  -- null: taken out.
  type text,
  queue text,
  override_id integer references overrides (id)
) strict;

-- One row for each time a newly taught model was examined: whether it went live, and why or why not. Never changed.
create table model_trials (
  id integer primary key,
  at integer not null,
  label_id integer not null references labels (id),
  passed integer not null check (passed in (0, 1)),
  found text not null check (json_valid(found))
) strict;

-- The model's numbers after a label, so that a start need not count all labels anew. One row; only a saving of time.
create table model_snapshots (
  id integer primary key check (id = 1),
  label_id integer not null references labels (id),
  starter text not null,
  numbers blob not null
) strict;

-- One row for each proposed rule that an admin has refused. Never changed.
create table refused_proposals (
  print text primary key,
  at integer not null,
  by text not null
) strict, without rowid;

create trigger labels_stay before update on labels begin select raise(abort, 'labels are never changed'); end;
create trigger labels_kept before delete on labels begin select raise(abort, 'labels are never deleted'); end;
create trigger overrides_stay before update on overrides begin select raise(abort, 'overrides are never changed'); end;
create trigger overrides_kept before delete on overrides begin select raise(abort, 'overrides are never deleted'); end;
create trigger pins_stay before update on pins begin select raise(abort, 'pins are never changed'); end;
create trigger pins_kept before delete on pins begin select raise(abort, 'pins are never deleted'); end;
create trigger model_trials_stay before update on model_trials
  begin select raise(abort, 'trials are never changed'); end;
create trigger model_trials_kept before delete on model_trials
  begin select raise(abort, 'trials are never deleted'); end;
create trigger refused_proposals_stay before update on refused_proposals
  begin select raise(abort, 'refused proposals are never changed'); end;
create trigger refused_proposals_kept before delete on refused_proposals
  begin select raise(abort, 'refused proposals are never deleted'); end;
