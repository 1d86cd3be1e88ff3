// How much is in the demo's inbox, looked at every two seconds. The inbox itself shows what has come.

const count = document.querySelector('[data-letters]')

setInterval(async () => {
  if (document.hidden) return
  const answer = await fetch('/inbox.json').catch(() => undefined)
  if (!answer?.ok) return
  const [newest] = await answer.json()
  const sent = String(newest?.id ?? 0)
  if (sent === count.textContent) return
  count.textContent = sent
  if (location.pathname === '/inbox') location.reload()
}, 2000)
