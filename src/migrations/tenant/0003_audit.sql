-- The audit log. An event is written once, in the transaction of what it tells, and never changed: the app may
-- insert and read, and triggers refuse the rest even to the owner. No foreign key leads in: nothing can cascade.

create table audit_events (
  tenant_id uuid not null,
  id uuid not null,
  -- when it happened, as `body` has it; decides the partition
  created_at timestamptz(3) not null,
  action text not null constraint audit_events_action_check check (char_length(action) between 1 and 100),
  actor_type text not null constraint audit_events_actor_type_check check (char_length(actor_type) between 1 and 50),
  actor_id uuid,
  user_id uuid,
  outcome text not null constraint audit_events_outcome_check check (outcome in ('success', 'failure', 'denied')),
  resource_type text constraint audit_events_resource_type_check check (char_length(resource_type) <= 100),
  resource_id text constraint audit_events_resource_id_check check (char_length(resource_id) <= 200),
  session_id uuid,
  request_id text constraint audit_events_request_id_check check (char_length(request_id) <= 200),
  ip text constraint audit_events_ip_check check (char_length(ip) <= 64),
  device_id uuid,
  risk_score double precision constraint audit_events_risk_score_check check (risk_score between 0 and 1),
  compliance_flags text[] not null default '{}',
  -- RFC 8785 canonical JSON of the whole event: what the leaf is made of
  body text not null constraint audit_events_body_check check (octet_length(body) <= 65536),
  leaf bytea not null constraint audit_events_leaf_check check (octet_length(leaf) = 32),
  constraint audit_events_pkey primary key (tenant_id, id, created_at)
) partition by range (created_at);
create index audit_events_created_at_idx on audit_events (tenant_id, created_at, id);
create index audit_events_user_id_idx on audit_events (tenant_id, user_id, created_at);
create index audit_events_actor_id_idx on audit_events (tenant_id, actor_id, created_at);
create index audit_events_resource_idx on audit_events (tenant_id, resource_type, outcome, created_at);
create index audit_events_action_idx on audit_events (tenant_id, action, created_at);

-- Leaves that no tree holds yet. A sealer takes them in the order of their transactions, so that one that commits
-- late can never fall before what is sealed.
create table audit_pending (
  tenant_id uuid not null,
  event_id uuid not null,
  transaction_id xid8 not null default pg_current_xact_id(),
  position bigint generated always as identity,
  leaf bytea not null constraint audit_pending_leaf_check check (octet_length(leaf) = 32),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint audit_pending_pkey primary key (tenant_id, event_id)
);

-- The functions are the database's, the tables of another schema share them: one at a time makes them.
select pg_advisory_xact_lock(hashtextextended('freehold/foundation', 0));

-- The second fence: not even the owner changes or removes an event, by an oversight or on purpose, without taking the
-- triggers down first. Only the events of a tenant that is no more may go (see forget_audit).
create or replace function freehold.keep_audit() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  gone boolean := false;
begin
  if tg_op = 'DELETE' and to_regclass(format('%I.tenants', tg_table_schema)) is not null then
    execute format('select not exists (select from %I.tenants where id = $1)', tg_table_schema) into gone using old.tenant_id;
  end if;
  if gone then
    return old;
  end if;
  raise exception 'the audit log is only ever added to: % of % is refused', lower(tg_op), tg_table_name
    using errcode = '2F002', hint = 'Once a tenant is purged, its owner-side rest goes with: select freehold.forget_audit(''<tenant id>'')';
end
$$;

-- A partition for every month from the last one to so many ahead, long before it comes, and one for what falls outside
-- them all (a clock far off), so that no write fails for want of a place. Answers how many it made. Attached instead
-- of made in place: that waits for nobody who writes. Does nothing when nothing is missing.
create or replace function freehold.ensure_audit_partitions(parent regclass, months_ahead integer default 24) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  home text;
  base text;
  present timestamp := date_trunc('month', clock_timestamp() at time zone 'UTC');
  month timestamp;
  partition text;
  made integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('freehold/audit_partitions', parent::oid::bigint));
  select n.nspname, c.relname into home, base
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = parent;
  for month in
    select null union all
    select m from generate_series(present - interval '1 month', present + months_ahead * interval '1 month', interval '1 month') m
  loop
    partition := format('%I.%I', home, base || coalesce(to_char(month, '"_"YYYY"_"MM'), '_default'));
    continue when to_regclass(partition) is not null;
    execute format('create table %s (like %s including constraints)', partition, parent);
    begin
      if month is null then
        execute format('alter table %s attach partition %s default', parent, partition);
      else
        execute format('alter table %s attach partition %s for values from (%L) to (%L)',
          parent, partition, month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC');
      end if;
    exception when check_violation then
      execute format('drop table %s', partition);
      raise warning 'events of % lie in the default partition already and stay there', to_char(month, 'YYYY-MM');
      continue;
    end;
    execute format('revoke all on table %s from public, freehold_app, freehold_auditor', partition);
    -- the triggers for rows come with the parent, this one does not
    execute format('create trigger audit_events_keep_all before truncate on %s for each statement execute function freehold.keep_audit()', partition);
    made := made + 1;
  end loop;
  return made;
end
$$;

-- Removes what is left of the log of a tenant that was purged; for the owner to call. Answers how many events went.
create or replace function freehold.forget_audit(tenant uuid, home regnamespace default 'freehold') returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  entered text := coalesce(current_setting('app.current_tenant', true), '');
  present boolean;
  removed bigint;
begin
  execute format('select exists (select from %s.tenants where id = $1)', home) into present using tenant;
  if present then
    raise exception 'the tenant % is still there: its audit log stays', tenant
      using errcode = '55000', hint = 'Purge the tenant first.';
  end if;
  -- the wall stands for the owner too
  perform set_config('app.current_tenant', tenant::text, true);
  execute format('delete from %s.audit_pending where tenant_id = $1', home) using tenant;
  execute format('delete from %s.audit_events where tenant_id = $1', home) using tenant;
  get diagnostics removed = row_count;
  perform set_config('app.current_tenant', entered, true);
  return removed;
end
$$;

revoke all on function freehold.keep_audit() from public;
revoke all on function freehold.ensure_audit_partitions(regclass, integer) from public;
revoke all on function freehold.forget_audit(uuid, regnamespace) from public;

create trigger audit_events_keep before update or delete on audit_events
  for each row execute function freehold.keep_audit();
create trigger audit_events_keep_all before update or truncate on audit_events
  for each statement execute function freehold.keep_audit();

select freehold.protect_table('audit_events');
select freehold.protect_table('audit_pending');
revoke update, delete on audit_events, audit_pending from freehold_app;

select freehold.ensure_audit_partitions('audit_events');
