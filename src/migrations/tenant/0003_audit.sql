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

select freehold.protect_table('audit_events');
select freehold.protect_table('audit_pending');
revoke update, delete on audit_events from freehold_app;
revoke update on audit_pending from freehold_app;
