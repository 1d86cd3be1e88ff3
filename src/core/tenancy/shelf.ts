// A shelf: values by name, so many at most, each for so long at most. What was put there first falls off first.

export interface Shelf<Value> {
  /** Undefined when it is not there, or was there too long. `at`: the time, for who has just looked at the clock. */
  get(name: string, at?: number): Value | undefined
  /** `at`: when the value was true, in milliseconds; its lifetime runs from then. */
  put(name: string, value: Value, at: number): void
  drop(which: (value: Value) => boolean): void
  clear(): void
}

export interface ShelfOptions {
  readonly capacity: number
  readonly lifetimeMs: number
  now(): number
}

export function createShelf<Value>(options: ShelfOptions): Shelf<Value> {
  const { capacity, lifetimeMs, now } = options
  // a Map iterates in the order of insertion
  const places = new Map<string, { readonly value: Value; readonly at: number }>()
  return {
    get(name, at = now()) {
      const place = places.get(name)
      if (!place) return undefined
      const age = at - place.at
      // a negative age: the clock was set back, and how old the value is nobody knows
      if (age >= 0 && age < lifetimeMs) return place.value
      places.delete(name)
      return undefined
    },
    put(name, value, at) {
      places.delete(name)
      places.set(name, { value, at })
      if (places.size <= capacity) return
      // several at once: to find the first of a Map of which the first were removed takes as long as there were of these
      let left = Math.max(1, Math.floor(capacity / 50))
      for (const oldest of places.keys()) {
        places.delete(oldest)
        if (--left === 0) return
      }
    },
    drop(which) {
      for (const [name, { value }] of places) if (which(value)) places.delete(name)
    },
    clear() {
      places.clear()
    },
  }
}
