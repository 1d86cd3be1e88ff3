// A house with operators: users of the platform tenant, with and without the right to enter other tenants.

import { afterAll, beforeAll, expect } from 'vitest'
import {
  type FreeholdOptions,
  type FreeholdRooms,
  PLATFORM_TENANT_ID,
  type TenantHandle,
  type User,
} from '../../src/index.ts'
import { PASSWORD, type StorageName } from '../audit/house.ts'
import { type FactorHouse, openFactorHouse } from '../authentication/factor-house.ts'

export interface OperatorHouse extends FactorHouse {
  readonly platform: TenantHandle
  readonly operator: User
  /** In the operator's name. */
  readonly rooms: FreeholdRooms<unknown, string>
  /** The tenant in the operator's name. */
  by(tenant: TenantHandle, operator?: Pick<User, 'id'>): TenantHandle
  /** A user of the platform tenant with this system role there. */
  hired(role: string): Promise<User>
}

let made = 0

export async function openOperatorHouse(
  storage: StorageName,
  options: Partial<FreeholdOptions<unknown, string>> = {},
): Promise<OperatorHouse> {
  const house = await openFactorHouse(storage, options)
  const platform = await house.freehold.tenant(PLATFORM_TENANT_ID)
  const hired = async (role: string) => {
    const user = await platform.users.create({ email: `op${++made}@example.test`, password: PASSWORD })
    await platform.assignments.grant({ principal: user, role })
    return user
  }
  await hired('owner')
  const operator = await hired('admin')
  return {
    ...house,
    platform,
    operator,
    hired,
    rooms: house.freehold.as({ type: 'operator', id: operator.id }),
    by: (tenant, { id } = operator) => tenant.as({ type: 'operator', id }),
  }
}

export interface Scene {
  readonly house: OperatorHouse
  readonly acme: TenantHandle
  readonly user: User
}

/** A house, a tenant and a user of it, for all tests of a file. */
export function inHouse(storage: StorageName, ready: (scene: Scene) => unknown): void {
  let house: OperatorHouse
  beforeAll(async () => {
    house = await openOperatorHouse(storage)
    const acme = await house.tenant()
    ready({ house, acme, user: await house.person(acme) })
  })
  afterAll(() => house.close())
}

/** An error of this code. */
export const code = (expected: string) => expect.objectContaining({ code: expected })
