-- The ground everything stands on: the two roles, the door into a tenant, and the wall around its rows.

-- Roles belong to the cluster, not to the database: another database of it may have made them already, even in
-- this very moment.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['freehold_app', 'freehold_auditor'] loop
    begin
      execute format('create role %I nologin noinherit nosuperuser nobypassrls nocreatedb nocreaterole', wanted);
    exception
      when duplicate_object or unique_violation then null;
    end;
  end loop;
end
$$;

grant usage on schema freehold to freehold_app, freehold_auditor;

-- Temporary tables outlive a transaction and would carry rows from one tenant to the next on a pooled connection.
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
end
$$;

-- Enters a tenant until the transaction ends. A malformed id fails (22P02) and takes the transaction with it.
create function freehold.enter_tenant(t uuid) returns void
language plpgsql
as $$
begin
  execute format('set local app.current_tenant = %L', t::text);
end
$$;

-- The tenant that was entered, or null. Fit for a column default: every row says whose it is without being told.
create function freehold.current_tenant() returns uuid
language sql stable
as $$
  select nullif(current_setting('app.current_tenant', true), '')::uuid
$$;

-- Puts the tenant wall on a table, ours or the host's, and gives the app its four rights on it. Refuses a table
-- that the wall would not hold: no tenant_id, a key or a foreign key that leaves tenant_id out, a partition.
create function freehold.protect_table(target regclass) returns void
language plpgsql
as $$
declare
  wall constant text := $w$tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid$w$;
  tenant_column smallint;
  flaw text;
begin
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

  -- a unique key without the tenant tells one tenant what another has; a foreign key without it reaches into another's rows
  select c.conname into flaw
  from pg_constraint c
  where c.conrelid = target and c.contype in ('p', 'u', 'x') and c.conkey[1] <> tenant_column
  union all
  select i.indexrelid::regclass::text
  from pg_index i
  where i.indrelid = target and i.indisunique and i.indkey[0] <> tenant_column
    and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
  limit 1;
  if flaw is not null then
    raise exception 'protect_table: key % of % does not start with tenant_id', flaw, target
      using errcode = '42830', hint = 'Make it (tenant_id, ...), as in primary key (tenant_id, id).';
  end if;

  select c.conname into flaw
  from pg_constraint c
  where c.conrelid = target and c.contype = 'f' and not (tenant_column = any (c.conkey))
    and exists (
      select from pg_attribute a
      where a.attrelid = c.confrelid and a.attname = 'tenant_id' and not a.attisdropped
    )
  limit 1;
  if flaw is not null then
    raise exception 'protect_table: foreign key % of % leaves tenant_id out', flaw, target
      using errcode = '42830', hint = 'Make it foreign key (tenant_id, x_id) references parent (tenant_id, id).';
  end if;

  execute format('alter table %s alter column tenant_id set not null', target);
  execute format('alter table %s alter column tenant_id set default freehold.current_tenant()', target);
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('drop policy if exists freehold_wall on %s', target);
  execute format('drop policy if exists freehold_rows on %s', target);
  execute format('create policy freehold_wall on %s as restrictive for all to public using (%s) with check (%2$s)', target, wall);
  execute format('create policy freehold_rows on %s as permissive for all to public using (%s) with check (%2$s)', target, wall);

  execute format('revoke all on table %s from public', target);
  execute format('grant select, insert, update, delete on table %s to freehold_app', target);
  execute format('grant select on table %s to freehold_auditor', target);
  execute format(
    'grant usage on schema %I to freehold_app, freehold_auditor',
    (select relnamespace::regnamespace::text from pg_class where oid = target)
  );
end
$$;

revoke all on function freehold.protect_table(regclass) from public;
revoke all on function freehold.enter_tenant(uuid) from public;
revoke all on function freehold.current_tenant() from public;
grant execute on function freehold.enter_tenant(uuid) to freehold_app, freehold_auditor;
grant execute on function freehold.current_tenant() to freehold_app, freehold_auditor;
