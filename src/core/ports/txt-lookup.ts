// The port to DNS, by which a custom domain is proven. `createFreehold` gives the machine's own resolver.

/** The TXT records of a name, each in its parts; [] when there are none. Rejects where no name server answers. */
export type TxtLookup = (name: string) => Promise<readonly (readonly string[])[]>
