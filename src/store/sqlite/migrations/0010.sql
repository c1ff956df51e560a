-- When a destination stays away, its queue's backup has the mail; and people are told what went wrong.

-- One row for each time a queue's destination was away; closed by the first delivery it takes.
create table outages (
  id integer primary key,
  queue text not null,
  since integer not null,
  until integer,
  -- The last code it failed with, ours or an enhanced status code.
  code text not null
) strict;
create unique index outages_open on outages (queue) where until is null;
create trigger outages_kept before delete on outages begin select raise(abort, 'outages are never deleted'); end;

-- One row for each routing that was moved to the queue that stands in for its own. Never changed.
create table stand_ins (
  id integer primary key,
  at integer not null,
  routing_id integer not null references routings (id),
  from_queue text not null,
  to_queue text not null,
  from_delivery integer not null references deliveries (id),
  delivery_id integer not null references deliveries (id),
  why text not null check (why in ('away', 'refused', 'bounced'))
) strict;
create index stand_ins_by_routing on stand_ins (routing_id);
create index stand_ins_by_delivery on stand_ins (delivery_id);
create trigger stand_ins_stay before update on stand_ins begin select raise(abort, 'stand-ins are never changed'); end;
create trigger stand_ins_kept before delete on stand_ins begin select raise(abort, 'stand-ins are never deleted'); end;

-- One row for each thing somebody must be told of a delivery: to a person of the rules or to a queue. Sent once.
create table notices (
  id integer primary key,
  at integer not null,
  delivery_id integer not null references deliveries (id),
  kind text not null check (kind in ('late', 'failed', 'stand-in')),
  -- "person:KEY" or "queue:NAME".
  recipient text not null,
  sent_at integer,
  attempts integer not null default 0,
  next_at integer not null,
  unique (delivery_id, kind, recipient)
) strict;
create index notices_unsent on notices (next_at) where sent_at is null;
create trigger notices_kept before delete on notices begin select raise(abort, 'notices are never deleted'); end;
