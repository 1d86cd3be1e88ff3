// The demo's inbox: every mail and text message that Freehold sent, whoever it was for.

import type { Letter } from '../inbox.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'
import { type Frame, notice, page, time } from './layout.ts'

export function inboxPage(frame: Frame, letters: readonly Letter[]): Html {
  return page(frame, {
    title: 'Inbox',
    content: html`<main id="main">
${notice}
<section class="card" aria-labelledby="inbox">
<div class="heading">
<h1 id="inbox">Inbox of the demo</h1>
<span class="small">Nothing leaves this machine</span>
</div>
${
  letters.length > 0
    ? html`<ol class="list letters">${letters.map(item)}</ol>`
    : html`<p class="empty">Nothing has come yet. Ask for a link or a code, and it shows here by itself.</p>`
}
</section>
</main>`,
  })
}

function item({ by, to, subject, text, sentAt, link, code }: Letter): Html {
  const paragraphs = text.split(/\n{2,}/).map((part) => part.trim())
  return html`<li>
<div class="letter">
<p class="small">${icon(by === 'mail' ? 'mail' : 'sms')} ${by === 'mail' ? 'Mail' : 'Text message'} to <strong>${to}</strong> · ${time(sentAt)}</p>
${subject && html`<h2>${subject}</h2>`}
${paragraphs.map((part) => {
  if (part === link) return html`<p><a class="button slim" href="${link}">Open the link</a></p>`
  if (part === code) return html`<p class="digits">${code}</p>`
  return html`<p class="body">${part}</p>`
})}
${code && html`<p><button class="quiet slim" data-copy="${code}">Copy the code</button></p>`}
</div>
</li>`
}
