// Every action that Freehold writes into the log by itself. What a host records is its own, and starts with another
// word: an event of ours can be taken at its word.

import type { AuditEntry, AuditTarget } from './audit.ts'

/** What an action is done to, why it may have to be shown to somebody, and what it says. */
interface ActionFacts {
  /** The type of its first target. */
  readonly target: string
  /** Rules under which it is evidence; written into each event. */
  readonly complianceFlags: readonly ComplianceFlag[]
  readonly about: string
}

/** GDPR (personal data), SOC 2 CC6 (who has access), SOX (money and who may move it). */
type ComplianceFlag = 'gdpr' | 'soc2' | 'sox'

const action = <const T extends string>(target: T, complianceFlags: readonly ComplianceFlag[], about: string) => ({
  target,
  complianceFlags,
  about,
})

export const ownActions = {
  'tenant.created': action('tenant', ['soc2'], 'A tenant was created.'),
  'tenant.updated': action('tenant', ['soc2'], 'Name, slug, plan, settings or feature flags of a tenant changed.'),
  'tenant.suspended': action('tenant', ['soc2'], 'A tenant was suspended.'),
  'tenant.resumed': action('tenant', ['soc2'], 'A suspended tenant was resumed.'),
  'tenant.removed': action('tenant', ['soc2'], 'A tenant was removed; it can be restored.'),
  'tenant.restored': action('tenant', ['soc2'], 'A removed tenant was restored.'),
  'tenant.purged': action('tenant', ['gdpr', 'soc2'], 'A tenant was erased. In the log of the platform tenant.'),
  'domain.added': action('domain', ['soc2'], 'A custom domain was claimed.'),
  'domain.verified': action('domain', ['soc2'], 'A custom domain was proven, and leads to the tenant from now on.'),
  'domain.removed': action('domain', ['soc2'], 'A custom domain was removed.'),

  'user.created': action('user', ['gdpr', 'soc2'], 'A user was created.'),
  'user.updated': action('user', ['gdpr'], 'A user changed. Says which fields, and not what they hold.'),
  'user.password_changed': action('user', ['soc2'], 'A user has a new password.'),
  'user.disabled': action('user', ['soc2'], 'A user can no longer sign in.'),
  'user.enabled': action('user', ['soc2'], 'A disabled user can sign in again.'),
  'user.challenge_requested': action(
    'user',
    ['soc2'],
    'A link or a code was asked for. Names the user where the address has one, and a mark of the address in any case.',
  ),
  'user.email_verified': action('user', ['gdpr', 'soc2'], "A user's address was proven."),
  'user.email_changed': action('user', ['gdpr', 'soc2'], 'A user has another address, proven.'),
  'user.phone_changed': action('user', ['gdpr', 'soc2'], 'A user has another telephone number, proven.'),
  'user.phone_removed': action('user', ['gdpr'], 'A user has no telephone number any more.'),
  'user.password_reset': action('user', ['soc2'], 'A user chose a new password by a link. All sessions were ended.'),
  'user.deactivated': action('user', ['gdpr', 'soc2'], 'A user gave up their own account.'),
  'user.locked': action('user', ['soc2'], 'A user was locked out until somebody has looked into it.'),
  'user.unlocked': action('user', ['soc2'], 'A locked user can sign in again.'),
  'user.removed': action('user', ['gdpr', 'soc2'], 'A user was removed.'),

  'sign_in.failed': action('user', ['soc2'], 'A sign-in was refused after its secret had been looked at.'),
  'sign_in.factor_required': action('user', ['soc2'], 'A first factor was right, and another one was asked for.'),
  'sign_in.enrolment_required': action(
    'user',
    ['soc2'],
    'A first factor was right, and a second one has to be set up.',
  ),
  'sign_in.denied': action('user', ['soc2'], 'A sign-in was right, and was refused by policy.'),
  'session.opened': action('session', ['soc2'], 'Somebody signed in.'),
  'session.ended': action('session', [], 'A session was ended with its own refresh token: a sign-out.'),
  'session.revoked': action('session', ['soc2'], 'One session was ended.'),
  'session.all_revoked': action('user', ['soc2'], 'All sessions of a user were ended.'),
  'session.others_revoked': action('user', ['soc2'], 'All sessions of a user but one were ended.'),
  'session.refresh_reused': action(
    'session',
    ['soc2'],
    'A refresh token came again after its time: a sign of theft. The session was ended.',
  ),
  'session.refresh_forked': action(
    'session',
    ['soc2'],
    'Two histories of one session met: a sign of theft or of a restored backup. The session was ended.',
  ),
  'session.refresh_ahead': action(
    'session',
    ['soc2'],
    'A refresh token is newer than the database: a sign of a restored backup.',
  ),

  'session.limit_reached': action(
    'user',
    [],
    'A user had as many sessions as they may; the oldest ended when another opened.',
  ),
  'device.renamed': action('device', [], 'A device has another name.'),
  'device.trusted': action('device', ['soc2'], 'A device stands in for the second factor for some time.'),
  'device.trust_revoked': action('device', ['soc2'], 'A second factor is asked for on a device again.'),
  'device.revoked': action('device', ['soc2'], 'A device was forgotten, and its sessions ended.'),
  'impersonation.started': action(
    'session',
    ['gdpr', 'soc2'],
    'An operator signed in as a user, for a reason. In both logs.',
  ),
  'impersonation.ended': action(
    'session',
    ['soc2'],
    'A session in which an operator acted as a user was ended. In both logs.',
  ),
  'break_glass.opened': action(
    'tenant',
    ['gdpr', 'soc2'],
    'An operator entered a tenant from outside, for a reason. In its own log and in that of the platform tenant.',
  ),
  'break_glass.ended': action('tenant', ['soc2'], 'The time of an operator in a tenant was ended. In both logs.'),

  'mfa.enrolled': action('user', ['soc2'], 'A second factor was set up; it counts once it is confirmed.'),
  'mfa.confirmed': action('user', ['soc2'], 'A second factor was proven, and is asked for from now on.'),
  'mfa.renamed': action('user', [], 'A second factor has another name.'),
  'mfa.primary_changed': action('user', [], 'Another second factor is asked for first.'),
  'mfa.resynchronised': action('user', ['soc2'], 'A hardware token had run ahead and was found again.'),
  'mfa.removed': action('user', ['soc2'], 'A second factor was removed.'),
  'mfa.recovery_codes_renewed': action('user', ['soc2'], 'A user has new recovery codes; the old ones are void.'),
  'mfa.code_sent': action('user', [], 'A code was sent to a number or an address of a user.'),
  'mfa.failed': action('user', ['soc2'], 'A second factor was not confirmed: the code was wrong.'),
  'passkey.registered': action('passkey', ['soc2'], 'A user has a new passkey or security key.'),
  'passkey.renamed': action('passkey', [], 'A passkey has another name.'),
  'passkey.removed': action('passkey', ['soc2'], 'A passkey was removed.'),
  'passkey.clone_suspected': action(
    'passkey',
    ['soc2'],
    'A passkey signed under a counter that it had passed before: there may be a copy of its key. Refused.',
  ),
  'invitation.sent': action('invitation', ['soc2'], 'Somebody was invited to the tenant, an organization or a team.'),
  'invitation.resent': action('invitation', ['soc2'], 'An invitation was sent again, with another link.'),
  'invitation.accepted': action(
    'invitation',
    ['soc2'],
    'An invitation was accepted. What it gave is told by events of its own.',
  ),
  'invitation.declined': action('invitation', [], 'An invitation was declined.'),
  'invitation.revoked': action('invitation', ['soc2'], 'An invitation was revoked.'),

  'role.created': action('role', ['soc2', 'sox'], 'A role was created.'),
  'role.updated': action('role', ['soc2', 'sox'], 'What a role is called, inherits or permits changed.'),
  'role.removed': action('role', ['soc2', 'sox'], 'A role was removed.'),
  'assignment.granted': action('assignment', ['soc2', 'sox'], 'Somebody was given a role, or its times were renewed.'),
  'assignment.revoked': action('assignment', ['soc2', 'sox'], 'A role was taken back.'),
  'organization.created': action('organization', [], 'An organization was created.'),
  'organization.updated': action('organization', [], 'An organization changed.'),
  'organization.removed': action('organization', ['soc2'], 'An organization was removed, with the roles held in it.'),
  'policy.created': action('policy', ['soc2', 'sox'], 'A policy was created.'),
  'policy.updated': action('policy', ['soc2', 'sox'], 'A policy changed.'),
  'policy.enabled': action('policy', ['soc2', 'sox'], 'A policy was put in force.'),
  'policy.disabled': action('policy', ['soc2', 'sox'], 'A policy was put out of force.'),
  'policy.restored': action('policy', ['soc2', 'sox'], 'A policy was given a document that it had before.'),
  'policy.removed': action('policy', ['soc2', 'sox'], 'A policy was removed.'),
  'permission.created': action('permission', ['soc2'], 'The tenant added a permission to those of the code.'),
  'permission.removed': action('permission', ['soc2'], 'A permission that the tenant had added was removed.'),
  'team.created': action('team', [], 'A team was created.'),
  'team.updated': action('team', [], 'A team changed.'),
  'team.moved': action('team', ['soc2'], 'A team was put elsewhere, with all that is below it.'),
  'team.removed': action('team', ['soc2'], 'A team was removed, with what was held in it and by it.'),
  'team.member_added': action('team', ['soc2', 'sox'], 'Somebody was put into a team.'),
  'team.member_updated': action('team', ['soc2', 'sox'], 'What a member holds in a team changed.'),
  'team.member_removed': action('team', ['soc2', 'sox'], 'Somebody was taken out of a team.'),
  'project.created': action('project', [], 'A project was created.'),
  'project.updated': action('project', [], 'A project changed, or the team it is of.'),
  'project.removed': action('project', ['soc2'], 'A project was removed, with the roles held in it.'),
  'resource.registered': action(
    'resource',
    [],
    "A thing of the host's was registered, so that roles can be held on it.",
  ),
  'resource.updated': action('resource', [], 'What is known of a registered thing changed, or where it is.'),
  'resource.removed': action('resource', ['soc2'], 'A registered thing was removed, with the roles held on it.'),
  'access.imported': action(
    'tenant',
    ['soc2', 'sox'],
    'The access of the tenant was made as a document says; each step has its own event.',
  ),
  'service_account.created': action('service_account', ['soc2'], 'A service account was created.'),
  'service_account.disabled': action('service_account', ['soc2'], 'A service account was disabled.'),
  'service_account.enabled': action('service_account', ['soc2'], 'A service account was enabled.'),

  'api_key.created': action('api_key', ['soc2'], 'A service account was given an API key.'),
  'api_key.rotated': action('api_key', ['soc2'], 'An API key was replaced; the former one ends after the overlap.'),
  'api_key.revoked': action('api_key', ['soc2'], 'An API key was revoked.'),

  'plan.created': action('plan', ['sox'], 'A plan was put up for sale. In the log of the platform tenant.'),
  'plan.updated': action('plan', ['sox'], 'What a plan includes changed. In the log of the platform tenant.'),
  'plan.archived': action('plan', ['sox'], 'A plan is no longer on the list. In the log of the platform tenant.'),
  'price.created': action('price', ['sox'], 'A plan was given a price. In the log of the platform tenant.'),
  'price.updated': action('price', ['sox'], 'A price changed. In the log of the platform tenant.'),
  'price.archived': action('price', ['sox'], 'A price can no longer be bought. In the log of the platform tenant.'),
  'billing.customer_created': action('customer', ['sox'], 'The tenant became a customer of a payment provider.'),
  'billing.checkout_started': action('customer', ['sox'], 'A checkout was opened at a payment provider.'),
  'subscription.created': action('subscription', ['sox'], 'A payment provider told of a new subscription.'),
  'subscription.updated': action('subscription', ['sox'], 'A payment provider told that a subscription changed.'),
  'subscription.removed': action('subscription', ['sox'], 'A payment provider told that a subscription is gone.'),
  'invoice.created': action('invoice', ['sox'], 'A payment provider told of a new invoice.'),
  'invoice.updated': action('invoice', ['sox'], 'A payment provider told that an invoice changed.'),
  'invoice.removed': action('invoice', ['sox'], 'A payment provider told that an invoice is gone.'),
  'entitlement.taken': action('limit', [], 'Something was taken from a limit of the plan.'),
  'entitlement.given': action('limit', [], 'Something was given back to a limit of the plan.'),
  'webhook.replayed': action(
    'webhook',
    ['sox'],
    'A webhook was put back into the line. In the log of the platform tenant.',
  ),
} as const satisfies Readonly<Record<string, ActionFacts>>

export type OwnAction = keyof typeof ownActions

/** An event of ours: its first target is of the type that the catalog says. */
export interface OwnEntry<A extends OwnAction = OwnAction> extends AuditEntry<A> {
  readonly targets?: readonly [AuditTarget & { readonly type: (typeof ownActions)[A]['target'] }, ...AuditTarget[]]
}

/** First words that will name actions of ours, so that no host has to rename its own then. */
const COMING = ['audit', 'freehold', 'usage', 'privacy', 'consent']

/** An action of the host's starts with none of these. */
export const ownWords: ReadonlySet<string> = new Set([...Object.keys(ownActions).map(firstWord), ...COMING])

/** `note` of `note.archived`. */
export function firstWord(action: string): string {
  return action.slice(0, action.indexOf('.'))
}
