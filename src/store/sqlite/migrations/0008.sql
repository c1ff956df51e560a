-- A forward that a far end took may come back days later.

-- One row for each bounce that came back for a delivery; `message_id` is the bounce, a mail of its own. Never changed.
create table bounces (
  id integer primary key,
  at integer not null,
  delivery_id integer not null references deliveries (id),
  message_id integer not null references messages (id),
  action text not null check (action in ('failed', 'delayed')),
  -- Enhanced status code (RFC 3463); null: it told none.
  status text,
  unique (delivery_id, message_id)
) strict;
create index bounces_by_message on bounces (message_id);

create trigger bounces_stay before update on bounces begin select raise(abort, 'bounces are never changed'); end;
create trigger bounces_kept before delete on bounces begin select raise(abort, 'bounces are never deleted'); end;
