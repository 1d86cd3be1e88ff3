-- The tree below a tenant (organizations, teams, projects, resources), who is in which team, policies, invitations, and
-- what a tenant adds to the permissions that code declares.

-- A team's parent is of the same organization: the key of the reference says so. Moving a team with everything below it
-- is one changed row. Rings are refused where teams are moved, under the tenant's access lock.
create table teams (
  tenant_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  parent_team_id uuid,
  key text not null constraint teams_key_check check (char_length(key) between 1 and 63),
  name text not null constraint teams_name_check check (char_length(name) between 1 and 200),
  description text constraint teams_description_check check (char_length(description) <= 1000),
  metadata jsonb not null default '{}'
    constraint teams_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint teams_pkey primary key (tenant_id, id),
  constraint teams_key_key unique (tenant_id, organization_id, key),
  -- what other rows refer to when they must be of the same organization
  constraint teams_organization_key unique (tenant_id, organization_id, id),
  constraint teams_parent_team_id_check check (parent_team_id <> id),
  constraint teams_organization_id_fkey
    foreign key (tenant_id, organization_id) references organizations (tenant_id, id) on delete cascade,
  constraint teams_parent_team_id_fkey
    foreign key (tenant_id, organization_id, parent_team_id) references teams (tenant_id, organization_id, id)
);
create index teams_parent_team_id_idx on teams (tenant_id, organization_id, parent_team_id);

create table team_members (
  tenant_id uuid not null,
  id uuid not null,
  team_id uuid not null,
  user_id uuid,
  service_account_id uuid,
  -- held in the team and below it
  role_id uuid,
  permissions jsonb not null default '[]'
    constraint team_members_permissions_check check (jsonb_typeof(permissions) = 'array' and pg_column_size(permissions) <= 65536),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint team_members_pkey primary key (tenant_id, id),
  constraint team_members_once_key unique nulls not distinct (tenant_id, team_id, user_id, service_account_id),
  constraint team_members_principal_check check (num_nonnulls(user_id, service_account_id) = 1),
  constraint team_members_team_id_fkey foreign key (tenant_id, team_id) references teams (tenant_id, id) on delete cascade,
  constraint team_members_user_id_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  constraint team_members_service_account_id_fkey
    foreign key (tenant_id, service_account_id) references service_accounts (tenant_id, id) on delete cascade,
  constraint team_members_role_id_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id)
);
create index team_members_user_id_idx on team_members (tenant_id, user_id);
create index team_members_service_account_id_idx on team_members (tenant_id, service_account_id);
create index team_members_role_id_idx on team_members (tenant_id, role_id);

create table projects (
  tenant_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  -- null: directly below the organization
  team_id uuid,
  key text not null constraint projects_key_check check (char_length(key) between 1 and 63),
  name text not null constraint projects_name_check check (char_length(name) between 1 and 200),
  description text constraint projects_description_check check (char_length(description) <= 1000),
  metadata jsonb not null default '{}'
    constraint projects_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint projects_pkey primary key (tenant_id, id),
  constraint projects_key_key unique (tenant_id, organization_id, key),
  constraint projects_organization_id_fkey
    foreign key (tenant_id, organization_id) references organizations (tenant_id, id) on delete cascade,
  constraint projects_team_id_fkey
    foreign key (tenant_id, organization_id, team_id) references teams (tenant_id, organization_id, id)
);
create index projects_team_id_idx on projects (tenant_id, organization_id, team_id);

-- The host's own things that something is granted on, one by one.
create table resources (
  tenant_id uuid not null,
  id uuid not null,
  type text not null constraint resources_type_check check (char_length(type) between 1 and 63),
  -- what the host calls it
  external_id text not null constraint resources_external_id_check check (char_length(external_id) between 1 and 200),
  name text constraint resources_name_check check (char_length(name) between 1 and 200),
  -- what it is in; none: directly below the tenant
  organization_id uuid,
  team_id uuid,
  project_id uuid,
  metadata jsonb not null default '{}'
    constraint resources_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint resources_pkey primary key (tenant_id, id),
  constraint resources_external_id_key unique (tenant_id, type, external_id),
  constraint resources_container_check check (num_nonnulls(organization_id, team_id, project_id) <= 1),
  constraint resources_organization_id_fkey
    foreign key (tenant_id, organization_id) references organizations (tenant_id, id) on delete cascade,
  constraint resources_team_id_fkey foreign key (tenant_id, team_id) references teams (tenant_id, id) on delete cascade,
  constraint resources_project_id_fkey foreign key (tenant_id, project_id) references projects (tenant_id, id) on delete cascade
);
create index resources_organization_id_idx on resources (tenant_id, organization_id);
create index resources_team_id_idx on resources (tenant_id, team_id);
create index resources_project_id_idx on resources (tenant_id, project_id);

-- Assignments also to teams and to everyone, and in every scope. These changes come with the tables they refer to: no
-- release has assignments without them, so there are no rows to wait for.
alter table role_assignments add column team_id uuid;
alter table role_assignments add column everyone boolean not null default false;
-- at most one of these and organization_id; none: the whole tenant
alter table role_assignments add column scope_team_id uuid;
alter table role_assignments add column project_id uuid;
alter table role_assignments add column resource_id uuid;
alter table role_assignments add column flow text not null default 'descendants'
  constraint role_assignments_flow_check check (flow in ('descendants', 'self'));
alter table role_assignments drop constraint role_assignments_principal_check;
alter table role_assignments add constraint role_assignments_principal_check
  check (num_nonnulls(user_id, service_account_id, team_id) + everyone::integer = 1) not valid;
-- squawk-ignore constraint-missing-not-valid
alter table role_assignments validate constraint role_assignments_principal_check;
alter table role_assignments add constraint role_assignments_scope_check
  check (num_nonnulls(organization_id, scope_team_id, project_id, resource_id) <= 1) not valid;
-- squawk-ignore constraint-missing-not-valid
alter table role_assignments validate constraint role_assignments_scope_check;
alter table role_assignments drop constraint role_assignments_once_key;
-- squawk-ignore require-concurrent-index-creation
create unique index role_assignments_once_key on role_assignments (
  tenant_id, user_id, service_account_id, team_id, everyone, role_id, organization_id, scope_team_id, project_id, resource_id
) nulls not distinct;
alter table role_assignments add constraint role_assignments_team_id_fkey
  foreign key (tenant_id, team_id) references teams (tenant_id, id) on delete cascade not valid;
alter table role_assignments add constraint role_assignments_scope_team_id_fkey
  foreign key (tenant_id, scope_team_id) references teams (tenant_id, id) on delete cascade not valid;
alter table role_assignments add constraint role_assignments_project_id_fkey
  foreign key (tenant_id, project_id) references projects (tenant_id, id) on delete cascade not valid;
alter table role_assignments add constraint role_assignments_resource_id_fkey
  foreign key (tenant_id, resource_id) references resources (tenant_id, id) on delete cascade not valid;
-- the checks read rows of every tenant, and the owner stands behind the wall too
alter table role_assignments no force row level security;
-- squawk-ignore constraint-missing-not-valid
alter table role_assignments validate constraint role_assignments_team_id_fkey;
-- squawk-ignore constraint-missing-not-valid
alter table role_assignments validate constraint role_assignments_scope_team_id_fkey;
-- squawk-ignore constraint-missing-not-valid
alter table role_assignments validate constraint role_assignments_project_id_fkey;
-- squawk-ignore constraint-missing-not-valid
alter table role_assignments validate constraint role_assignments_resource_id_fkey;
alter table role_assignments force row level security;
-- squawk-ignore require-concurrent-index-creation
create index role_assignments_team_id_idx on role_assignments (tenant_id, team_id);
-- squawk-ignore require-concurrent-index-creation
create index role_assignments_everyone_idx on role_assignments (tenant_id, id) where everyone;
-- squawk-ignore require-concurrent-index-creation
create index role_assignments_scope_team_id_idx on role_assignments (tenant_id, scope_team_id);
-- squawk-ignore require-concurrent-index-creation
create index role_assignments_project_id_idx on role_assignments (tenant_id, project_id);
-- squawk-ignore require-concurrent-index-creation
create index role_assignments_resource_id_idx on role_assignments (tenant_id, resource_id);

create table policies (
  tenant_id uuid not null,
  id uuid not null,
  key text not null constraint policies_key_check check (char_length(key) between 1 and 63),
  description text constraint policies_description_check check (char_length(description) <= 1000),
  -- moves on with every document that is saved
  version integer not null default 1,
  document jsonb not null
    constraint policies_document_check check (jsonb_typeof(document) = 'object' and pg_column_size(document) <= 65536),
  enabled boolean not null default true,
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint policies_pkey primary key (tenant_id, id),
  constraint policies_key_key unique (tenant_id, key)
);

-- Every document that a policy ever had.
create table policy_versions (
  tenant_id uuid not null,
  policy_id uuid not null,
  version integer not null,
  document jsonb not null
    constraint policy_versions_document_check check (jsonb_typeof(document) = 'object' and pg_column_size(document) <= 65536),
  changed_by_type text constraint policy_versions_changed_by_type_check check (char_length(changed_by_type) <= 50),
  changed_by_id uuid,
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint policy_versions_pkey primary key (tenant_id, policy_id, version),
  constraint policy_versions_policy_id_fkey foreign key (tenant_id, policy_id) references policies (tenant_id, id) on delete cascade
);

-- What a tenant adds to the permissions that code declares.
create table custom_permissions (
  tenant_id uuid not null,
  resource text not null constraint custom_permissions_resource_check check (char_length(resource) between 1 and 63),
  action text not null constraint custom_permissions_action_check check (char_length(action) between 1 and 63),
  description text constraint custom_permissions_description_check check (char_length(description) <= 1000),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint custom_permissions_pkey primary key (tenant_id, resource, action)
);

create table invitations (
  tenant_id uuid not null,
  id uuid not null,
  email text not null constraint invitations_email_check check (char_length(email) between 3 and 320),
  email_norm text not null constraint invitations_email_norm_check check (char_length(email_norm) between 3 and 320),
  -- of the link that was sent last; only that one is good
  token_hash bytea not null constraint invitations_token_hash_check check (octet_length(token_hash) = 32),
  -- what it is to; none: the tenant
  organization_id uuid,
  team_id uuid,
  -- roles that are gone when it is accepted are not given
  role_ids jsonb not null default '[]'
    constraint invitations_role_ids_check check (jsonb_typeof(role_ids) = 'array' and pg_column_size(role_ids) <= 65536),
  -- 'expired' is written when another takes its place; one that nobody replaced is pending beyond its time
  status text not null default 'pending'
    constraint invitations_status_check check (status in ('pending', 'accepted', 'declined', 'revoked', 'expired')),
  expires_at timestamptz(3) not null,
  invited_by_type text constraint invitations_invited_by_type_check check (char_length(invited_by_type) <= 50),
  invited_by_id uuid,
  accepted_by_user_id uuid,
  ended_at timestamptz(3),
  sent_count integer not null default 1,
  last_sent_at timestamptz(3) not null default clock_timestamp(),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint invitations_pkey primary key (tenant_id, id),
  constraint invitations_token_hash_key unique (tenant_id, token_hash),
  constraint invitations_place_check check (num_nonnulls(organization_id, team_id) <= 1),
  constraint invitations_organization_id_fkey
    foreign key (tenant_id, organization_id) references organizations (tenant_id, id) on delete cascade,
  constraint invitations_team_id_fkey foreign key (tenant_id, team_id) references teams (tenant_id, id) on delete cascade,
  constraint invitations_accepted_by_user_id_fkey
    foreign key (tenant_id, accepted_by_user_id) references users (tenant_id, id) on delete cascade
);
create unique index invitations_pending_key on invitations (tenant_id, email_norm, organization_id, team_id)
  nulls not distinct where status = 'pending';
create index invitations_organization_id_idx on invitations (tenant_id, organization_id);
create index invitations_team_id_idx on invitations (tenant_id, team_id);
create index invitations_accepted_by_user_id_idx on invitations (tenant_id, accepted_by_user_id);

select freehold.protect_table('teams');
select freehold.protect_table('team_members');
select freehold.protect_table('projects');
select freehold.protect_table('resources');
select freehold.protect_table('policies');
select freehold.protect_table('policy_versions');
select freehold.protect_table('custom_permissions');
select freehold.protect_table('invitations');
