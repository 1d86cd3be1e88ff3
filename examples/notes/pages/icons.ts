// Small drawings beside words; who does not see them misses nothing.

import { type Html, raw } from './html.ts'

const DRAWINGS = {
  passkey:
    '<circle cx="8" cy="8" r="4"/><path d="M2 20a6 6 0 0 1 9-5.2"/><circle cx="17" cy="13" r="3"/><path d="M17 16v5l2-1.5M17 19l-1.5 1"/>',
  app: '<rect x="6" y="2" width="12" height="20" rx="3"/><path d="M9.5 9.5h5M9.5 13h5M11 18h2"/>',
  sms: '<path d="M4 4h16a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 20 16h-8l-5 4v-4H4a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 4 4z"/><path d="M8 10h.01M12 10h.01M16 10h.01"/>',
  mail: '<rect x="2.5" y="5" width="19" height="14" rx="2"/><path d="m3 7 9 6.5L21 7"/>',
  token: '<rect x="2.5" y="7" width="19" height="10" rx="3"/><path d="M6 12h.01M9.5 12h.01M13 12h.01M17.5 10.5v3"/>',
  recovery:
    '<circle cx="12" cy="12" r="9.5"/><circle cx="12" cy="12" r="3.5"/><path d="m5.3 5.3 4.2 4.2M14.5 14.5l4.2 4.2M18.7 5.3l-4.2 4.2M9.5 14.5l-4.2 4.2"/>',
  device: '<rect x="4" y="5" width="16" height="10.5" rx="1.5"/><path d="M2 19h20"/>',
  person: '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5a7.5 7.5 0 0 1 15 0"/>',
  inbox: '<path d="M3 13.5 6 5h12l3 8.5V19H3z"/><path d="M3 13.5h5.5a3.5 3.5 0 0 0 7 0H21"/>',
} as const

export type Drawing = keyof typeof DRAWINGS

export function icon(name: Drawing): Html {
  return raw(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${DRAWINGS[name]}</svg>`)
}
