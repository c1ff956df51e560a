-- What people teach can be taken back whole, and each act of a person is told from what held already.

-- A hash of the writer under the site's key, so that a trial holds a writer's mails out together; null: not known.
alter table labels add column writer blob check (writer is null or length(writer) = 16);
-- The same mail may be imported again: as another type, or after its import was taken back. One import of it stands.
drop index labels_by_print;
create index labels_by_print on labels (print) where print is not null;

-- The urgency as people have said it; null: they said nothing, `urgency` is the gateway's own.
alter table overrides add column said_urgency text check (said_urgency in ('P1', 'P2', 'P3', 'P4'));
-- The first row of the same act of a person, who may mean several aliases at once; null: this row.
alter table overrides add column act integer references overrides (id);

-- The classes of the numbers: a site's own types come after the starter's.
delete from model_snapshots;
alter table model_snapshots add column classes text not null default '[]' check (json_valid(classes));

-- A mail that people send to a queue anew is delivered anew, so a mail and a queue may have several deliveries. At most
-- one of them is not left and not delivered. Otherwise the table is what it was.
create table deliveries_anew (
  id integer primary key,
  message_id integer not null references messages (id),
  routing_id integer not null references routings (id),
  queue text not null,
  urgency text not null check (urgency in ('P1', 'P2', 'P3', 'P4')),
  state text not null check (state in ('waiting', 'leased', 'delivered', 'held')),
  attempts integer not null,
  created_at integer not null,
  next_at integer not null,
  lease_owner text check ((lease_owner is not null) = (state = 'leased')),
  lease_until integer check ((lease_until is not null) = (state = 'leased')),
  in_doubt integer not null default 0 check (in_doubt in (0, 1)),
  reason text,
  -- When the last routing left this delivery for another one; it is not carried out any more, unless it was already.
  left_at integer
) strict;
insert into deliveries_anew
  select id, message_id, routing_id, queue, urgency, state, attempts, created_at, next_at, lease_owner, lease_until,
    in_doubt, case when left_at is not null and state = 'held' then 'left' else reason end, left_at
  from deliveries;
drop table deliveries;
alter table deliveries_anew rename to deliveries;
create index deliveries_by_message on deliveries (message_id, queue);
create index deliveries_open on deliveries (state, queue, urgency, next_at) where state <> 'delivered';
create index deliveries_in_doubt on deliveries (id) where in_doubt = 1;
create trigger deliveries_kept before delete on deliveries begin select raise(abort, 'deliveries are never deleted'); end;
create trigger delivered_is_final before update of state on deliveries when old.state = 'delivered'
  begin select raise(abort, 'delivered is final'); end;
