-- What rules that are only tried out would have decided, beside what was decided: recorded, never acted on.
--
-- The live answer stands here once more, so that a comparison of a million reads neither the wide rows of `outcomes`
-- nor their evidence. `only_rules` are rules that spoke here and not live. `same`: type, urgency, queue and review are
-- the live ones, and no rule spoke that was silent live.

-- One row for each outcome for which rules were tried out. Never changed.
create table shadows (
  routing_id integer primary key references outcomes (routing_id),
  decided_at integer not null,
  rules_hash text not null,
  request_type text,
  urgency text not null check (urgency in ('P1', 'P2', 'P3', 'P4')),
  queue text not null,
  review integer not null check (review in (0, 1)),
  decided_by text not null,
  rules text not null check (json_valid(rules)),
  only_rules text not null check (json_valid(only_rules)),
  live_type text,
  live_urgency text not null check (live_urgency in ('P1', 'P2', 'P3', 'P4')),
  live_queue text not null,
  live_review integer not null check (live_review in (0, 1)),
  same integer not null check (same in (0, 1))
) strict;

create index shadows_by_time on shadows (decided_at, same);
create index shadows_that_differ on shadows (decided_at) where same = 0;

create trigger shadows_stay before update on shadows begin select raise(abort, 'shadows are never changed'); end;
create trigger shadows_kept before delete on shadows begin select raise(abort, 'shadows are never deleted'); end;
