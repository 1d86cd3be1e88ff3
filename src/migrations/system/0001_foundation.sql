-- The ground everything stands on: the two roles, the door into a tenant, and the wall around its rows.

-- The functions are the database's, the tables of another schema share them: one at a time makes them.
select pg_advisory_xact_lock(hashtextextended('freehold/foundation', 0));

-- Roles belong to the cluster, not to the database: another database of it, or an administrator, may have made
-- them already, even in this very moment.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['freehold_app', 'freehold_auditor'] loop
    begin
      if not exists (select from pg_roles where rolname = wanted) then
        execute format('create role %I nologin noinherit nosuperuser nobypassrls nocreatedb nocreaterole', wanted);
      end if;
    exception
      when duplicate_object or unique_violation then null;
      when insufficient_privilege then
        raise exception 'the role % is missing, and % may not create roles', wanted, current_user
          using errcode = '42501', hint = format('As an administrator: create role %I nologin noinherit;', wanted);
    end;
  end loop;
end
$$;

-- The schema of the functions and that of the tables; mostly they are the same one.
do $$
declare
  place text;
begin
  foreach place in array array['freehold', current_schema()] loop
    execute format('grant usage on schema %I to freehold_app, freehold_auditor', place);
  end loop;
end
$$;
grant select on table schema_migrations to freehold_app, freehold_auditor;

-- Temporary tables outlive a transaction and would carry rows from one tenant to the next on a pooled connection.
-- Only the database's owner can take the right away; for others this does nothing, and doctor tells.
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
end
$$;

-- Enters a tenant until the transaction ends. A malformed id fails (22P02) and takes the transaction with it.
create or replace function freehold.enter_tenant(t uuid) returns void
language plpgsql
as $$
begin
  execute pg_catalog.format('set local app.current_tenant = %L', t::pg_catalog.text);
end
$$;

-- The tenant that was entered, or null. Fit for a column default: every row says whose it is without being told.
create or replace function freehold.current_tenant() returns uuid
language sql stable
as $$
  select nullif(pg_catalog.current_setting('app.current_tenant', true), '')::pg_catalog.uuid
$$;

-- Stops a transaction in which a step did not find the one row that it is about; tells which step that was.
create or replace function freehold.demand_one(matched bigint, step integer) returns void
language plpgsql
as $$
begin
  if matched operator(pg_catalog.<>) 1 then
    raise exception 'step % found % rows and demands one', step, matched
      using errcode = 'ZFH01', detail = step::pg_catalog.text;
  end if;
end
$$;

-- Puts the tenant wall on a table, ours or the host's, and gives the app its four rights on it. Refuses a table
-- that the wall would not hold: no tenant_id, a key or a foreign key that leaves tenant_id out, a partition. Does
-- no harm when it is called again.
create or replace function freehold.protect_table(target regclass) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  wall constant text := $w$tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid$w$;
  kind "char";
  home regnamespace;
  tenant_column smallint;
  flaw text;
  owned_sequence regclass;
begin
  select relkind, relnamespace::regnamespace into kind, home from pg_class where oid = target;
  if kind not in ('r', 'p') then
    raise exception 'protect_table: % is not a table', target
      using errcode = '42809', hint = 'A view asks its tables when it is made with (security_invoker = true).';
  end if;
  if (select relispartition from pg_class where oid = target) then
    raise exception 'protect_table: % is a partition; protect its parent', target
      using errcode = '42809', hint = 'Nobody needs rights on a partition: the parent passes every row through its wall.';
  end if;

  select attnum into tenant_column
  from pg_attribute
  where attrelid = target and attname = 'tenant_id' and atttypid = 'uuid'::regtype and not attisdropped;
  if tenant_column is null then
    raise exception 'protect_table: % has no column tenant_id uuid', target
      using errcode = '42703', hint = format('alter table %s add column tenant_id uuid not null', target);
  end if;

  -- a unique key without the tenant tells one tenant what another has
  select i.indexrelid::regclass::text into flaw
  from pg_index i
  where i.indrelid = target and (i.indisunique or i.indisexclusion) and i.indkey[0] <> tenant_column
  limit 1;
  if flaw is not null then
    raise exception 'protect_table: key % of % does not start with tenant_id', flaw, target
      using errcode = '42830', hint = 'Make it (tenant_id, ...), as in primary key (tenant_id, id).';
  end if;

  -- a foreign key without it takes, and deletes with, another tenant's row
  select c.conname into flaw
  from pg_constraint c
  join pg_attribute parent on parent.attrelid = c.confrelid and parent.attname = 'tenant_id' and not parent.attisdropped
  where c.conrelid = target and c.contype = 'f'
    and not exists (
      select from unnest(c.conkey, c.confkey) as pair (child_column, parent_column)
      where pair.child_column = tenant_column and pair.parent_column = parent.attnum
    )
  limit 1;
  if flaw is not null then
    raise exception 'protect_table: foreign key % of % leaves tenant_id out', flaw, target
      using errcode = '42830', hint = 'Make it foreign key (tenant_id, x_id) references parent (tenant_id, id).';
  end if;

  -- "set null" on the whole key would take the row away from its tenant
  select c.conname into flaw
  from pg_constraint c
  where c.conrelid = target and c.contype = 'f' and tenant_column = any (c.conkey)
    and (
      (c.confdeltype in ('n', 'd') and (c.confdelsetcols is null or tenant_column = any (c.confdelsetcols)))
      or c.confupdtype in ('n', 'd')
    )
  limit 1;
  if flaw is not null then
    raise exception 'protect_table: foreign key % of % would change tenant_id', flaw, target
      using errcode = '42830', hint = 'Use on delete cascade or restrict, or name the columns: on delete set null (x_id).';
  end if;

  execute format('alter table %s alter column tenant_id set not null', target);
  execute format('alter table %s alter column tenant_id set default freehold.current_tenant()', target);
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('drop policy if exists freehold_wall on %s', target);
  execute format('drop policy if exists freehold_rows on %s', target);
  execute format('create policy freehold_wall on %s as restrictive for all to public using (%s) with check (%2$s)', target, wall);
  execute format('create policy freehold_rows on %s as permissive for all to public using (%s) with check (%2$s)', target, wall);

  execute format('revoke all on table %s from public, freehold_app, freehold_auditor', target);
  execute format('grant select, insert, update, delete on table %s to freehold_app', target);
  execute format('grant select on table %s to freehold_auditor', target);

  -- a serial column asks for its sequence in the name of whoever inserts
  for owned_sequence in
    select d.objid::regclass
    from pg_depend d
    join pg_class s on s.oid = d.objid and s.relkind = 'S'
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
      and d.refobjid = target and d.deptype = 'a'
  loop
    execute format('grant usage on sequence %s to freehold_app', owned_sequence);
  end loop;

  if not has_schema_privilege('freehold_app', home::oid, 'usage')
    or not has_schema_privilege('freehold_auditor', home::oid, 'usage') then
    execute format('grant usage on schema %s to freehold_app, freehold_auditor', home);
  end if;
end
$$;

revoke all on function freehold.protect_table(regclass) from public;
revoke all on function freehold.enter_tenant(uuid) from public;
revoke all on function freehold.current_tenant() from public;
revoke all on function freehold.demand_one(bigint, integer) from public;
grant execute on function freehold.enter_tenant(uuid) to freehold_app, freehold_auditor;
grant execute on function freehold.current_tenant() to freehold_app, freehold_auditor;
grant execute on function freehold.demand_one(bigint, integer) to freehold_app;
