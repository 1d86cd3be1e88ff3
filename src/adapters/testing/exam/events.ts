// Security events as tokens of what was written: their kinds tell who was there.

import type { TenantUnit } from '../../../core/storage/storage.ts'
import type { Room } from '../room.ts'

export async function addEvent(room: Room, unit: Pick<TenantUnit, 'records'>, kind: string): Promise<string> {
  await unit.records.insert('security_events', [{ id: room.id(), kind }])
  return kind
}

/** Kinds of the events, in the order of their ids. */
export async function kinds({ records }: Pick<TenantUnit, 'records'>): Promise<string[]> {
  return (await records.find('security_events', { limit: 100 })).map(({ kind }) => kind)
}
