// What clients write about access: fields that the tenant's own rooms look at, and names that only a client can have got
// wrong.

import { FreeholdError } from '../kernel/errors.ts'
import { invalid } from '../kernel/input.ts'
import type { JsonObject } from './body.ts'

/** The fields that are there, as whoever uses them checks them. */
export function writtenField<Shape extends object>(body: JsonObject, fields: readonly string[]): Shape {
  return Object.fromEntries(
    fields.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]),
  ) as Shape
}

/** An unknown permission is a mistake of the host's code everywhere but in what a client names. @throws INPUT_INVALID */
export async function asClient<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    throw FreeholdError.is(error, 'PERMISSION_UNKNOWN')
      ? invalid('permission', `there is no permission ${error.details.permission}`)
      : error
  }
}
