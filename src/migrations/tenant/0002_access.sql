-- Who may do what: organizations, service accounts, roles with inheritance, and who holds which role where.

-- One number per tenant and name, moved only in SQL: the access version, and what limits have been used up.
create table tenant_counters (
  tenant_id uuid not null,
  name text not null constraint tenant_counters_name_check check (char_length(name) between 1 and 100),
  value bigint not null default 0,
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint tenant_counters_pkey primary key (tenant_id, name)
) with (fillfactor = 80);

create table organizations (
  tenant_id uuid not null,
  id uuid not null,
  key text not null constraint organizations_key_check check (char_length(key) between 1 and 63),
  name text not null constraint organizations_name_check check (char_length(name) between 1 and 200),
  metadata jsonb not null default '{}'
    constraint organizations_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint organizations_pkey primary key (tenant_id, id),
  constraint organizations_key_key unique (tenant_id, key)
);
create index organizations_created_at_idx on organizations (tenant_id, created_at, id);

create table service_accounts (
  tenant_id uuid not null,
  id uuid not null,
  name text not null constraint service_accounts_name_check check (char_length(name) between 1 and 200),
  status text not null default 'active' constraint service_accounts_status_check check (status in ('active', 'disabled')),
  access_version bigint not null default 1,
  metadata jsonb not null default '{}'
    constraint service_accounts_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  disabled_at timestamptz(3),
  constraint service_accounts_pkey primary key (tenant_id, id),
  constraint service_accounts_name_key unique (tenant_id, name)
);

-- Moves on with every change of what this user holds: what was loaded for an older one is not believed.
alter table users add column access_version bigint not null default 1;

create table roles (
  tenant_id uuid not null,
  id uuid not null,
  key text not null constraint roles_key_check check (char_length(key) between 1 and 100),
  name text not null constraint roles_name_check check (char_length(name) between 1 and 200),
  description text constraint roles_description_check check (char_length(description) <= 1000),
  parent_role_id uuid,
  permissions jsonb not null default '[]'
    constraint roles_permissions_check check (jsonb_typeof(permissions) = 'array' and pg_column_size(permissions) <= 262144),
  system boolean not null default false,
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint roles_pkey primary key (tenant_id, id),
  constraint roles_key_key unique (tenant_id, key),
  constraint roles_parent_role_id_fkey foreign key (tenant_id, parent_role_id) references roles (tenant_id, id),
  constraint roles_parent_role_id_check check (parent_role_id <> id)
);
create index roles_parent_role_id_idx on roles (tenant_id, parent_role_id);

create table role_assignments (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid,
  service_account_id uuid,
  role_id uuid not null,
  -- null: the whole tenant
  organization_id uuid,
  starts_at timestamptz(3),
  expires_at timestamptz(3),
  granted_by_type text constraint role_assignments_granted_by_type_check check (char_length(granted_by_type) <= 50),
  granted_by_id uuid,
  reason text constraint role_assignments_reason_check check (char_length(reason) <= 500),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint role_assignments_pkey primary key (tenant_id, id),
  constraint role_assignments_principal_check check (num_nonnulls(user_id, service_account_id) = 1),
  constraint role_assignments_period_check check (expires_at > starts_at),
  constraint role_assignments_user_id_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  constraint role_assignments_service_account_id_fkey
    foreign key (tenant_id, service_account_id) references service_accounts (tenant_id, id) on delete cascade,
  constraint role_assignments_role_id_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id),
  constraint role_assignments_organization_id_fkey
    foreign key (tenant_id, organization_id) references organizations (tenant_id, id) on delete cascade,
  constraint role_assignments_once_key
    unique nulls not distinct (tenant_id, user_id, service_account_id, role_id, organization_id)
);
create index role_assignments_service_account_id_idx on role_assignments (tenant_id, service_account_id);
create index role_assignments_role_id_idx on role_assignments (tenant_id, role_id);
create index role_assignments_organization_id_idx on role_assignments (tenant_id, organization_id);

-- What every tenant begins with: the access version, one organization, and the system roles, whose permissions come
-- from code. Written before the walls stand, so that it reaches the tenants that are there already; only where the
-- tenants are known.
do $$
declare
  tenant uuid;
  wanted record;
  fresh uuid;
begin
  if to_regclass('tenants') is null then
    return;
  end if;
  for tenant in select id from tenants order by id loop
    insert into tenant_counters (tenant_id, name) values (tenant, 'access');
    for wanted in values
      (0, 'main', 'Main', null),
      (1, 'owner', 'Owner', 'Holds everything. A tenant keeps at least one owner.'),
      (2, 'admin', 'Admin', 'Manages the tenant.'),
      (3, 'member', 'Member', 'Works with what the product offers.'),
      (4, 'viewer', 'Viewer', 'Looks, and changes nothing.')
    loop
      -- UUIDv7 (RFC 9562): 48 bits of time over a random one, version 4 turned into 7; so that the roles are listed in
      -- this order, each is a millisecond later
      fresh := encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint + wanted.column1) from 3) from 1 for 6
      ), 52, 1), 53, 1), 'hex')::uuid;
      if wanted.column2 = 'main' then
        insert into organizations (tenant_id, id, key, name) values (tenant, fresh, wanted.column2, wanted.column3);
      else
        insert into roles (tenant_id, id, key, name, description, system)
        values (tenant, fresh, wanted.column2, wanted.column3, wanted.column4, true);
      end if;
    end loop;
  end loop;
end
$$;

select freehold.protect_table('tenant_counters');
select freehold.protect_table('organizations');
select freehold.protect_table('service_accounts');
select freehold.protect_table('roles');
select freehold.protect_table('role_assignments');
