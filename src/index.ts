// What the host imports. Adapters have entry points of their own: `freehold/postgres`, `freehold/hono` and so on.

import { Resolver } from 'node:dns/promises'
import { customPermission, definePermissions, type OwnPermission, type Permissions } from './core/access/permissions.ts'
import type { Freehold, FreeholdOptions, FreeholdRooms } from './core/api.ts'
import { composeFreehold } from './core/freehold.ts'
import { FreeholdError } from './core/kernel/errors.ts'
import type { Finding } from './core/storage/safety.ts'

/**
 * Makes a Freehold instance. Looks at the database first and refuses to start where the app's role could pass the wall. A
 * start that fails closes the storage: to try again, make another.
 * @throws CONFIG_INVALID, KEY_WEAK, KEYS_UNAVAILABLE, UNSAFE_DATABASE, PACKAGE_MISSING (no `passwordHasher` given and no argon2 installed), STORAGE_UNAVAILABLE
 */
export async function createFreehold<Db, P extends string = OwnPermission>(
  options: FreeholdOptions<Db, P>,
): Promise<Freehold<Db, P>> {
  if (typeof options?.storage?.inspect !== 'function') {
    const problem = "it is missing: postgres({ pool }) of 'freehold/postgres', pglite(), memory()"
    throw new FreeholdError('CONFIG_INVALID', { option: 'storage', problem })
  }
  const { onError = reportError, onWarning = reportFindings, resolveTxt = lookUpTxt } = options
  const passwordHasher = options.passwordHasher ?? (await defaultHasher())
  // without a declaration there are only our own, and P is what nobody said
  const permissions = options.permissions ?? (definePermissions({}) as Permissions<string> as Permissions<P>)
  return composeFreehold({ ...options, passwordHasher, permissions, resolveTxt, onError, onWarning })
}

/** The code alone: an error's details and cause may hold what does not belong in a log. */
function reportError(error: unknown): void {
  const name = FreeholdError.is(error) ? error.code : error instanceof Error ? error.name : 'error'
  console.error(`freehold: ${name}; give createFreehold an onError to see more`)
}

async function lookUpTxt(name: string): Promise<readonly (readonly string[])[]> {
  const resolver = new Resolver({ timeout: 5000, tries: 2 })
  try {
    return await resolver.resolveTxt(name)
  } catch (error) {
    if (['ENOTFOUND', 'ENODATA'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

function reportFindings(findings: readonly Finding[]): void {
  for (const { id, message, remedy } of findings) console.warn(`freehold: ${message} ${remedy} (${id})`)
}

async function defaultHasher() {
  const { argon2 } = await import('./adapters/argon2/index.ts')
  return argon2()
}

export type { Access, NamedPrincipal, Principal, PrincipalAccess } from './core/access/access.ts'
export type { PlaceName, PlaceOptions } from './core/access/asked.ts'
export type {
  Assignment,
  AssignmentFilter,
  AssignmentKey,
  Assignments,
  Holder,
  NewAssignment,
  ScopeName,
} from './core/access/assignments.ts'
export type { CheckOptions, Circumstances, Freshness } from './core/access/check-options.ts'
export type { Conditions } from './core/access/condition-tree.ts'
export type { Day, TimeWindow } from './core/access/condition-windows.ts'
export type { AddedPermission, CustomPermissions, NewPermission } from './core/access/custom-permissions.ts'
export type { Cause, Explanation, Need } from './core/access/explanation.ts'
export type { AllowedFields } from './core/access/fields.ts'
export type { Filter } from './core/access/filter.ts'
export type {
  ColumnType,
  FilterColumn,
  FilterCondition,
  FilterQuestion,
  FilterTerm,
  FilterTest,
  FilterValue,
} from './core/access/filter-formula.ts'
export type { FilterOptions, PlaceColumns } from './core/access/filter-options.ts'
export type { Scope } from './core/access/grants.ts'
export type { Holdings } from './core/access/holdings.ts'
export type { Organization, Organizations } from './core/access/organizations.ts'
export type {
  CustomPermission,
  PermissionCatalog,
  PermissionName,
  PermissionOptions,
  SystemRole,
} from './core/access/permissions.ts'
export type { PlaceView } from './core/access/place-names.ts'
export type { NewPolicy, Policies, Policy, PolicyChange, PolicyPlan, PolicyVersion } from './core/access/policy.ts'
export type { PolicyDocument, PolicyPrincipal, PolicyResource } from './core/access/policy-document.ts'
export type { PolicyEffect } from './core/access/policy-preview.ts'
export type { NewProject, Project, ProjectChange, ProjectFilter, Projects } from './core/access/projects.ts'
export type {
  NewResource,
  Resource,
  ResourceChange,
  ResourceFilter,
  ResourceKey,
  Resources,
} from './core/access/resources.ts'
export type { NewRole, Role, RoleChange, Roles } from './core/access/roles.ts'
export type { ServiceAccount, ServiceAccounts } from './core/access/service-accounts.ts'
export type {
  NewTeamMember,
  TeamMember,
  TeamMemberChange,
  TeamMemberFilter,
  TeamMembers,
} from './core/access/team-members.ts'
export type { NewTeam, Team, TeamChange, TeamFilter, Teams } from './core/access/teams.ts'
export type { AccessTools } from './core/access/tools/access-tools.ts'
export type { AccessChange, AccessDiff, DiffOptions, PrincipalDiff } from './core/access/tools/diff.ts'
export type { Difference } from './core/access/tools/differences.ts'
export type { LintCode, LintFinding, LintReport } from './core/access/tools/lint.ts'
export type {
  AccessModel,
  ModelAssignment,
  ModelMember,
  ModelOrganization,
  ModelPermission,
  ModelPolicy,
  ModelProject,
  ModelResource,
  ModelRole,
  ModelTeam,
} from './core/access/tools/model.ts'
export type { ModelExportOptions } from './core/access/tools/model-export.ts'
export type { ModelImportOptions, ModelImportReport, ModelImportStep } from './core/access/tools/model-import.ts'
export type {
  Accounts,
  AddressRequest,
  CodeAnswer,
  ConfirmedEmail,
  EmailProof,
  Fresh,
  JoinProof,
  PasswordChange,
  SentCode,
  SentInvitation,
} from './core/accounts/account.ts'
export type { Invitation, InvitationKey, InvitationStatus, NewInvitation } from './core/accounts/invitation.ts'
export type { InvitationAnswer, InvitationFilter, Invitations } from './core/accounts/inviting.ts'
export type { MessageSignIn } from './core/accounts/message-sign-in.ts'
export type { Actor, Audit, AuditEntry, AuditEvent, AuditFilter, AuditTarget } from './core/audit/audit.ts'
export { type OwnAction, ownActions } from './core/audit/catalog.ts'
export type { Device, DeviceClaim, DeviceKey, SignInDevice } from './core/authentication/devices/device.ts'
export type { Devices } from './core/authentication/devices/devices.ts'
export type { BegunFactor, FactorChoice } from './core/authentication/engine-contract.ts'
export type {
  ConfirmedEnrolment,
  EnrolledSignIn,
  EnrolmentToken,
  NewTotp,
  RegisteredEnrolment,
  SignInEnrolment,
} from './core/authentication/enrolment.ts'
export type { FactorHint } from './core/authentication/factor.ts'
export type { ConfirmedFactor, ConfirmOptions } from './core/authentication/factors/confirmation.ts'
export type { Factor, FactorKey } from './core/authentication/factors/factor-view.ts'
export type {
  EnrolledTarget,
  EnrolledTotp,
  Factors,
  NewHardwareToken,
} from './core/authentication/factors/factors.ts'
export type { Sent } from './core/authentication/factors/sent-code.ts'
export type { EndingOthers } from './core/authentication/other-sessions.ts'
export type {
  PasskeyAssertion,
  PasskeyCreationOptions,
  PasskeyRegistration,
  PasskeyRequestOptions,
} from './core/authentication/passkeys/ceremony.ts'
export type { Passkey, PasskeyKey } from './core/authentication/passkeys/passkey.ts'
export type { NewPasskey, PasskeyPage, Passkeys } from './core/authentication/passkeys/passkeys.ts'
export type {
  PasskeySignIn,
  PasskeySignInAnswer,
  PasskeySignInPage,
} from './core/authentication/passkeys/sign-in.ts'
export type { RiskAssessment } from './core/authentication/risk/assess.ts'
export type { RiskFlag, RiskWeights } from './core/authentication/risk/flags.ts'
export type { RiskVerdict } from './core/authentication/risk/policy.ts'
export type { RecordedHistory, RecordedSignIn, ReplayedSignIn } from './core/authentication/risk/replay.ts'
export type { ReplayOptions, Risk } from './core/authentication/risk/risk.ts'
export type { RiskOptions } from './core/authentication/risk/settings.ts'
export type { RiskSignal } from './core/authentication/risk/signals.ts'
export type { PasswordSignIn, SignIn, SignInAnswer, StepUp } from './core/authentication/sign-in.ts'
export type { NextEnrolment, NextFactor, SignedIn } from './core/authentication/signed-in.ts'
export type {
  Billing,
  Entitlements,
  Invoice,
  PaymentCustomer,
  Plan,
  Plans,
  Price,
  Subscription,
  WebhookAnswer,
  WebhookRequest,
  Webhooks,
} from './core/billing/billing.ts'
export type {
  AccountSettings,
  AttemptSettings,
  EntitlementSettings,
  PasskeySettings,
  PasswordSettings,
  SessionSettings,
  WebhookSettings,
} from './core/context.ts'
export type { ContextFacts } from './core/http/context-facts.ts'
export type { CookieOptions, HttpOptions, RequestInfo } from './core/http/options.ts'
export type { AssuranceDemand, RequestContext } from './core/http/request-context.ts'
export type { VerifiedApiKey, VerifyApiKey } from './core/identity/api-key-check.ts'
export type { ApiKey, ApiKeyFilter, ApiKeyKey, ApiKeys, IssuedApiKey, NewApiKey } from './core/identity/api-keys.ts'
export type { User } from './core/identity/user.ts'
export type { ImportedUser, ImportOptions, ImportResult } from './core/identity/user-import.ts'
export type { NewUser, UserChange, UserKey, Users } from './core/identity/users.ts'
export type { AnyFreeholdError, ErrorCode, Problem } from './core/kernel/errors.ts'
export {
  type ApiKeyId,
  type AuditEventId,
  type DomainId,
  type FactorId,
  type InvitationId,
  type OrganizationId,
  type PasskeyId,
  type PaymentCustomerId,
  PLATFORM_TENANT_ID,
  type ProjectId,
  type ResourceId,
  type RoleAssignmentId,
  type RoleId,
  type ServiceAccountId,
  type SessionId,
  type StayId,
  type TeamId,
  type TeamMemberId,
  type TenantId,
  type UserId,
} from './core/kernel/ids.ts'
export type { Keys } from './core/kernel/keyring.ts'
export type { Page, PageRequest } from './core/kernel/page.ts'
export type { Runtime } from './core/kernel/runtime.ts'
export type { Maintenance, MaintenanceOptions, MaintenanceReport } from './core/maintenance.ts'
export type { LinkKind, MailText, MessageFacts, MessageOptions } from './core/messages/message.ts'
export type { Impersonation, NewImpersonation } from './core/operators/impersonation.ts'
export type { NewStay, Stay } from './core/operators/stay.ts'
export type { StayFilter, StayKey, Stays } from './core/operators/stays.ts'
export type { BillingProvider } from './core/ports/billing-provider.ts'
export type { GeoPlace, GeoProvider } from './core/ports/geo.ts'
export type { KeyProvider } from './core/ports/key-provider.ts'
export type { LeakedPasswords } from './core/ports/leaked-passwords.ts'
export type { LegacyHashes } from './core/ports/legacy-hashes.ts'
export type { Mail, Mailer, MailKind, NoticeKind } from './core/ports/mailer.ts'
export type { PasswordHasher } from './core/ports/password-hasher.ts'
export type { Text, Texter, TextKind } from './core/ports/texter.ts'
export type { TxtLookup } from './core/ports/txt-lookup.ts'
export type { KeyUse, ReencryptionEvent, ReencryptionOptions, ReencryptionSummary } from './core/reencryption.ts'
export type { KeyStatus, RootKeys } from './core/root-keys.ts'
export type {
  ClientInfo,
  JsonWebKey,
  Refreshed,
  RefreshOptions,
  Session,
  Sessions,
  TenantSessions,
  Tokens,
  VerificationMode,
  Verified,
} from './core/sessions/session.ts'
export type { PermissionEntry } from './core/storage/access-tables.ts'
export type { AuditOutcome } from './core/storage/audit-tables.ts'
export type {
  MigrationEvent,
  MigrationOptions,
  MigrationPlan,
  MigrationRun,
  MigrationStatus,
  Migrations,
} from './core/storage/migrations.ts'
export type { Finding, FindingId } from './core/storage/safety.ts'
export type { Storage } from './core/storage/storage.ts'
export type { IsolationLevel, TenantStatus } from './core/storage/system-tables.ts'
export type { Domain, Domains } from './core/tenancy/domains.ts'
export type { TenantHandle, TenantServices, TenantTransaction } from './core/tenancy/handle.ts'
export type { Resolution, ResolveBy, ResolverOptions } from './core/tenancy/resolver.ts'
export type { Tenant } from './core/tenancy/tenant.ts'
export type { NewTenant, TenantChange, TenantName, Tenants } from './core/tenancy/tenants.ts'
export type { Freehold, FreeholdOptions, FreeholdRooms, OwnPermission, Permissions }
export { customPermission, definePermissions, FreeholdError }
