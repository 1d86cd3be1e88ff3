// A model for the command line, and the key it is read with.

export const KEY = 'q7mJ2n0v1Yc5xS8eR4tU6wZ3bA9dF0gH1jK2lM3nP4o='
export const MODEL = `
format: freehold.access/1
code: { permissions: { note: [read, write], invoice: [read, refund] } }
organizations: [{ key: main, name: Main }]
teams: [{ organization: main, key: sales, name: Sales }]
roles:
  - key: author
    name: Author
    parent: viewer
    permissions: [{ resource: note, actions: [write], conditions: { resource.owner_id: { $ref: principal.id } } }]
assignments:
  - { principal: { user: ann@example.test }, role: author }
  - { principal: { serviceAccount: robot }, role: viewer, scope: { team: main/sales }, expiresAt: '2026-06-01T00:00:00Z' }
`
